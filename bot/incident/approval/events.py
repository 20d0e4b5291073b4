"""What can have happened to consent to kills and proposals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.incident.model import ConsentKind, Cut, IfFailing, Right
from bot.incident.stored import stored


@stored("kill-requested")
@dataclass(frozen=True)
class KillRequested:
    """`slot`: it takes one of the kills that one responder each may decide in this environment. `plan` is the digest of
    the plan that it consents to.
    """

    secret: str
    slot: bool = False
    plan: str = ""
    rights: tuple[Right, ...] = ()
    v: int = 1


@stored("glass-broken")
@dataclass(frozen=True)
class GlassBroken:
    """A kill without the second person: never more than kills."""

    secrets: tuple[str, ...]
    reason: str
    v: int = 1


@stored("glass-reviewed")
@dataclass(frozen=True)
class GlassReviewed:
    """Another person has looked at why the glass was broken for these."""

    secrets: tuple[str, ...]
    verdict: str
    v: int = 1


@stored("glass-offered")
@dataclass(frozen=True)
class GlassOffered:
    """Nobody has answered the request for approval of these for so long that breaking the glass is offered."""

    secrets: tuple[str, ...]
    v: int = 1


@stored("glass-review-reminded")
@dataclass(frozen=True)
class GlassReviewReminded:
    """A day has passed, and nobody has reviewed why the glass was broken for these."""

    secrets: tuple[str, ...]
    v: int = 1


@stored("approval-requested")
@dataclass(frozen=True)
class ApprovalRequested:
    """`plans` maps each secret to the digest of its plan; the request lapses at `until`."""

    plans: Mapping[str, str]
    until: datetime
    v: int = 1


@stored("plan-approved")
@dataclass(frozen=True)
class PlanApproved:
    plans: Mapping[str, str]
    until: datetime
    rights: tuple[Right, ...] = ()
    v: int = 1


@stored("plan-rejected")
@dataclass(frozen=True)
class PlanRejected:
    plans: Mapping[str, str]
    reason: str
    v: int = 1


@stored("approval-expired")
@dataclass(frozen=True)
class ApprovalExpired:
    plans: Mapping[str, str]
    v: int = 1


@stored("consent-withdrawn")
@dataclass(frozen=True)
class ConsentWithdrawn:
    """Just before the kill, a person on whose word it rested had no right to give it any more: it was not done."""

    secret: str
    kind: ConsentKind
    name: str
    reason: str
    v: int = 1


@stored("proposal-made")
@dataclass(frozen=True)
class ProposalMade:
    """Something that needs a second person besides a kill: `what` is as `proposals.py` names it, of the
    events that `cuts` name. `items` are the keys of all that a closure is to be over, `details` what was bad about it
    then.
    """

    number: int
    what: str
    subject: str
    reason: str
    until: datetime
    rights: tuple[Right, ...] = ()
    if_failing: IfFailing = IfFailing.KEEP
    cuts: tuple[Cut, ...] = ()
    items: tuple[str, ...] = ()
    details: tuple[str, ...] = ()
    v: int = 1


@stored("proposal-approved")
@dataclass(frozen=True)
class ProposalApproved:
    number: int
    v: int = 1


@stored("proposal-rejected")
@dataclass(frozen=True)
class ProposalRejected:
    number: int
    reason: str
    v: int = 1


ApprovalByPerson = (
    KillRequested
    | GlassBroken
    | GlassReviewed
    | PlanApproved
    | PlanRejected
    | ProposalMade
    | ProposalApproved
    | ProposalRejected
)
ApprovalByMachine = ApprovalRequested | ApprovalExpired | GlassOffered | GlassReviewReminded | ConsentWithdrawn
ApprovalEvent = ApprovalByPerson | ApprovalByMachine
