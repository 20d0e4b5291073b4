"""The names that stand in logs: written down here again, since a log is read for years after a class is renamed."""

from pathlib import Path

import pytest

from bot.errors import FAILURES, Misuse, OutsideError, Unreachable, failure_name
from bot.eventlog.installation_streams import STOPS, TRUST
from bot.inbox import wire
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import lanes
from bot.incident import operations as o
from bot.incident.codec import lane_of
from bot.incident.decide import OF_SUBJECT as DECIDED
from bot.incident.evolve import OF_SUBJECT
from bot.incident.schedule import MAY_PASS
from bot.incident.work.evolve import UNKNOWN_OUTCOME
from bot.planned.rules.stops import StopEvent
from bot.trust import TrustEvent

EVENTS, COMMANDS, OPERATIONS = (
    (Path(__file__).parent / f"{name}.txt").read_text().split() for name in ("events", "commands", "operations")
)

OF_THE_SCHEDULE = {"stop-provider", "resume-provider"}


def members(union):
    return set(union.__args__)


def test_every_event_has_one_name_of_its_own():
    assert set(e.KINDS.values()) == members(e.Event)
    assert len(set(e.KINDS.values())) == len(e.KINDS)
    assert all(e.kind_of(kind) == name for name, kind in e.KINDS.items())


def test_one_subject_folds_each_event():
    assert members(e.Event) == set(OF_SUBJECT)


def test_one_subject_decides_each_command_and_answer():
    assert members(c.Act) - {c.Settle} == set(DECIDED)


def test_what_ends_an_operation_carries_the_number_of_its_claim():
    assert members(e.Outcome) == {kind for kind in e.KINDS.values() if issubclass(kind, e.Result)}


def test_no_name_of_an_event_was_given_up_or_forgotten_in_the_list():
    assert set(e.KINDS) == set(EVENTS)


def test_every_command_has_one_name_of_its_own():
    assert set(c.NAMES.values()) == members(c.Command)
    assert all(c.name_of(kind) == name for name, kind in c.NAMES.items())
    assert set(c.NAMES) | set(c.ANSWERS) == set(COMMANDS)
    assert set(wire.KINDS.values()) == members(wire.Sent)
    ours = {
        "distrust", "trust", "restore-here", "depart", "report-message", "alert-harmless", "alert-end",
        "draft-notice", *OF_THE_SCHEDULE
    }  # fmt: skip
    assert ours <= set(wire.KINDS)
    assert set(wire.KINDS) - ours <= set(COMMANDS)


def test_every_operation_is_as_claims_name_it():
    assert {str(op) for op in o.Op} == set(OPERATIONS)


def test_every_operation_has_its_row():
    assert set(o.OPERATIONS) == set(o.Op)


def test_every_kind_of_failure_has_a_name_of_its_own_and_what_rests_on_one_knows_it():
    assert set(FAILURES) == set(_below(OutsideError))
    assert sorted(FAILURES.values()) == [
        "Missing", "NotAlone", "Refused", "Throttled", "Unauthorized", "Unexpected", "Unreachable"
    ]  # fmt: skip
    assert set(FAILURES.values()) >= MAY_PASS | UNKNOWN_OUTCOME
    assert failure_name(Unreachable("s3", "read", "no answer")) == "Unreachable"


def _below(kind):
    return [each for direct in kind.__subclasses__() for each in (direct, *_below(direct))
            if each.__module__ == kind.__module__]  # fmt: skip


@pytest.mark.parametrize(
    ("lane", "name"),
    [
        (lanes.CHANNEL_LANE, "channel"), (lanes.PAGE_LANE, "page"), (lanes.FALLBACK_LANE, "fallback"),
        (lanes.REPORT_LANE, "report"), (lanes.CLOCK_LANE, "clock"), (lanes.SIBLINGS_LANE, "around"),
        (lanes.old_lane("s"), "old:s"), (lanes.new_lane("s"), "new:s"), (lanes.function_lane("f"), "function:f"),
        (lanes.usage_lane("s"), "usage:s"), (lanes.delete_lane("s"), "delete:s"), (lanes.access_lane("s"), "access:s"),
        (lanes.use_lane("s"), "use:s"), (lanes.LEAVER_LANE, "leaver"), (lanes.HALT, "halt"), (lanes.ALL_LANES, ""),
    ],
)  # fmt: skip
def test_lanes_are_as_claims_name_them(lane, name):
    assert str(lane) == name
    assert lane_of(name) == lane


def test_a_lane_of_no_known_kind_is_none():
    with pytest.raises(Misuse, match="no lane"):
        lane_of("no-such-lane")


def test_every_entry_of_the_log_of_trust_has_one_name_of_its_own():
    assert {name: kind.__name__ for name, kind in TRUST.codec.kinds.items()} == {
        "distrusted": "Distrusted", "trust-proposed": "TrustProposed", "trust-restored": "TrustRestored",
        "restore-announced": "RestoreAnnounced",
    }  # fmt: skip
    assert set(TRUST.codec.kinds.values()) == members(TrustEvent)


def test_every_entry_of_the_log_of_stops_has_one_name_of_its_own():
    assert {name: kind.__name__ for name, kind in STOPS.codec.kinds.items()} == {
        "provider-stopped": "ProviderStopped", "provider-resumed": "ProviderResumed",
    }  # fmt: skip
    assert set(STOPS.codec.kinds.values()) == members(StopEvent)
