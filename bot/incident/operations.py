"""The operations of an incident, the lanes they run in, and the claims that workers hold on them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Op(StrEnum):
    """Everything that the machine does to the outside world. Each looks first, so that doing it again is harmless."""

    OPEN_CHANNEL = "open-channel"
    PAGE = "page"
    CAPTURE = "capture"
    SNAPSHOT = "snapshot"
    LAST_USE = "last-use"
    REVOKE = "revoke"
    PROVE = "prove"
    UNSTAGE_OLD = "unstage-old"
    READ_SCOPES = "read-scopes"
    RECEIVE = "receive"
    ISSUE = "issue"
    INSTALL = "install"
    VERIFY = "verify"
    PROMOTE = "promote"
    ROLL_BACK = "roll-back"
    VERIFY_LIVE = "verify-live"
    CONFIRM = "confirm"
    SWEEP = "sweep"
    END_ORPHAN = "end-orphan"
    UNSTAGE = "unstage"
    REFRESH = "refresh"
    USAGE = "usage"
    INSPECT = "inspect"
    DELETE_OLD = "delete-old"
    CHECK_SIBLINGS = "look-around"
    REPORT = "report"
    DECISIONS = "decisions"
    TICK = "tick"
    """No outside call: a deadline of the incident itself has come."""


MAY_LEAVE_A_KEY = frozenset({Op.ISSUE, Op.INSTALL, Op.SWEEP})
"""A lost claim on one of these may still act later: it re-arms the sweep."""

BESIDE = frozenset({Op.PROVE, Op.CONFIRM, Op.END_ORPHAN, Op.SWEEP, Op.UNSTAGE, Op.UNSTAGE_OLD})
"""Looking and clearing up: it goes on when the work of its lane has failed for good, and does not heal that."""

CHANNEL_LANE = "channel"
PAGE_LANE = "page"
FALLBACK_LANE = "fallback"
REPORT_LANE = "report"
CLOCK_LANE = "clock"
HALT = "halt"
"""Not a lane: what is retried when everything goes on after a halt."""
AROUND_LANE = "around"
"""One for all secrets of an incident: looking at bystanders never takes more than one thread from the kills."""


def old_lane(secret: str) -> str:
    """The lane that ends the leaked value."""
    return f"old:{secret}"


def new_lane(secret: str) -> str:
    """The lane that makes its replacement."""
    return f"new:{secret}"


def function_lane(function: str) -> str:
    """The lane of one Lambda function, for all secrets that it reads."""
    return f"function:{function}"


def usage_lane(secret: str) -> str:
    return f"usage:{secret}"


def delete_lane(secret: str) -> str:
    """The lane that deletes what a revocation only switched off: it holds up nothing else."""
    return f"delete:{secret}"


def access_lane(secret: str) -> str:
    """The lane that looks for what may outlive the leaked value at its provider."""
    return f"access:{secret}"


@dataclass(frozen=True)
class Work:
    """Something that can run: `subject` is the secret, the function, the page's action or the orphan's id.

    `ready_at` is when it may run; `attempt` counts the starts of this operation in this lane, from 1.
    """

    op: Op
    lane: str
    subject: str
    ready_at: datetime
    attempt: int = 1
    detail: str = ""


@dataclass(frozen=True)
class Claim:
    """A worker's hold on a lane while it runs one operation. `number` counts the claims of the incident, from 1."""

    number: int
    op: Op
    lane: str
    subject: str
    attempt: int
    worker: str
    detail: str = ""


@dataclass(frozen=True)
class Failure:
    """What a lane last failed with. `final`: no more by itself, a person presses retry."""

    op: Op
    error: str
    message: str
    first_at: datetime
    at: datetime
    retry_at: datetime
    count: int
    final: bool
    detail: str = ""
    """Of the claim: at a pager, what it was to do."""

    def stands_against(self, work: Work) -> bool:
        """Whether it is this very work that failed. A pager that declines one thing may do another."""
        return self.op is work.op and (self.op is not Op.PAGE or self.detail == work.detail)
