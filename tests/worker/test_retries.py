"""When a failed operation is tried again, and when it has failed for good."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import ConfigurationError, Refused, Throttled, Unauthorized, Unexpected, Unreachable
from bot.incident.events import IncidentDeclared, OperationStarted, Recorded
from bot.incident.evolve import evolve
from bot.incident.lanes import CHANNEL_LANE, old_lane
from bot.incident.operations import Claim, Op
from bot.model.playbooks import Playbook
from bot.model.timings import Timings
from bot.worker.retries import LONGEST_PAUSE, failed

START = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
TIMINGS = Timings(retry_for=100.0)


def declared(timings=TIMINGS):
    event = IncidentDeclared(
        incident="inc_aaaaaa",
        environment="production",
        title="t",
        how_noticed="n",
        public=False,
        playbook=Playbook("p", "P", ()),
        timings=timings,
        detected_at=START,
    )
    return evolve(None, Recorded(1, START, "ada", event))


LANE = old_lane("x")


def started(incident, at, op=Op.REVOKE, lane=LANE):
    number = incident.claims + 1
    claim = Claim(number, op, lane, "x", number, "w")
    return evolve(incident, Recorded(incident.seq + 1, at, "bot", OperationStarted(claim))), claim


def fail(incident, error, at, op=Op.REVOKE, lane=LANE):
    incident, claim = started(incident, at, op, lane)
    event = failed(incident, claim, error, at, lambda: 0.5)
    return evolve(incident, Recorded(incident.seq + 1, at, "bot", event)), event


def test_pauses_double_and_are_bounded():
    incident, at, pauses = declared(), START, []
    for _ in range(8):
        incident, event = fail(incident, Unreachable("x", "y", "no answer"), at)
        if event.retry_at is None:
            break
        pauses.append((event.retry_at - at).total_seconds())
        at = event.retry_at
    assert pauses[:4] == [1.0, 2.0, 4.0, 8.0]
    assert max(pauses) <= LONGEST_PAUSE
    assert (at - START).total_seconds() <= TIMINGS.retry_for


def test_it_ends_when_the_time_for_retries_is_over_and_begins_anew_after_a_persons_retry():
    incident = declared()
    incident, event = fail(incident, Unexpected("x", "y", "HTTP 500"), START)
    incident, event = fail(incident, Unexpected("x", "y", "HTTP 500"), START + timedelta(seconds=99.9))
    assert event.retry_at is None
    assert incident.lane(old_lane("x")).failure.final
    _, event = fail(incident, Unexpected("x", "y", "HTTP 500"), START + timedelta(hours=1))
    assert event.retry_at is not None


@pytest.mark.parametrize(
    "error", [Unauthorized("x", "y", "HTTP 401"), Refused("x", "y", "no"), ConfigurationError("no")]
)
def test_what_asking_again_cannot_mend_fails_for_good_at_once(error):
    _, event = fail(declared(), error, START)
    assert event.retry_at is None
    assert event.message == str(error)


def test_what_the_other_side_asks_for_is_waited_for():
    _, event = fail(declared(), Throttled("x", "y", "HTTP 429", retry_after=40.0), START)
    assert event.retry_at == START + timedelta(seconds=40)


@pytest.mark.parametrize("asked", [3600.0, 999_999_999.0, 1e12, float("inf")])
def test_what_no_revocation_can_wait_for_is_cut(asked):
    incident = declared(Timings(retry_for=600.0))
    _, event = fail(incident, Throttled("x", "y", "HTTP 429", retry_after=asked), START)
    assert event.retry_at == START + timedelta(minutes=2)


def test_a_channel_is_tried_for_ever():
    incident, at = declared(), START
    for _ in range(20):
        incident, event = fail(incident, Unreachable("slack", "open", "no answer"), at, Op.OPEN_CHANNEL, CHANNEL_LANE)
        assert event.retry_at is not None
        at = event.retry_at + timedelta(minutes=1)


def test_a_foreign_error_gives_its_class_and_none_of_its_text():
    _, event = fail(declared(), KeyError("sk-live-value"), START)
    assert "KeyError" in event.message
    assert "sk-live" not in event.message
    assert event.retry_at is not None
