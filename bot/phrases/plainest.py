"""An incident in its plainest form, for where its card or report cannot be drawn: state, what lives, what is next."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from itertools import islice

from bot.incident.model import Old
from bot.incident.offers import unblocked, urged
from bot.incident.state import Incident
from bot.phrases.marks import code, literal
from bot.phrases.states import OLD_LABELS
from bot.phrases.times import at_most
from bot.phrases.typed import command_line

NAMED = 20
"""So many secrets of one state are named."""
NEXT = 5
"""So many commands are named."""


def plainest(incident: Incident, what: str, now: datetime) -> list[str]:
    """Phrases, a line each. `what` cannot be drawn: ``card``, ``report``. What cannot be told is left out."""
    state = "open" if incident.open else "closed"
    return [
        f"⚠️ This {what} can't be drawn. The incident goes on, and the log is whole. What is known:",
        f"{code(incident.id)} · {literal(incident.environment)} · {state}",
        *_told(lambda: _living(incident)),
        *_told(lambda: _next(incident, now)),
        f"The rest: {code(f'bot show {incident.id}')}. By hand: {code('bot runbook SECRET')}.",
    ]


def _told(lines: Callable[[], Iterator[str]]) -> Iterator[str]:
    """As many of the lines as can be told."""
    with suppress(Exception):
        yield from lines()


def _living(incident: Incident) -> Iterator[str]:
    for state in Old:
        if names := [code(secret.name) for secret in incident.secrets.values() if secret.old_state is state]:
            yield f"{OLD_LABELS[state]}: {at_most(names, NAMED)}"


def _next(incident: Incident, now: datetime) -> Iterator[str]:
    for offer in islice(unblocked(urged(incident, now)), NEXT):
        yield f"Next: {code(command_line(incident, offer))}"
