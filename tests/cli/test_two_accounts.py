"""The product in an account of its own: over an incident each identity asks for the parameters of its own account."""

import pytest

from tests.support.practice import SENDGRID

pytestmark = pytest.mark.process


def test_an_incident_over_two_accounts(installation):
    world = installation.world
    world.environ["BOT_PRODUCT_ROLE"] = world.aws.create_role("compromise-bot")
    world.environ["BOT_PRODUCT_EXTERNAL_ID"] = "acme"
    said = installation.bot("declare", SENDGRID, "-e", "production", "-n", "seen in a gist", "--public")
    assert said.status == 0, said.err
    (summary,) = installation.bot("list", "--open", "--json").document
    secret = installation.secret(summary["incident"], SENDGRID)
    assert (secret["old"], secret["new"]) == ("dead", "live")

    asked = {"user/ada": set(), "assumed-role/compromise-bot": set()}
    reads = [event for event in world.front.trail.documents() if event["eventSource"] == "ssm.amazonaws.com"]
    for event in reads:
        who = event["userIdentity"]["arn"].rpartition(":")[2]
        for identity, names in asked.items():
            if who.startswith(identity):
                names |= {name.split("/")[1] for name in named(event["requestParameters"])}
    assert asked == {"user/ada": {"bot", "_compromise"}, "assumed-role/compromise-bot": {"production"}}

    found = {each["name"]: each for each in installation.bot("doctor", "--json").document["checks"]}
    assert found["product's account"]["state"] == "ok"
    assert found["product's account"]["detail"].endswith(":assumed-role/compromise-bot/compromise-bot")


def named(asked):
    """The parameters that a request is about."""
    return asked.get("names") or [asked.get("name") or asked["path"]]
