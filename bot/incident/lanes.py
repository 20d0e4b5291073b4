"""The lanes of an incident: its lines of work. They run side by side; in each, one operation at a time."""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache, partial
from typing import Never, Self


class LaneKind(StrEnum):
    """The purpose of a lane. Kinds up to DENY have one lane for each subject, the others one for the incident."""

    OLD = "old"
    """Revokes the leaked key of a secret."""
    NEW = "new"
    """Makes and places its replacement."""
    FUNCTION = "function"
    """Refreshes one Lambda function, for all secrets that it reads."""
    USAGE = "usage"
    """Looks up who read a secret."""
    USE = "use"
    """Looks up how the leaked key was used at its provider."""
    DELETE = "delete"
    """Deletes what a revocation only switched off: it holds up nothing else."""
    ACCESS = "access"
    """Looks for what may outlive the leaked key at its provider."""
    DENY = "deny"
    """Denies earlier sessions of one role, or removes that again."""
    CHANNEL = "channel"
    PAGE = "page"
    FALLBACK = "fallback"
    REPORT = "report"
    DELIVERY = "delivery"
    """Brings the report where people are: one for each such place, so that one that fails keeps no other waiting."""
    CLOCK = "clock"
    UPDATE = "update"
    """Sends status updates: one for each audience, and one for each of its channels or people."""
    SIBLINGS = "around"
    """One for all secrets of an incident: probing siblings never takes more than one thread from the revocations."""
    LEAVER = "leaver"
    """Looks up what someone who leaves can read."""
    HALT = "halt"
    """No work is done there: retrying it goes on after a halt."""
    ALL = ""
    """Does no work: retrying it retries everything that has failed for good."""


class Lane(str):
    """One line of work, as logs hold it: ``old:openai-api-key``, ``channel``. `subject` is the secret or the function;
    empty for kinds without one. Only `bot.incident.codec` reads it back.
    """

    __slots__ = ("kind", "subject")
    kind: LaneKind
    subject: str

    def __new__(cls, kind: LaneKind, subject: str = "") -> Self:
        lane = super().__new__(cls, f"{kind}:{subject}" if subject else kind.value)
        object.__setattr__(lane, "kind", kind)
        object.__setattr__(lane, "subject", subject)
        return lane

    def __setattr__(self, name: str, value: object) -> Never:
        raise AttributeError(f"a lane does not change: {name}")

    def __reduce__(self) -> tuple[type[Lane], tuple[LaneKind, str]]:
        return Lane, (self.kind, self.subject)


CHANNEL_LANE = Lane(LaneKind.CHANNEL)
PAGE_LANE = Lane(LaneKind.PAGE)
FALLBACK_LANE = Lane(LaneKind.FALLBACK)
REPORT_LANE = Lane(LaneKind.REPORT)
CLOCK_LANE = Lane(LaneKind.CLOCK)
SIBLINGS_LANE = Lane(LaneKind.SIBLINGS)
LEAVER_LANE = Lane(LaneKind.LEAVER)
HALT = Lane(LaneKind.HALT)
ALL_LANES = Lane(LaneKind.ALL)


@lru_cache(4096)
def _of(kind: LaneKind, subject: str) -> Lane:
    return Lane(kind, subject)


old_lane = partial(_of, LaneKind.OLD)
new_lane = partial(_of, LaneKind.NEW)
function_lane = partial(_of, LaneKind.FUNCTION)
usage_lane = partial(_of, LaneKind.USAGE)
use_lane = partial(_of, LaneKind.USE)
access_lane = partial(_of, LaneKind.ACCESS)
delete_lane = partial(_of, LaneKind.DELETE)
deny_lane = partial(_of, LaneKind.DENY)
update_lane = partial(_of, LaneKind.UPDATE)
delivery_lane = partial(_of, LaneKind.DELIVERY)
"""The lane of a subject: a secret, a function, a role, an audience or a destination."""
