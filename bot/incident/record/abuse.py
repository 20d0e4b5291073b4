"""Whether anyone was seen using the leaked keys: yes, no, or unknown."""

from __future__ import annotations

from enum import StrEnum

from bot.incident.state import Incident, Statement

NO_ABUSE, ABUSE_UNKNOWN = "no-abuse", "abuse-unknown"
"""People's records: that they looked and saw none, or why that is unknown."""


NOBODY_SAID = "not answered yet"


class AbuseSeen(StrEnum):
    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


def abused(incident: Incident) -> tuple[str, ...]:
    """The secrets whose leaked key someone was seen using."""
    return tuple(name for name, secret in incident.secrets.items() if secret.abused is not None)


def abuse_seen(incident: Incident) -> AbuseSeen:
    """Unknown also without any answer."""
    if abused(incident):
        return AbuseSeen.YES
    said = abuse_said(incident)
    return AbuseSeen.NO if said is not None and said.what == NO_ABUSE else AbuseSeen.UNKNOWN


def abuse_unknown(incident: Incident) -> bool:
    """Whether an answered leak has no answer about abuse, seen or not seen."""
    return incident.traits.investigates and abuse_seen(incident) is AbuseSeen.UNKNOWN


def abuse_said(incident: Incident) -> Statement | None:
    """The last word on it."""
    return next((said for said in reversed(incident.statements) if said.what in {NO_ABUSE, ABUSE_UNKNOWN}), None)


def abuse_assessed(incident: Incident) -> bool:
    """Whether anyone has said anything of it, that it is unknown among it."""
    return bool(abused(incident)) or abuse_said(incident) is not None


def abuse_words(incident: Incident) -> str:
    """Whether abuse was seen, as every face says it: unknown is what someone has recorded as such."""
    return abuse_seen(incident).value if abuse_assessed(incident) else NOBODY_SAID
