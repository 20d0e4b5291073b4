"""What people read of the runs that a departure began, or did not: phrases (`bot.phrases.marks`)."""

from __future__ import annotations

from collections.abc import Sequence

from bot.incident.departure.rules import unagreed
from bot.incident.state import Incident
from bot.phrases.marks import code


def departed_words(name: str) -> str:
    """Said first, whatever came of the runs."""
    return f"*{name} has left*: their word counts for nothing from here on."


def begun_words(incident: Incident, name: str, joined: Sequence[str], *, begun: bool) -> str:
    """What came of the declaration for `name` in one environment: the run, or that there is none because what is
    planned is in open incidents, the first of it in `incident`. `joined` are the secrets of which that holds.
    """
    have, them = ", ".join(map(code, joined)), "it" if len(joined) == 1 else "them"
    if begun:
        rotated = ", ".join(map(code, incident.secrets))
        already = f" {have}: an open incident deals with {them} already." if joined else ""
        return f"{code(incident.id)} rotates {rotated}, once another person agrees.{already}"
    if is_run_of(incident, name):
        agreed = "waits for another person to agree" if unagreed(incident) else "another person has agreed"
        return f"no new run: {code(incident.id)} rotates {have} already, and {agreed}."
    if len(joined) == 1:
        return f"no run was begun: {code(incident.id)} deals with {have} already."
    first = code(joined[0]) if joined else "the first"
    return f"no run was begun: open incidents deal with {have} already, {code(incident.id)} with {first}."


def is_run_of(incident: Incident, name: str) -> bool:
    """Whether it is a run of this very person's departure."""
    return incident.departure is not None and incident.departure.leaver.name == name


def waits_for_agreement(incident: Incident, name: str) -> bool:
    return is_run_of(incident, name) and bool(unagreed(incident))


def agree_words(name: str) -> str:
    return (
        f"Nothing is made before another person agrees: on the run's card, or {code(f'bot departure {name} --agree')}."
    )
