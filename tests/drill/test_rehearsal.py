"""A rehearsal: the installation's rules for the practice world's keys, and nowhere near a real credential."""

import re

import pytest
import yaml

from bot.catalog.loader import load_playbook
from bot.cli import drill as module
from bot.cli.drill import visible
from bot.drill import rehearsal
from bot.drill.inventory import Inventory
from bot.drill.personas import NAMES, people_file
from tests.cli.conftest import say

OWN = """\
schema: 1
environments: [production]
secrets:
  - name: pay-key
    title: Checkout key
    provider: stripe
    parts: { key: { parameter: "/{environment}/pay-key", variable: PAY } }
    policy: { rotate_after_days: 60 }
    owner: Checkout team
    if_killed: Checkout stops.
    outage: degraded
    kill: irreversible
    data: payment
  - name: second-pay-key
    title: Second key
    provider: stripe
    parts: { key: { parameter: "/{environment}/second", variable: SECOND } }
    policy: { rotate_after_days: 60 }
    owner: Checkout team
    if_killed: Checkout stops.
    outage: degraded
    kill: irreversible
    data: payment
"""
PLAYBOOK = """\
schema: 1
id: leak
title: Ours
audience: [{ name: all, channels: [C0OURS], template: stakeholders }, { name: owners, owners: true, template: owners }]
steps: [{ id: rotate, title: Rotate, why: It leaked., guide: Rotate it. }]
"""
PEOPLE = """\
zoe: { slack: U0ZOE, rights: [respond, approve, command] }
yan: { slack: U0YAN, rights: [respond, command] }
xia: { slack: U0XIA, rights: [] }
teams: { Payments: [yan] }
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "playbooks").mkdir()
    (tmp_path / "playbooks" / "secrets.yaml").write_text(OWN)
    (tmp_path / "playbooks" / "secret-compromise.yaml").write_text(PLAYBOOK)
    (tmp_path / "people.yaml").write_text(PEOPLE)
    monkeypatch.setattr("bot.cli.drill.metadata_answers", lambda: False)
    monkeypatch.setattr("pathlib.Path.home", lambda: tmp_path)
    return tmp_path


def test_a_key_of_the_same_provider_has_the_rules_and_its_own_account():
    own = [
        {"name": "pay-key", "provider": "stripe", "title": "Checkout key", "outage": "none", "consumers": ["mine"]},
        {"name": "mail", "provider": "acme", "title": "Mail"},
    ]
    found = Inventory.read({"stripe-secret-key", "sendgrid-api-key"}, own)
    stripe, sendgrid = sorted(found.document["secrets"], key=lambda entry: entry["provider"], reverse=True)
    assert list(found.plays) == ["stripe-secret-key"]
    assert (stripe["title"], stripe["outage"], stripe["owner"]) == ("Checkout key", "none", "Payments team")
    assert "mine" not in stripe["consumers"]
    assert sendgrid == Inventory.read({"sendgrid-api-key"}).document["secrets"][0]


def test_a_secret_of_the_same_name_comes_before_others_of_its_provider():
    practice = [{"name": "a", "provider": "p"}, {"name": "b", "provider": "p"}]
    own = [{"name": "c", "provider": "p"}, {"name": "a", "provider": "p"}, {"name": "b", "provider": "q"}]
    plays = rehearsal.played(practice, own)
    assert {name: entry["name"] for name, entry in plays.items()} == {"a": "a", "b": "c"}


def test_an_ordinary_drill_has_no_rules_of_others(tmp_path):
    assert rehearsal.kept(tmp_path) == rehearsal.Own()
    assert rehearsal.Own().given == {}


@pytest.mark.parametrize(
    "name", ["AWS_ACCESS_KEY_ID", "AWS_PROFILE", "SLACK_BOT_TOKEN", "BOT_PAGERDUTY_ROUTING_KEY", "OPENAI_API_KEY",
             "DATABASE_URL", "GITHUB_TOKEN", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "PAY"],
)  # fmt: skip
def test_a_variable_that_holds_a_credential_is_named_and_its_value_is_not(tmp_path, name):
    seen = list(visible({name: "sk_live_value", "PATH": "/bin", "AWS_REGION": "x"}, tmp_path, {"PAY"}, lambda: False))
    assert seen == [f"variable {name}"]


def test_profiles_and_the_metadata_service_are_seen(tmp_path):
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text("[default]\n")
    seen = list(visible({"SLACK_BOT_TOKEN": ""}, tmp_path, set(), lambda: True))
    assert seen == [f"profiles in {tmp_path / '.aws/credentials'}", "instance metadata at 169.254.169.254"]


def test_nothing_begins_where_a_credential_is_visible(folder, monkeypatch):
    monkeypatch.setattr(module, "drill", lambda *_args, **_kwargs: pytest.fail("it began"))
    said = say("setup", "rehearse", "--into", folder, environ={"PAY": "sk_live_value"})
    assert said.status == 2
    assert said.err.startswith("A rehearsal begins only where no real credential is visible. Here: variable PAY")
    assert "sk_live_value" not in said.err


def test_it_says_what_it_plays_and_what_it_cannot(folder, monkeypatch):
    begun = []
    monkeypatch.setattr(module, "drill", lambda _terminal, **options: begun.append(options))
    monkeypatch.setattr("bot.cli.drill._NAMES", re.compile("AWS_ACCESS_KEY_ID"))
    said = say("setup", "rehearse", "--into", folder, "--data", folder / "drill")
    assert said.status == 0, said.err
    assert said.err == (
        "stripe-secret-key leaks by the rules of your pay-key: Checkout key.\n"
        "Not rehearsed, the practice world has no further account for them: second-pay-key.\n"
        "dana has the rights of your yan: command, respond.\n"
        "eli has the rights of your zoe: approve, command, respond.\n"
        "mika has no rights.\n"
        "Your playbooks: secret-compromise.yaml.\n"
    )
    assert begun == [{"auto": False, "data": folder / "drill", "incident_only": True}]
    own = rehearsal.kept(folder / "drill")
    assert [each["name"] for each in own.entries] == ["pay-key", "second-pay-key"]
    own.write(folder / "world", "C0HERE")
    playbook = load_playbook(folder / "world" / "secret-compromise.yaml")
    assert (playbook.title, [each.channels for each in playbook.audience]) == ("Ours", [("C0HERE",), ()])
    people = people_file(dict.fromkeys(NAMES, "U0HERE"), dict.fromkeys(NAMES, "arn"), own.given)
    assert {name: entry["rights"] for name, entry in yaml.safe_load(people).items()} == {
        "dana": ["command", "respond"], "eli": ["approve", "command", "respond"], "mika": [], "kim": [],
    }  # fmt: skip
