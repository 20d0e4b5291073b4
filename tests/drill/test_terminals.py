"""What people type when Slack is down: what the incident's JSON offers, and each thing once."""

import json
from dataclasses import replace

import pytest

from bot.cli.documents import incident_document
from bot.drill.client.place import Place
from bot.drill.incident_view import IncidentView
from bot.drill.personas import is_ours
from bot.drill.statements import USED_BY_OTHERS
from bot.drill.terminals import TerminalResponders
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.operations import Op
from bot.model.reads import Read
from bot.model.secrets import Data
from bot.model.uses import Use
from tests.support.incidents import (
    ANNA,
    CHLOE,
    OBLIGATIONS,
    START,
    Story,
    World,
    capabilities,
    declaration,
    entry,
    wanted,
)

pytestmark = pytest.mark.counted

FUNCTION = "arn:aws:sts::111122223333:assumed-role/product/checkout"
LAPTOP = "arn:aws:iam::111122223333:user/contractor-laptop"
NAME = "openai-api-key"


@pytest.fixture
def people(tmp_path):
    place = Place(tmp_path, 1, "", "", "", {"console": "http://127.0.0.1:1"}, {}, {}, (), (), ())
    return TerminalResponders(place, lambda _: None, {}, lambda: None)


def typed(people, story):
    document = json.loads(json.dumps(incident_document(story.incident, story.now), default=str))
    return [(who, *arguments[:1], *arguments[2:]) for who, arguments, _ in people._round(IncidentView(document))]


def read_by(*principals):
    story = Story(declaration(wanted()))
    story.work(only={Op.CAPTURE, Op.SNAPSHOT})
    reads = tuple(Read(START, each, "192.0.2.1", "cli", "GetParameter", "/x") for each in principals)
    story.record(e.UsageRead(0, NAME, "CloudTrail", START, story.now, reads, (), False))
    return story


READERS = ("ours", "unexplained", "removed")


def test_readers_are_accounted_for_once_and_a_strangers_access_taken_away(people):
    story = read_by(FUNCTION, LAPTOP)
    said = [each for each in typed(people, story) if each[1] == "answer" and each[3] in READERS]
    assert [each[2:4] for each in said] == [(FUNCTION, "ours"), (LAPTOP, "unexplained")]
    assert [each for each in typed(people, story) if each[1] == "answer" and each[3] in READERS] == []
    story.do(c.AccountReader(LAPTOP, m.ReaderOutcome.UNEXPLAINED, "nobody knows"), ANNA)
    said = [each for each in typed(people, story) if each[1] == "answer" and each[3] in READERS]
    assert [each[2:4] for each in said] == [(LAPTOP, "removed")]
    assert [each for each in typed(people, story) if each[1] == "answer" and each[3] in READERS] == []


def test_what_the_report_rests_on_is_recorded_once(people):
    story = read_by()
    notes = ["--impact", "--abuse-unknown", "--root-cause"]
    assert [each[-1] for each in typed(people, story) if each[1] == "note"] == notes
    assert [each for each in typed(people, story) if each[1] == "note"] == []


def test_use_by_others_is_recorded_before_notices_are_decided_and_then_they_are_sent(people):
    secret = wanted(entry(can=capabilities(reports_use=True), data=Data.PERSONAL))
    story = Story(declaration(secret, obligations=OBLIGATIONS[:1]), ANNA, World())
    ours = Use(START, START, "sqs:ListQueues", "AKIA1", "ci", "10.0.0.1", ours="our network")
    story.world.used = lambda report: replace(report, uses=(ours, replace(ours, address="198.51.100.7", ours="")))
    story.work(only={Op.CAPTURE, Op.LOOK_UP_USE})
    said = typed(people, story)
    assert [each[3:] for each in said if each[1] == "incident"] == [(NAME, USED_BY_OTHERS)]
    assert not [each for each in said if str(each[2]).startswith("notice:")]
    story.do(c.RecordAbuse(NAME, "The provider's log shows a stranger."))
    [decided] = [each[3] for each in typed(people, story) if str(each[2]).startswith("notice:")]
    assert decided == "notify"


def test_no_step_is_ended_that_the_bot_would_refuse(people):
    story = read_by()

    def done():
        return [each[2] for each in typed(people, story) if each[1] == "answer" and each[3] == "done"]

    assert done() == ["step:notify"]
    story.run(120)
    assert "step:rotate" not in done()


def test_a_close_accepts_by_name_what_is_left(people):
    story = Story(declaration(wanted()))
    story.run(120)
    story.complete()
    assert ("dana", "close", "--no-wait") in typed(people, story)
    reads = (Read(START, LAPTOP, "192.0.2.1", "cli", "GetParameter", "/x"),)
    story.record(e.UsageRead(0, NAME, "CloudTrail", START, story.now, reads, (), False))
    story.do(c.AccountReader(LAPTOP, m.ReaderOutcome.UNEXPLAINED, "nobody knows"), ANNA)
    (close,) = [each for each in typed(people, story) if each[1] == "close"]
    assert close[2] == "--accept"
    assert close[3].startswith("reader:")
    assert "--note" in close
    story.do(c.Close("enough", (close[3],)), CHLOE)
    assert not story.incident.open


@pytest.mark.parametrize(
    ("principal", "ours"),
    [(FUNCTION, True), (LAPTOP, False), ("arn:aws:iam::111122223333:user/dana", True), ("user/mallory", False)],
)
def test_whose_a_reader_is_stands_in_its_arn(principal, ours):
    assert is_ours(principal) is ours


def test_nobody_closes_over_a_look_that_is_about_to_come(people, monkeypatch):
    story = Story(declaration(wanted())).run(120)
    story.complete()
    early = replace(story.incident.usage[NAME], after_containment=False)
    story.incident = replace(story.incident, usage={NAME: early})
    assert [each for each in typed(people, story) if each[1] == "close"] == []
    monkeypatch.setattr("bot.drill.terminals.time.monotonic", lambda: people._close_since + 11.0)
    assert ("dana", "close", "--accept", f"usage:{NAME}") in {each[:4] for each in typed(people, story)}
    story.work(until=story.now)
    assert ("dana", "close", "--no-wait") in typed(people, story)
