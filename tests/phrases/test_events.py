"""Every kind of event has its sentence, and the machinery's own have none."""

import dataclasses

import pytest

from bot.incident import events as e
from bot.incident.model import NoticeOutcome, ReaderOutcome
from bot.model.probes import Probe
from bot.phrases.events import sentence
from bot.phrases.times import counted, duration, listed
from tests.support.events import SAMPLES
from tests.support.incidents import START, Story, declaration

SILENT = {"operation-started", "operation-yielded"}


def told(event, actor="anna"):
    story = Story(declaration())
    story.record(e.TaskAdded("t1", "Search the history", "ben"))
    return sentence(e.Recorded(9, START, actor, event), story.incident)


@pytest.mark.parametrize("kind", sorted(e.KINDS))
def test_every_kind_is_told_or_silent_on_purpose(kind):
    said = [told(sample) for sample in SAMPLES[kind]]
    if kind in SILENT:
        assert said == [None] * len(said)
    else:
        assert all(said)
        assert all("None" not in sentence for sentence in said)


def test_the_actor_is_the_subject():
    assert told(e.KillRequested("redis"), "ben").startswith("ben ")
    assert told(e.ApprovalRequested({"redis": "d"}, START), "bot").startswith("The bot ")


def test_who_has_decided_on_a_notice_is_named_once():
    event = e.NoticeDecided("authority", NoticeOutcome.NOT_REQUIRED, "made-up data", "anna", ())
    assert told(event, "anna").startswith("anna decided not to send ")
    assert told(event, "ben").startswith("ben recorded that anna decided not to send ")


def test_a_refusal_without_an_accepted_control_is_not_called_a_refusal():
    refused = Probe("old", "dead", "HTTP 401")
    assert told(e.OldProbed(1, "redis", refused, None)) is None
    assert told(e.OldProbed(1, "redis", refused, Probe("control: new", "unknown", "HTTP 500"))) is None
    assert "rejected" in told(e.OldProbed(1, "redis", refused, Probe("control: new", "live", "HTTP 200")))


def test_a_reader_whose_access_is_gone_is_told_in_a_sentence():
    removed = told(e.ReaderAccounted("user/laptop", ReaderOutcome.REMOVED, "deleted it"), "ben")
    assert removed.startswith("ben could not explain the reads by user/laptop and reported its access as removed")


def test_bystanders_that_died_are_told_before_all_else():
    alive = Probe("old", "live", "HTTP 200")
    died = Probe("bystander: checkout", "dead", "HTTP 401")
    assert "STOPPED" in told(e.OldProbed(1, "redis", alive, None, (died,)))


def test_reads_of_the_bot_are_not_counted_as_others():
    event = SAMPLES["usage-read"][0]
    mine = dataclasses.replace(event.reads[0], by_bot=True)
    assert "0 reads by others" in told(dataclasses.replace(event, reads=(mine,)))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (0.04, "0.04 s"),
        (1.26, "1.3 s"),
        (1, "1 s"),
        (252, "4 min 12 s"),
        (3600, "1 h"),
        (90061, "1 d 1 h"),
        (-5, "5 s earlier"),
    ],
)
def test_durations(seconds, words):
    assert duration(seconds) == words


def test_lists_and_counts():
    assert listed(()) == "none"
    assert listed(["a"]) == "a"
    assert listed(("a", "b", "c")) == "a, b and c"
    assert counted(1, "read") == "1 read"
    assert counted(0, "read") == "0 reads"
