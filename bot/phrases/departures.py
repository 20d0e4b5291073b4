"""What people read of the runs that a departure began, or did not: phrases (`bot.phrases.marks`)."""

from __future__ import annotations

from collections.abc import Sequence

from bot.incident.departure.rules import unagreed
from bot.incident.state import Incident
from bot.phrases.marks import code, literal


def departed_words(name: str) -> str:
    """Said first, whatever came of the runs."""
    return f"*{name} has left*: their word counts for nothing from here on."


def begun_words(incident: Incident, name: str, joined: Sequence[str], *, begun: bool) -> str:
    """What came of the declaration for `name` in one environment: the run that was begun, or that was there already.
    `joined` are the secrets that open incidents have.
    """
    have, them = ", ".join(map(code, joined)), "it" if len(joined) == 1 else "them"
    rotated = ", ".join(map(code, incident.secrets))
    if not begun:
        if not rotated:
            return f"no new run: {code(incident.id)} asks what they read and can read already."
        agreed = "waits for another person to agree" if unagreed(incident) else "another person has agreed"
        return f"no new run: {code(incident.id)} rotates {have or rotated} already, and {agreed}."
    already = (
        f" {have}: an open incident deals with {them} already, and does not wait until {literal(name)} cannot read "
        f"{them} any more. That stays open in this run."
        if joined
        else ""
    )
    if not rotated:
        return (
            f"{code(incident.id)} rotates nothing so far: it asks what {literal(name)} read and can read, and has the "
            f"tasks.{already}"
        )
    return f"{code(incident.id)} rotates {rotated}, once another person agrees.{already}"


def is_run_of(incident: Incident, name: str) -> bool:
    """Whether it is a run of this very person's departure."""
    return incident.departure is not None and incident.departure.leaver.name == name


def waits_for_agreement(incident: Incident, name: str) -> bool:
    return is_run_of(incident, name) and bool(unagreed(incident))


def agree_words(name: str) -> str:
    return (
        f"Nothing is made before another person agrees: on the run's card, or {code(f'bot departure {name} --agree')}."
    )
