"""The operations of an incident, the lanes they run in, and the claims that workers hold on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.incident.lanes import Lane, LaneKind
from bot.model.frozen import Frozen
from bot.model.playbooks import MAKES, PLACES, REVOKES, VERIFIES, Action
from bot.model.priority import Priority


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
    LOOK_UP_LEAVER = "look-up-leaver"
    LOOK_UP_KEY = "look-up-key"
    LOOK_UP_USE = "look-up-use"
    DENY = "deny"
    REPORT = "report"
    DECISIONS = "decisions"
    DELIVER = "deliver-report"
    DRAFT_UPDATE = "draft-update"
    SEND_UPDATE = "send-update"
    TICK = "tick"
    """No outside call: a deadline of the incident itself has come."""


@dataclass(frozen=True)
class Operation:
    """The data of an operation. Its code is the function of its name in `bot.rotation`, or, in the lanes of the
    incident itself, a method in `bot.worker.operations`.

    `does` follows "could not".
    """

    op: Op
    lane: LaneKind
    does: str
    priority: Priority = Priority.READ
    """How urgent all its calls are, its reads too; with READ each call goes with its own priority."""
    may_leave_key: bool = False
    """A lost claim on it may still act later: it re-arms the sweep."""
    beside: bool = False
    """Looking and clearing up: it goes on when the work of its lane has failed for good, and does not heal that."""
    holds_lane: bool = True
    """Whether its failing for good stops the rest of its lane, until a person presses retry."""
    wakes: bool = True
    """Whether its permanent failure pages on-call, because a key keeps working or something is stuck."""
    gives_up: bool = True
    """Whether it ever fails for good. What Slack, down for hours, should have shown is shown when it is back."""
    routine: bool = False
    """Too short and too often to be shown as it runs."""
    needs: tuple[Action, ...] = ()
    """The machine does it only where a step of the playbook has one of these; always, where it is empty."""

    @property
    def doing(self) -> str:
        """The same, as shown while it runs: ``opening the channel``."""
        verb, _, rest = self.does.partition(" ")
        return f"{_DOUBLED.get(verb, verb.removesuffix('e'))}ing {rest}"


_DOUBLED = {"put": "putt"}
"""How a verb is written before its ending, where that is another way."""


_KILL, _PUT, _VERIFY = Priority.REVOKE, Priority.PUT, Priority.VERIFY

OPERATIONS: Mapping[Op, Operation] = {
    row.op: row
    for row in (
        Operation(Op.OPEN_CHANNEL, LaneKind.CHANNEL, "open the channel", gives_up=False),
        Operation(
            Op.PAGE, LaneKind.PAGE, "notify the pager", holds_lane=False, wakes=False, needs=(Action.PAGE,),
        ),  # where one pager fails, the other one tells
        Operation(Op.CAPTURE, LaneKind.OLD, "record the old key", _KILL),
        Operation(Op.SNAPSHOT, LaneKind.OLD, "record what the old key could do", _KILL, holds_lane=False, wakes=False),
        Operation(Op.LAST_USE, LaneKind.OLD, "check when the old key was last used", _KILL, holds_lane=False),
        Operation(Op.REVOKE, LaneKind.OLD, "revoke the old key", _KILL, needs=REVOKES),
        Operation(
            Op.PROVE, LaneKind.OLD, "check the old key", _VERIFY, beside=True, holds_lane=False, routine=True,
            needs=(Action.PROVE,),
        ),  # no kill waits for a look that cannot be had
        Operation(Op.UNSTAGE_OLD, LaneKind.OLD, "delete the staged old key", beside=True),
        Operation(Op.READ_SCOPES, LaneKind.NEW, "read the old key's scopes", _PUT, needs=MAKES),
        Operation(Op.RECEIVE, LaneKind.NEW, "receive the submitted key", _PUT, needs=MAKES),
        Operation(Op.ISSUE, LaneKind.NEW, "issue a new key", _PUT, may_leave_key=True, needs=MAKES),
        Operation(Op.INSTALL, LaneKind.NEW, "install a new key", _PUT, may_leave_key=True, needs=MAKES),
        Operation(Op.VERIFY, LaneKind.NEW, "verify the new key", _VERIFY, needs=MAKES),
        Operation(Op.PROMOTE, LaneKind.NEW, "put the new key in place", _PUT, needs=PLACES),
        Operation(Op.ROLL_BACK, LaneKind.NEW, "put the old key back in place", needs=PLACES),
        Operation(Op.VERIFY_LIVE, LaneKind.NEW, "verify the new key in place", _VERIFY, needs=VERIFIES),
        Operation(
            Op.CONFIRM, LaneKind.NEW, "check the consumers' health again", _VERIFY, beside=True, wakes=False,
            needs=VERIFIES,
        ),
        Operation(Op.SWEEP, LaneKind.NEW, "look for unrecorded keys", may_leave_key=True, beside=True),
        Operation(Op.END_ORPHAN, LaneKind.NEW, "revoke an unrecorded key", beside=True),
        Operation(Op.UNSTAGE, LaneKind.NEW, "delete the staged new key", beside=True),
        Operation(Op.REFRESH, LaneKind.FUNCTION, "refresh a function", _PUT, needs=PLACES),
        Operation(Op.USAGE, LaneKind.USAGE, "look up who read the key", wakes=False, needs=(Action.USAGE,)),
        Operation(Op.INSPECT, LaneKind.ACCESS, "look for leftovers at the provider", wakes=False),
        Operation(Op.DELETE_OLD, LaneKind.DELETE, "delete the disabled old key", wakes=False, needs=REVOKES),
        Operation(Op.CHECK_SIBLINGS, LaneKind.SIBLINGS, "check other secrets of the provider", wakes=False),
        Operation(Op.LOOK_UP_LEAVER, LaneKind.LEAVER, "look up what the leaver can read", wakes=False),
        Operation(
            Op.LOOK_UP_KEY, LaneKind.ACCESS, "look up what the old AWS key can reach", _VERIFY, holds_lane=False,
            wakes=False,
        ),
        Operation(Op.LOOK_UP_USE, LaneKind.USE, "look up how the old key was used", wakes=False, needs=(Action.USAGE,)),
        Operation(Op.DENY, LaneKind.DENY, "change which sessions of a role are denied", _KILL, wakes=False),
        Operation(Op.REPORT, LaneKind.REPORT, "write the report", wakes=False, needs=(Action.REPORT,)),
        Operation(Op.DECISIONS, LaneKind.REPORT, "add to the decisions log", wakes=False, needs=(Action.DECISIONS,)),
        Operation(
            Op.DELIVER, LaneKind.DELIVERY, "deliver the report", wakes=False, needs=(Action.REPORT, Action.DECISIONS),
        ),
        Operation(
            Op.DRAFT_UPDATE, LaneKind.UPDATE, "draft the status update", holds_lane=False, wakes=False,
            needs=(Action.ANNOUNCE,),
        ),
        Operation(
            Op.SEND_UPDATE, LaneKind.UPDATE, "send the status update", holds_lane=False, wakes=False,
            needs=(Action.ANNOUNCE,),
        ),
        Operation(Op.TICK, LaneKind.CLOCK, "check the deadlines", routine=True),
    )
}  # fmt: skip
"""The one table of operations."""


def does(op: Op) -> str:
    """What it does, after "could not"."""
    return OPERATIONS[op].does


def doing(op: Op) -> str:
    """The same, as shown while it runs."""
    return OPERATIONS[op].doing


class Work(Frozen):
    """Something that can run: `subject` is the secret, the function, the page's action or the orphan's id.

    `ready_at` is when it may run; `attempt` counts the starts of this operation in this lane, from 1.
    """

    op: Op
    lane: Lane
    subject: str
    ready_at: datetime
    attempt: int = 1
    detail: str = ""


class Claim(Frozen):
    """A worker's hold on a lane while it runs one operation. `number` counts the claims of the incident, from 1."""

    number: int
    op: Op
    lane: Lane
    subject: str
    attempt: int
    worker: str
    detail: str = ""


OF_ITS_OWN = frozenset({Op.PAGE, Op.DRAFT_UPDATE, Op.SEND_UPDATE})
"""Operations that fail individually: the claim's detail says what each was to do."""


class Failure(Frozen):
    """A lane's last failure. `final`: no further automatic try; a person presses retry."""

    op: Op
    error: str
    message: str
    first_at: datetime
    at: datetime
    retry_at: datetime
    count: int
    final: bool
    detail: str = ""
    """The claim's: for a pager, what it was to do."""
    subject: str = ""
    """The claim's."""

    def stands_against(self, work: Work) -> bool:
        """Whether it is this very work that failed. A pager that declines one thing may do another, and a channel that
        did not take one update may take the next.
        """
        return self.op is work.op and (self.op not in OF_ITS_OWN or self.detail == work.detail)
