"""What runs in a lane right now, and what went wrong there."""

from __future__ import annotations

from collections.abc import Iterator

from bot.incident.lanes import Lane
from bot.incident.operations import Op
from bot.incident.state import Incident
from bot.phrases.retries import retry_words
from bot.phrases.states import capitalised, failure_words, work_words

QUIET = frozenset({Op.TICK, Op.PROVE})
"""Too short and too often to be worth a line: the proof's progress has its own words."""


def lane_lines(incident: Incident, lane: Lane) -> Iterator[str]:
    """A line for the operation under way, or for the last failure; nothing for an idle lane."""
    state = incident.lane(lane)
    if state.failure is not None:
        words = capitalised(failure_words(state.failure))
        again = f"*{retry_words(incident, lane)}* is always safe."
        yield f"❌ {words}. {again}" if state.failure.final else f"🔁 {words}"
    elif state.claim is not None and state.claim.op not in QUIET:
        yield f"⚙️ {capitalised(work_words(state.claim, state.failure))}"
