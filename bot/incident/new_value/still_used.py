"""Who may use a new value still that was rolled back: it must not end before they use the old one again."""

from __future__ import annotations

from collections.abc import Iterator

from bot.incident.access.copies import copies_with_new
from bot.incident.consumers.schedule import not_ready
from bot.incident.state import Incident, SecretState
from bot.model.consumers import called


def still_used(incident: Incident, secret: SecretState) -> str:
    """By what, and what to do about it, in sentences; empty where nothing uses it."""
    return " ".join(_sentences(incident, secret))


def _sentences(incident: Incident, secret: SecretState) -> Iterator[str]:
    if functions := not_ready(incident, secret):
        what = called(one.function for one in secret.entry.consumers)
        why = ", ".join(_told(incident, name) for name in functions)
        yield f"not every {what} reads the old value again yet: {why}. Wait for that, or mend it."
    if copies := copies_with_new(secret):
        names = ", ".join(copies)
        yield f"Copies have the new value: {names}. Put the old one back there, or accept by name that they fail."


def _told(incident: Incident, function: str) -> str:
    state = incident.functions.get(function)
    return f"{function} ({state.detail})" if state is not None and not state.complete else function
