"""What can be asked of consent to kills and proposals."""

from __future__ import annotations

from dataclasses import dataclass

from bot.incident.model import ConsentKind
from bot.incident.stored import stored


@stored("kill-now")
@dataclass(frozen=True)
class KillNow:
    secret: str


@stored("approve-plan")
@dataclass(frozen=True)
class ApprovePlan:
    """`digest` is that of the request that the button was drawn for: another plan is another digest."""

    digest: str


@stored("reject-plan", text="reason")
@dataclass(frozen=True)
class RejectPlan:
    digest: str
    reason: str


@stored("break-glass", text="reason")
@dataclass(frozen=True)
class BreakGlass:
    secrets: tuple[str, ...]
    reason: str


@stored("review-glass", text="verdict")
@dataclass(frozen=True)
class ReviewGlass:
    """Another person has looked at why the glass was broken: for these secrets, or all that it was broken for."""

    verdict: str
    secrets: tuple[str, ...] = ()


@stored("approve-proposal")
@dataclass(frozen=True)
class ApproveProposal:
    """`digest` is that of the proposal as it was shown."""

    number: int
    digest: str


@stored("reject-proposal", text="reason")
@dataclass(frozen=True)
class RejectProposal:
    number: int
    reason: str
    digest: str


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
