"""The words of an incident: frozen copies of what was declared, and the states that things can be in.

Times are timezone-aware UTC datetimes, durations are seconds. Nothing here can hold a secret: values are named by
fingerprint.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.model.fields import Fingerprint, IncidentId, Name, Number

EARLIER = ".earlier"
"""Behind the name of a secret: the value before the one that leaked, which has to end too. No name in the catalog has a
full stop.
"""


class PageAction(StrEnum):
    """One call to a pager."""

    TRIGGER = "trigger"
    NOTE = "note"
    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"
    ALERT = "alert"
    """Of what got worse, under a key of its own."""
    ALERT_OVER = "alert-over"
    ASK = "ask"
    """An alert of its own that asks for an approval."""
    ANSWERED = "answered"
    """That approval has come."""
    NONE = "none"
    """No fallback is set up."""


class Strategy(StrEnum):
    KILL_FIRST = "kill-first"
    OVERLAP = "overlap"


class IfFailing(StrEnum):
    """What becomes of the old value at the end of an overlap while a consumer refuses the new one."""

    KEEP = "keep"
    END = "end"


class TargetKind(StrEnum):
    """How sure we are which value leaked."""

    CONFIRMED = "confirmed"
    ASSUMED = "assumed"


class Old(StrEnum):
    """State of the leaked value. Only DEAD is proven; ATTESTED has a person's name on it."""

    ALIVE = "alive"
    REVOKING = "revoking"
    DEAD = "dead"
    ATTESTED = "attested"
    UNPROVEN = "unproven"


class New(StrEnum):
    """State of the replacement. UNCONFIRMED: in place, and a consumer cannot be asked whether it is well with it;
    FAILING: in place, and a consumer that can be asked says that it is not. Only LIVE is restored. UNKNOWN: putting the
    leaked value back has begun, and nobody has looked since which of them serves.
    """

    NONE = "none"
    STAGED = "staged"
    PROMOTED = "promoted"
    LIVE = "live"
    UNCONFIRMED = "unconfirmed"
    FAILING = "failing"
    UNKNOWN = "unknown"
    NOT_NEEDED = "not-needed"


class Access(StrEnum):
    """Whether anything that somebody made with the key may still open a door: a dead key alone does not tell."""

    OPEN = "open"
    CONTAINED = "contained"


class CheckOutcome(StrEnum):
    """How an item of the checklist ended: nothing was there, or what was there has been removed."""

    CLEAR = "clear"
    HANDLED = "handled"


class CopyOutcome(StrEnum):
    """What became of a copy: it has the new value, it is gone, or somebody accepts by name that the old one stays."""

    UPDATED = "updated"
    PURGED = "purged"
    ACCEPTED = "accepted"


class ReaderOutcome(StrEnum):
    """Whether anybody answers for the reads of a principal: it is ours, somebody explained them, or nobody can; and in
    the last case, whether a person has removed its access.
    """

    OURS = "ours"
    EXPLAINED = "explained"
    UNEXPLAINED = "unexplained"
    REMOVED = "removed"

    @property
    def unexplained(self) -> bool:
        """Whether nobody answers for it, whatever became of its access."""
        return self in {ReaderOutcome.UNEXPLAINED, ReaderOutcome.REMOVED}


class Worse(StrEnum):
    """What can get worse, in the words by which on-call hears of it: they say nothing of the secret."""

    HALTED = "stopped: a credential that was not the target was refused"
    WORKS_AGAIN = "an old value works again"
    REAPPEARED = "an old value stands in a parameter again"
    UNPROVEN = "an old value is still not proven dead"
    UNREPLACED = "a value is dead, and its replacement is not live"
    AWAITED = "an old value is alive, and waits for a person"
    HELD = "an overlap is over, and copies keep the old value ALIVE"
    HELD_BY_READERS = "an overlap is over, and consumers that are not fully refreshed keep the old value ALIVE"
    FAILING = "a consumer fails with a replacement"
    LEAKED_TOO = "a new value has leaked too"
    VALUE_WAITS = "a new value waits for a second person"
    FAILED = "an operation has failed for good and needs a person"
    UNANSWERED = "nobody has answered a request for approval"
    UNREVIEWED = "broken glass is NOT reviewed after a day"
    DECISION_DUE = "the decision on notification is due"
    DECISION_OVERDUE = "the decision on notification is OVERDUE"
    LEGAL_DUE = "a deadline of the law or of a contract is due"
    LEGAL_OVER = "a deadline of the law or of a contract is over"


