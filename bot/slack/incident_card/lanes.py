"""What runs in a lane right now, and what went wrong there."""

from __future__ import annotations

from collections.abc import Iterator

from bot.incident.lanes import Lane
from bot.incident.operations import OPERATIONS, Failure
from bot.incident.state import Incident
from bot.phrases.marks import literal, moment
from bot.slack.words import operation


def lane_lines(incident: Incident, lane: Lane) -> Iterator[str]:
    """A line for the operation under way, or for the last failure; nothing for an idle lane."""
    state = incident.lane(lane)
    if state.failure is not None:
        yield _failed(state.failure)
    elif state.claim is not None and not OPERATIONS[state.claim.op].routine:
        again = f", attempt {state.claim.attempt}" if state.claim.attempt > 1 else ""
        yield f"⚙️ {operation(state.claim.op)}{again}"


def _failed(failure: Failure) -> str:
    what = operation(failure.op)
    if failure.final:
        return f"❌ *{what} failed for good*: {literal(failure.message)}. *Retry* is always safe."
    times = f" {failure.count} times" if failure.count > 1 else ""
    return f"🔁 {what} failed{times}: {literal(failure.message)}. Next try {moment(failure.retry_at, seconds=True)}"
