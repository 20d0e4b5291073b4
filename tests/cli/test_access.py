"""access: who can read each parameter, who did, and who could and never did; what is unknown is said to be."""

import json

import pytest

from bot.drill.fakes.aws_world import ROLE

pytestmark = [pytest.mark.process, pytest.mark.counted]
OPENAI = "/production/openai-api-key"
HERE = "arn:aws:ssm:eu-west-1:123456789012:parameter"


@pytest.fixture
def account(installation):
    """A function's role that reads, a contractor who could, and a colleague who may at home."""
    world = installation.world
    iam = world.aws.aws.client("iam")
    people = {name: world.aws.create_person(name) for name in ("contractor", "colleague")}
    allow = {"Effect": "Allow", "Action": "ssm:GetParameter*", "Resource": f"{HERE}/production/*"}
    at_home = {**allow, "Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}}
    for name, statement in (("contractor", allow), ("colleague", at_home)):
        text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_user_policy(UserName=name, PolicyName=f"of-{name}", PolicyDocument=text)
    iam.put_role_policy(
        RoleName=ROLE,
        PolicyName="of-functions",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allow]}),
    )
    session = world.aws.role_session(f"arn:aws:iam::123456789012:role/{ROLE}", "api")
    session.client("ssm").get_parameter(Name=OPENAI, WithDecryption=True)
    return people


def readers(said, parameter=OPENAI):
    (found,) = [each for each in said.document["parameters"] if each["parameter"] == parameter]
    return {each["principal"].rpartition("/")[2]: each for each in found["readers"]}


def test_who_can_who_did_and_who_never_did_stand_side_by_side(installation, account):
    said = installation.bot("catalog", "access", "-e", "production", "--json")
    assert said.status == 0, said.err
    found = readers(said)
    assert (found[ROLE]["can"], found[ROLE]["seen"], found[ROLE]["sessions"]) == ("can", "read", ["api"])
    assert (found["contractor"]["can"], found["contractor"]["seen"], found["contractor"]["idle"]) == (
        "can",
        "never",
        True,
    )
    assert (found["colleague"]["can"], found["colleague"]["by"]) == ("may", ["of-colleague"])
    idle = {each["principal"].rpartition("/")[2]: each for each in said.document["never_read_any"]}
    assert set(idle) == {"contractor", "colleague"}
    assert OPENAI in idle["contractor"]["parameters"]
    assert "/bot/admin/openai" not in idle["contractor"]["parameters"]
    assert said.document["can"]["source"] == "IAM policy documents"
    assert any("SCPs" in gap for gap in said.document["not_visible"])
    admin = [each for each in said.document["parameters"] if each["parameter"] == "/bot/admin/openai"]
    assert admin[0]["admin"]


def test_people_read_it_in_lines_with_the_horizon(installation, account):
    text = installation.bot("catalog", "access", "openai-api-key", "-e", "production", "--days", "30").out
    assert f"production openai-api-key: {OPENAI}\n" in text
    assert f"role/{ROLE} read it once as api, last " in text
    assert "; can read by of-functions\n" in text
    assert "user/contractor was not seen to read it since " in text
    assert "; may read, as a condition decides, by of-colleague\n" in text
    assert "Could read, and were seen to read none of these since " in text
    assert "stripe" not in text


def test_without_the_right_to_ask_iam_the_permission_is_named_and_who_can_is_unknown(installation, account):
    installation.world.aws.front.key_faults.inject("denied")
    said = installation.bot("catalog", "access", "openai-api-key", "-e", "production", "--json")
    assert said.status == 1
    assert not said.document["can"]["known"]
    assert "this process lacks iam:GetAccountAuthorizationDetails" in said.document["troubles"][0]
    assert readers(said)[ROLE]["can"] is None
    text = installation.bot("catalog", "access", "openai-api-key", "-e", "production").out
    assert "; whether it can read is unknown" in text
    assert "nobody" not in text


def test_without_cloudtrail_who_did_is_unknown_and_nobody_is_idle(installation, account):
    installation.world.aws.front.faults.inject("cloudtrail-denied")
    said = installation.bot("catalog", "access", "openai-api-key", "-e", "production", "--json")
    assert said.status == 1
    assert (said.document["did"]["known"], said.document["never_read_any"]) == (False, [])
    assert {each["seen"] for each in readers(said).values()} == {"unknown"}
    assert "cloudtrail:LookupEvents" in said.document["troubles"][0]


def test_names_that_are_not_there_are_misuse(installation):
    assert installation.bot("catalog", "access", "openai").status == 2
    assert installation.bot("catalog", "access", "-e", "moon").status == 2
    assert installation.bot("catalog", "access", "--days", "91").status == 2
