"""The one object of a drill, made from an incident's state and its log, and the exit status that follows."""

from dataclasses import replace

import pytest

from bot.drill.client.summary import ALIVE, CLOSED, FAILED, Hit, Leaks
from bot.drill.summary import summarise
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.model import Access, StepState, Strategy
from bot.model.keys import Leftover
from bot.model.reads import Read
from tests.support.incidents import ANNA, BEN, CHLOE, START, Story, capabilities, declaration, entry, wanted

pytestmark = pytest.mark.counted

CLEAN = Leaks(("log",), ())
HEAD = "7:abc"


def summary(story, leaks=CLEAN):
    return summarise(story.incident, story.log, HEAD, leaks, 12.3456)


@pytest.fixture
def story():
    story = Story(declaration(wanted(), wanted(entry("sendgrid-api-key"))))
    story.run(120)
    return story


@pytest.fixture
def closed(story):
    story.complete()
    story.do(c.Close(), CHLOE)
    story.run(30)
    return story


def test_a_closed_incident_in_full(closed):
    document = summary(closed).document()
    assert document["incident"] == closed.incident.id
    assert (document["state"], document["events"], document["head"]) == ("closed", len(closed.log), HEAD)
    assert {step["state"] for step in document["steps"]} <= {StepState.DONE, StepState.SKIPPED}
    assert document["seconds"] == 12.346
    assert document["page"]["dedup_key"] == closed.incident.id
    assert document["report"] == f"reports/{closed.incident.id}.md"
    assert document["decisions"] == "docs/DECISIONS.md"
    assert document["leaks"] == {"places": ["log"], "hits": 0}


def test_access_is_not_called_contained_beside_a_reader_whom_nobody_explains():
    story = Story(declaration(wanted()))
    assert summary(story).secrets[0].access_words == "access not contained yet"
    story.run(60).do(c.RecordFinding("no-abuse", "its usage page shows our own calls alone"), ANNA)
    assert story.run(60).incident.secrets["openai-api-key"].access is Access.CONTAINED
    assert summary(story).secrets[0].access_words == "access contained"
    read = Read(START, "arn:aws:iam::123456789012:user/contractor-laptop", "192.0.2.1", "cli", "GetParameter", "/x")
    story.record(e.UsageRead(0, "openai-api-key", "CloudTrail", START, story.now, (read,), (), False))
    left = "access not contained (1 reader not identified)"
    assert summary(story).secrets[0].access_words == left


def test_each_secret_with_its_proof(closed):
    first = summary(closed).document()["secrets"][0]
    assert (first["name"], first["strategy"], first["target"]) == ("openai-api-key", "revoke-first", "assumed")
    assert (first["old"], first["new"]) == ("dead", "live")
    assert first["old_fingerprint"] != first["new_fingerprint"]
    assert 0 < first["contain_seconds"] < 120
    assert [line["subject"] for line in first["proof"]][:2] == ["old", "old"]
    assert {line["subject"] for line in first["proof"]} == {"old", "control"}
    assert {line["liveness"] for line in first["proof"]} == {"live", "dead"}
    assert first["proof"][0]["at"].endswith("+00:00")


def test_bystanders_are_part_of_the_proof():
    story = Story(declaration(wanted()))
    story.world.dead_bystanders = ("the new key",)
    story.run(60)
    lines = summary(story).secrets[0].proof
    assert ("bystander", "dead") in {(line.subject, line.liveness) for line in lines}


def test_who_agreed_as_second_person():
    story = Story(declaration(wanted(strategy=Strategy.OVERLAP)))
    story.run(5)
    story.approve(BEN)
    (consent,) = summary(story).approvals
    assert (consent.by, consent.what, consent.subjects) == ("ben", "plan", ("openai-api-key",))


def test_nothing_has_come_of_it_yet():
    line = summary(Story(declaration(wanted()))).secrets[0]
    assert (line.contain_seconds, line.restore_seconds, line.proof) == (None, None, ())


def test_status_of_a_closed_incident_without_leaks(closed):
    assert summary(closed).exit_status == CLOSED


def test_status_with_a_leak(closed):
    leaks = Leaks(("log",), (Hit("log", "openai key", "clear"),))
    assert summary(closed, leaks).exit_status == FAILED
    assert summary(closed, leaks).document()["leaks"]["hits"] == 1


def test_status_of_an_incident_that_is_still_open(story):
    assert summary(story).state == "open"
    assert summary(story).exit_status == FAILED


def test_status_with_a_living_key_wins():
    story = Story(declaration(wanted()))
    leaks = Leaks(("log",), (Hit("log", "openai key", "clear"),))
    assert summary(story, leaks).exit_status == ALIVE


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [
        ("dead", "unconfirmed", CLOSED), ("dead", "not-needed", CLOSED), ("dead", "promoted", ALIVE),
        ("unproven", "live", ALIVE), ("revoking", "live", ALIVE), ("attested", "live", ALIVE),
    ],
)  # fmt: skip
def test_status_by_state(closed, old, new, status):
    whole = summary(closed)
    changed = replace(whole, secrets=(replace(whole.secrets[0], old=old, new=new), *whole.secrets[1:]))
    assert changed.exit_status == status


def test_proposals_are_approvals_too():
    story = Story(declaration(wanted()), by=BEN)
    story.run(1)
    story.do(c.ChooseStrategy("openai-api-key", Strategy.OVERLAP, "nothing may stop"), BEN)
    if story.incident.proposal is not None:
        story.agree(CHLOE)
        assert [consent.what for consent in summary(story).approvals] == ["proposal"]


def test_each_secret_with_its_checklist():
    checklist = {"keys": "Look for keys.", "webhooks": "Look where events go."}
    secret = entry(can=capabilities(inspects=True), checklist=checklist, inspects=("keys",))
    story = Story(declaration(wanted(secret), wanted(entry("redis-url"))))
    story.world.left_behind = (Leftover("webhooks", "wh-1", "strange"),)
    story.run(120)
    first, second = summary(story).document()["secrets"]
    assert (first["access"], second["access"], second["checks"]) == ("open", "contained", [])
    keys, webhooks = first["checks"]
    assert (keys["item"], keys["outcome"], keys["by"]) == ("keys", "clear", "bot")
    assert (webhooks["outcome"], webhooks["at"], webhooks["found"]) == ("", None, ["strange (wh-1)"])
