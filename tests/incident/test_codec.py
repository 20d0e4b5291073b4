"""Every kind of event survives the log, byte for byte the same each time."""

import json

import pytest

from bot.errors import EventTooNew, LogError
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.codec import decode, encode
from tests.support.events import SAMPLES, made


def test_every_kind_has_a_sample():
    assert set(SAMPLES) == set(e.KINDS)
    assert made(e.CheckEnded) == e.CheckEnded("openai-api-key", "some words", next(iter(m.CheckOutcome)))


@pytest.mark.parametrize("kind", sorted(e.KINDS))
def test_events_come_back_equal(kind):
    for event in SAMPLES[kind]:
        text = encode(event)
        assert decode(kind, text) == event
        assert encode(decode(kind, text)) == text


@pytest.mark.parametrize("kind", sorted(e.KINDS))
def test_the_text_is_canonical_and_names_its_version(kind):
    for event in SAMPLES[kind]:
        text = encode(event)
        data = json.loads(text)
        assert text == json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert data["v"] == 1


def test_order_of_mappings_does_not_change_the_text():
    one = e.PlanApproved({"a": "1", "b": "2"}, SAMPLES["plan-approved"][0].until)
    other = e.PlanApproved({"b": "2", "a": "1"}, one.until)
    assert encode(one) == encode(other)


CLAIM = encode(SAMPLES["operation-started"][0])


@pytest.mark.parametrize(
    ("kind", "data", "what"),
    [
        ("moon-landed", "{}", "its kind 'moon-landed' is not known"),
        ("note-added", '{"text":"n","v":2}', "version 2 of its kind 'note-added' is not known"),
        ("note-added", '{"text":7,"v":2}', "version 2 of its kind"),
        ("note-added", '{"text":"n","urgent":true,"v":1}', "its kind 'note-added' has a field 'urgent'"),
        ("operation-started", CLAIM.replace('"lane"', '"due":1,"lane"'), "has a field 'due' that is not known"),
    ],
)  # fmt: skip
def test_what_a_newer_program_wrote_is_said_to_be_so(kind, data, what):
    with pytest.raises(EventTooNew, match=what):
        decode(kind, data)


@pytest.mark.parametrize("data", ['{"text":"n"}', '{"text": "n", "v": 1}', '{"v":1,"text":"n"}'])
def test_what_is_written_otherwise_and_says_the_same_is_read(data):
    assert decode("note-added", data) == e.NoteAdded("n")


@pytest.mark.parametrize("data", ["{}", "[]", "not json", '{"text":7,"v":1}'])
def test_data_of_another_shape_is_refused(data):
    with pytest.raises(LogError, match="note-added"):
        decode("note-added", data)


def test_kinds_are_in_the_past_tense_with_dashes():
    assert e.kind_of(e.OldProvenDead) == "old-proven-dead"
    assert e.kind_of(SAMPLES["note-added"][0]) == "note-added"
