"""Every kind of event survives the log, byte for byte the same each time."""

import json

import pytest

from bot.errors import LogError
from bot.incident import events as e
from bot.incident.codec import decode, encode
from tests.support.events import SAMPLES


def test_every_kind_has_a_sample():
    assert set(SAMPLES) == set(e.KINDS)


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


def test_what_a_newer_program_wrote_is_said_to_be_so():
    with pytest.raises(LogError, match="newer program"):
        decode("moon-landed", "{}")


@pytest.mark.parametrize("data", ["{}", "[]", "not json", '{"text":7,"v":1}'])
def test_data_of_another_shape_is_refused(data):
    with pytest.raises(LogError, match="note-added"):
        decode("note-added", data)


def test_kinds_are_in_the_past_tense_with_dashes():
    assert e.kind_of(e.OldProvenDead) == "old-proven-dead"
    assert e.kind_of(SAMPLES["note-added"][0]) == "note-added"


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("kill-requested", '{"secret":"redis","v":1}'),
        ("plan-approved", '{"plans":{"redis":"d"},"until":"2026-11-25T03:30:00Z","v":1}'),
        ("candidate-chosen", '{"key_id":"id-1","secret":"redis","v":1}'),
        ("submission-announced", '{"inbox":"/x","secret":"redis","v":1}'),
        ("strategy-chosen", '{"reason":"abuse","secret":"redis","strategy":"kill-first","v":1}'),
        ("replacement-asked", '{"secret":"redis","v":1}'),
    ],
)
def test_what_the_release_before_wrote_is_read_and_carries_no_right(kind, data):
    event = decode(kind, data)
    assert event.rights == ()
    assert not getattr(event, "slot", False)
