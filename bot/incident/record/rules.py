"""Whether anyone was seen using the leaked keys, as people say: yes, no, or unknown; and as records show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.incident.state import Incident, SecretState, Statement
from bot.model.uses import Per, Use

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


# Whether others used a leaked key, as the machine proposes it from the providers' records. A person decides.


KEPT = timedelta(days=90)
"""How far back is asked where the exposure is unknown: as far as CloudTrail's event history goes."""


class Verdict(StrEnum):
    """OTHERS: uses that are not known to be ours. OURS: every record is a use of ours, until the key's death. There is
    no word for a key that was not used: no source can show that.
    """

    OTHERS = "used by others"
    OURS = "only our use seen"
    UNKNOWN = "unknown"


class Missing(StrEnum):
    """Why it is unknown."""

    NO_SOURCE = "its provider does not tell the bot"
    NOT_ASKED = "its provider was not asked yet"
    NOT_KNOWN = "uses that may be ours"
    GAP = "its provider does not show every use"
    TOO_LATE = "its records begin after the exposure"
    NOT_DEAD = "the key still works"
    NOT_ALL = "not every record was read"
    NOT_IN = "records may still arrive"


@dataclass(frozen=True)
class Used:
    """The proposal for one secret. `strange` are the rows that are not known to be ours, the most worrying first.
    `complete_at`: as of the function of this name.
    """

    secret: str
    verdict: Verdict
    missing: Missing | None = None
    strange: tuple[Use, ...] = ()
    complete_at: datetime | None = None


def exposed_since(incident: Incident, secret: SecretState) -> datetime:
    """As declared; else since the value was put in place; else as far back as anyone keeps records."""
    return incident.exposed_at or secret.old.exposed_since or incident.detected_at - KEPT


def used(incident: Incident, secret: SecretState) -> Used:
    """A use counts as someone else's only where some of ours are known, and it is none of them: by its address, or as
    new. Records of a whole account do not tell that.
    """
    look = secret.use
    if look is None:
        told = secret.entry.capabilities.reports_use
        return Used(secret.name, Verdict.UNKNOWN, Missing.NOT_ASKED if told else Missing.NO_SOURCE)
    found = look.found
    strange = tuple(use for use in found.uses if not use.ours and not use.by_bot)
    complete = complete_at(secret)
    whose = found.per is not Per.ACCOUNT and any(use.address or use.new for use in strange)
    if whose and (found.usual or found.strange < found.total):
        return Used(secret.name, Verdict.OTHERS, None, strange, complete)
    missing = Missing.NOT_KNOWN if found.strange else _missing(incident, secret, complete)
    return Used(secret.name, Verdict.OURS if missing is None else Verdict.UNKNOWN, missing, strange, complete)


def complete_at(secret: SecretState) -> datetime | None:
    """From when (UTC) the source of the last look has all records until the key's death; None before that death, and
    where a later look cannot show more.
    """
    died = secret.old.gone_at if secret.gone else None
    delay = secret.use.found.delay if secret.use is not None else None
    return died + timedelta(seconds=delay) if died is not None and delay is not None else None


def _missing(incident: Incident, secret: SecretState, complete: datetime | None) -> Missing | None:
    assert secret.use is not None
    found = secret.use.found
    if found.gap:
        return Missing.GAP
    if found.since > exposed_since(incident, secret):
        return Missing.TOO_LATE
    if complete is None:
        return Missing.NOT_DEAD
    if found.truncated:
        return Missing.NOT_ALL
    return Missing.NOT_IN if found.until < complete else None


def all_used(incident: Incident) -> tuple[Used, ...]:
    """For each secret of a leak; empty in a planned run."""
    return tuple(used(incident, secret) for secret in incident.secrets.values()) if incident.traits.investigates else ()
