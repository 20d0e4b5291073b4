"""What the catalog would say of readers that a person called ours."""

from dataclasses import replace
from datetime import date, timedelta

import yaml

from bot.catalog.catalog import Catalog
from bot.catalog.loader import load_catalog
from bot.catalog.remembered import proposed, running_out
from bot.data_files import CATALOG, shipped
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.model import ReaderOutcome
from bot.model.reads import KnownReader, Read
from bot.providers import PROVIDERS
from tests.support.incidents import BEN, START, Story, declaration

BOB = "arn:aws:sts::111122223333:assumed-role/admins/bob"
READ = Read(START, BOB, "203.0.113.7", "aws-cli/2.31.4 [x]", "GetParameter", "/production/openai-api-key")
TODAY = date(2026, 12, 1)


def answered(*reads, outcome=ReaderOutcome.OURS, note="bob debugs it"):
    story = Story(declaration()).run(0)
    story.record(e.UsageRead(0, "openai-api-key", "CloudTrail", START, story.now, reads, (), False))
    story.do(c.AccountReader(BOB, outcome, note), BEN)
    return story


def entries(story):
    return proposed(story.incident, story.log, TODAY)


def test_an_answer_is_bound_to_what_was_seen():
    story = answered(READ, replace(READ, address="2001:db8:1:2:3::9"), replace(READ, address="ssm.amazonaws.com"))
    [entry] = entries(story)
    assert entry == {
        "principal": "arn:aws:sts::111122223333:assumed-role/admins",
        "because": f"bob debugs it (ben, {story.incident.id})",
        "secrets": ["openai-api-key"],
        "only-in": ["production"],
        "networks": ["2001:db8:1:2::/64", "203.0.113.0/24", "ssm.amazonaws.com"],
        "agents": ["aws-cli/2.31.4 [x]"],
        "until": "2027-03-01",
    }


def test_what_is_proposed_is_accepted_in_the_file(tmp_path):
    text = yaml.safe_dump({"ours": entries(answered(READ))}, sort_keys=False)
    path = tmp_path / "secrets.yaml"
    path.write_text((shipped("playbooks") / CATALOG).read_text() + text)
    [known] = load_catalog(path, PROVIDERS).catalog.ours
    assert known.explains(READ)
    assert not known.explains(replace(READ, address="203.0.114.7"))


def test_what_cannot_be_bound_is_asked_again():
    assert entries(answered(replace(READ, address="AWS Internal"))) == []
    assert entries(answered(replace(READ, agent=""))) == []
    assert entries(answered(replace(READ, agent="*"))) == []
    assert entries(answered(READ, outcome=ReaderOutcome.UNEXPLAINED)) == []


def test_what_the_machine_knows_is_not_proposed():
    story = Story(declaration()).run(0)
    story.record(
        e.UsageRead(0, "openai-api-key", "CloudTrail", START, story.now, (READ,), (), False, ours={BOB: "known"})
    )
    assert story.incident.readers[BOB].by.name == "bot"
    assert entries(story) == []


def test_entries_that_run_out_are_named():
    def known(name, until):
        return KnownReader(f"role/{name}", "ours", until=until)

    ours = (known("ci", None), known("gone", TODAY - timedelta(days=1)), known("soon", TODAY), known("late", date.max))
    said = [*running_out(Catalog(("production",), (), ours=ours), TODAY)]
    assert said == ["role/gone ran out on 2026-11-30", "role/soon runs out after 2026-12-01"]