class NoticeOutcome(StrEnum):
    """Whether those whom an obligation names are told. NOT_REQUIRED is a record too: with the reason."""

    NOTIFY = "notify"
    NOT_REQUIRED = "not-required"


class Severity(StrEnum):
    """How grave an incident is; SEV1 is the gravest."""

    SEV1 = "sev1"
    SEV2 = "sev2"
    SEV3 = "sev3"

    @property
    def words(self) -> str:
        """``SEV 1``."""
        return f"SEV {self[-1]}"


class WhyLeft(StrEnum):
    """Why a value that stood where others leaked is no part of their incident."""

    PUBLIC = "public-by-design"
    UNUSED = "believed-unused"
    ELSEWHERE = "elsewhere"
    """Of a departure: another open incident or run has it, which does not wait for the end of the leaver's access."""


class StepState(StrEnum):
    WAITING = "waiting"
    OPEN = "open"
    DONE = "done"
    SKIPPED = "skipped"


class Right(StrEnum):
    """RESPOND: kill, retry, bring a value, move steps. APPROVE: one of the two who agree to a kill needs it.
    COMMAND: close, reopen, attest.
    """

    RESPOND = "respond"
    APPROVE = "approve"
    COMMAND = "command"


class ConsentKind(StrEnum):
    """What a kill can rest on: one responder's decision, two people's agreement, or broken glass; of a planned rotation
    the catalog's word, or two people's agreement to a departure.
    """

    KILL = "kill"
    APPROVAL = "approval"
    PLANNED = "planned"
    DEPARTURE = "departure"
    BREAK_GLASS = "break-glass"


@dataclass(frozen=True)
class Actor:
    """Who asks. `name` is the entry in the people file, or ``slack:U…`` / an ARN for somebody who is not in it."""

    name: str
    rights: frozenset[Right] = frozenset()

    def may(self, right: Right) -> bool:
        return right in self.rights

    @property
    def recorded(self) -> tuple[Right, ...]:
        """The rights as an event keeps them."""
        return tuple(sorted(self.rights))


@dataclass(frozen=True)
class By:
    """Who did something, and when."""

    name: str
    at: datetime


BOT = Actor("bot")
"""The machine itself: it acts only through operations and deadlines."""

OPERATOR = "operator unproven"
"""Who broke glass at the worker's own host, when nobody could prove who they are."""


@dataclass(frozen=True)
class Target:
    """Which value leaked. `fingerprint` is empty until the value has been captured; `version` says at which one of the
    secret's own parameter it stands, and `staged` that it stands in no history, but in the incident's own staging.
    """

    kind: TargetKind
    fingerprint: Fingerprint = ""
    version: Number | None = None
    current: bool = True
    staged: bool = False


@dataclass(frozen=True)
class LeftAlone:
    """A secret of the same environment that stood in the same place, and was not declared with the others. `where` is
    the incident that has it, if that is why, and empty where Slack is to know nothing of that one.
    """

    name: Name
    why: WhyLeft
    where: IncidentId = ""


@dataclass(frozen=True)
class Accepted:
    """Something open that a person closed over by name: `words` as they read it then."""

    key: str
    words: str


@dataclass(frozen=True)
class Cut:
    """What is to be left of event number `seq` of this kind: `data` is its JSON without people's words, `data_digest`
    names the data that it had.
    """

    seq: int
    kind: str
    data_digest: str
    data: str
