"""The types of an incident: frozen copies of the declaration, and the states of things.

Times are timezone-aware UTC datetimes, durations are seconds. No type can hold a secret: values are named by
fingerprint.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from bot.model.fields import Fingerprint, IncidentId, Name, Number
from bot.model.frozen import Frozen

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
    """About something that got worse, under a key of its own."""
    ALERT_OVER = "alert-over"
    ASK = "ask"
    """An alert of its own that asks for an approval."""
    ANSWERED = "answered"
    """That approval has come."""
    NONE = "none"
    """No fallback is set up."""


class Strategy(StrEnum):
    KILL_FIRST = "revoke-first"
    OVERLAP = "replace-first"

    @property
    def words(self) -> str:
        """``revoke first``, as people read it."""
        return self.value.replace("-", " ")


class TargetKind(StrEnum):
    """How sure we are which value leaked."""

    CONFIRMED = "confirmed"
    ASSUMED = "assumed"


class Old(StrEnum):
    """State of the leaked key. Only DEAD is proven; ATTESTED has a person's name on it. REJECTED: it has been
    rejected since it was last accepted, and no revocation explains that: its provider may have revoked it by itself.
    """

    ALIVE = "alive"
    REJECTED = "rejected"
    REVOKING = "revoking"
    DEAD = "dead"
    ATTESTED = "attested"
    UNPROVEN = "unproven"


class New(StrEnum):
    """State of the replacement. UNCONFIRMED: in place, and a consumer's health cannot be checked; FAILING: in place,
    and a consumer reports that it is unhealthy. Only LIVE is restored. UNKNOWN: a roll back has begun, and the value in
    use is not known since.
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
    """Whether anything that someone made with the key may still open a door: a dead key alone does not tell."""

    OPEN = "open"
    CONTAINED = "contained"


class CheckOutcome(StrEnum):
    """The answer to a check: nothing was there, or what was there has been removed."""

    CLEAR = "clear"
    HANDLED = "handled"


class CopyOutcome(StrEnum):
    """The answer for a copy: it has the new key, it is gone, or a person accepts by name that it
    keeps the old one.
    """

    UPDATED = "updated"
    PURGED = "purged"
    ACCEPTED = "accepted"


class ReaderOutcome(StrEnum):
    """The answer for a principal's reads: ours, explained by someone, or unexplained; and for the last, whether a
    person has removed its access.
    """

    OURS = "ours"
    EXPLAINED = "explained"
    UNEXPLAINED = "unexplained"
    REMOVED = "removed"

    @property
    def unexplained(self) -> bool:
        """Whether it is unexplained, with or without access."""
        return self in {ReaderOutcome.UNEXPLAINED, ReaderOutcome.REMOVED}


class Worse(StrEnum):
    """What can get worse, in words for on-call that reveal nothing about the secret."""

    HALTED = "stopped: a key that was not the target was rejected"
    WORKS_AGAIN = "an old key works again"
    REAPPEARED = "an old key is in a parameter again"
    UNPROVEN = "an old key is still not confirmed dead"
    UNREPLACED = "a key is dead and its replacement is not in use"
    AWAITED = "an old key still works and needs a person"
    HELD = "an overlap is over; copies keep the old key WORKING"
    HELD_BY_READERS = "an overlap is over; consumers not fully refreshed keep the old key WORKING"
    FAILING = "a consumer fails with a replacement"
    LEAKED_TOO = "a new key leaked too"
    VALUE_WAITS = "a new key needs a second approver"
    FAILED = "an operation failed and needs a person"
    UNANSWERED = "an approval request is unanswered"
    UNREVIEWED = "broken glass NOT reviewed after a day"
    DECISION_DUE = "the decision on notification is due"
    DECISION_OVERDUE = "the decision on notification is OVERDUE"
    LEGAL_DUE = "a legal or contract deadline is due"
    LEGAL_OVER = "a legal or contract deadline has passed"


class NoticeOutcome(StrEnum):
    """Whether the recipients of an obligation are notified. NOT_REQUIRED is recorded too, with its reason."""

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
    ELSEWHERE = "elsewhere"
    """In a departure: another open incident or run has it, which does not wait for the end of the leaver's access."""


class StepState(StrEnum):
    WAITING = "waiting"
    OPEN = "open"
    DONE = "done"
    SKIPPED = "skipped"


class Right(StrEnum):
    """RESPOND: revoke, retry, submit a value, work on steps. APPROVE: one of the two who agree to a revocation needs
    it. COMMAND: close, reopen, attest. COUNSEL: the legal hold, and notes for counsel.
    """

    RESPOND = "respond"
    APPROVE = "approve"
    COMMAND = "command"
    COUNSEL = "counsel"


class ConsentKind(StrEnum):
    """The basis of a revocation: one responder's decision, two people's agreement, or broken glass; in a planned
    rotation the catalog, or two people's agreement to a departure.
    """

    KILL = "kill"
    APPROVAL = "approval"
    PLANNED = "planned"
    DEPARTURE = "departure"
    BREAK_GLASS = "break-glass"


class Actor(Frozen):
    """Who asks. `name` is the entry in the people file, or ``slack:U…`` / an ARN for someone who is not in it."""

    name: str
    rights: frozenset[Right] = frozenset()

    def may(self, right: Right) -> bool:
        return right in self.rights

    @property
    def recorded(self) -> tuple[Right, ...]:
        """The rights as an event keeps them."""
        return tuple(sorted(self.rights))


class By(Frozen):
    """Who did something, and when."""

    name: str
    at: datetime


BOT = Actor("bot")
"""The machine itself: it acts only through operations and deadlines."""

OPERATOR = "operator unproven"
"""The person who broke glass at the worker's own host, when proofs were impossible."""


class Target(Frozen):
    """The leaked key. `fingerprint` is empty until it has been captured; `version` is its version in the secret's own
    parameter, and `staged` says that it is in no history, but in the incident's own staging.
    """

    kind: TargetKind
    fingerprint: Fingerprint = ""
    version: Number | None = None
    current: bool = True
    staged: bool = False


class LeftAlone(Frozen):
    """A secret of the same environment from the same place, not declared with the others. `where` is the incident that
    has it, if that is why, and empty if Slack must not know that one.
    """

    name: Name
    why: WhyLeft
    where: IncidentId = ""


class Accepted(Frozen):
    """Something open that a person closed over by name: `words` as they read it then."""

    key: str
    words: str


class Cut(Frozen):
    """The remains of event number `seq` of this kind: `data` is its JSON without people's words, `data_digest` names
    the original data.
    """

    seq: int
    kind: str
    data_digest: str
    data: str
