"""What can be asked of consent to kills and proposals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.incident.model import ConsentKind
from bot.incident.stored import stored
from bot.model.fields import Digest, Name, Number, Words


@stored("kill-now")
@dataclass(frozen=True)
class KillNow:
    """`digest` is that of the plan that was shown, of a kill at once. Whichever it is, its giver wants the old value
    ended; as one of two it counts only where that is today's plan.
    """

    secret: Name
    digest: Digest


@stored("approve-plan")
@dataclass(frozen=True)
class ApprovePlan:
    """`digest` is that of the request that the button was drawn for: another plan is another digest."""

    digest: Digest


@stored("reject-plan", text="reason")
@dataclass(frozen=True)
class RejectPlan:
    digest: Digest
    reason: Words


@stored("break-glass", text="reason")
@dataclass(frozen=True)
class BreakGlass:
    """`shown` maps each secret to the digest of what its end was when that was shown (`end_of`)."""

    shown: Mapping[Name, Digest]
    reason: Words


@stored("review-glass", text="verdict")
@dataclass(frozen=True)
class ReviewGlass:
    """Another person has looked at why the glass was broken: for these secrets, or all that it was broken for. `digest`
    is that of what was shown of it (`glass_digest`).
    """

    verdict: Words
    digest: Digest
    secrets: tuple[Name, ...] = ()


@stored("approve-proposal")
@dataclass(frozen=True)
class ApproveProposal:
    """`digest` is that of the proposal as it was shown."""

    number: Number
    digest: Digest


@stored("reject-proposal", text="reason")
@dataclass(frozen=True)
class RejectProposal:
    number: Number
    reason: Words
    digest: Digest


@stored("withdraw-consent")
@dataclass(frozen=True)
class WithdrawConsent:
    """The worker found that a person on whose word a kill rests may not give it any more."""

    secret: str
    kind: ConsentKind
    name: str
    reason: str


ApprovalFromPeople = KillNow | ApprovePlan | RejectPlan | BreakGlass | ReviewGlass | ApproveProposal | RejectProposal
ApprovalCommand = ApprovalFromPeople | WithdrawConsent
