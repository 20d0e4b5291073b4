"""What can be asked of consent to kills and proposals."""

from __future__ import annotations

from dataclasses import dataclass

from bot.incident.model import ConsentKind
from bot.incident.stored import stored
from bot.model.fields import Digest, Name, Number, Words


@stored("kill-now")
@dataclass(frozen=True)
class KillNow:
    secret: Name


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
    secrets: tuple[Name, ...]
    reason: Words


@stored("review-glass", text="verdict")
@dataclass(frozen=True)
class ReviewGlass:
    """Another person has looked at why the glass was broken: for these secrets, or all that it was broken for."""

    verdict: Words
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
