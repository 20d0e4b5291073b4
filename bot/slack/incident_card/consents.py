"""What waits for a second person: the plan in words, who can agree to it, and the two buttons."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from slack_sdk.models.blocks import Block

from bot.incident import commands as c
from bot.incident.approval.basis import MissingConsent, kill_basis, second_person, superseded
from bot.incident.approval.plan import Plan, plan_of
from bot.incident.approval.state import ApprovalRequest, Proposal
from bot.incident.offers import Offer, unblocked
from bot.incident.state import Incident, SecretState
from bot.phrases.events import if_failing_words
from bot.phrases.marks import code, literal, moment, shorten
from bot.phrases.plans import step_words, superseded_words
from bot.phrases.states import STRATEGIES
from bot.slack.blocks import TEXT, row, section
from bot.slack.buttons import offer_button, offered

_HEADING = 300
"""Characters kept for the lines around the plans."""


def consents(incident: Incident, offers: Sequence[Offer], now: datetime) -> list[Block]:
    """Nothing, once it has run out: the worker then asks anew."""
    blocks: list[Block] = []
    if not incident.open:
        return blocks
    if incident.request is not None and unblocked(offers, c.ApprovePlan):
        blocks += _request(incident, incident.request, offers, now)
    if incident.proposal is not None and now < incident.proposal.until:
        blocks += _proposal(incident, incident.proposal, offers)
    return blocks


def _request(incident: Incident, request: ApprovalRequest, offers: Sequence[Offer], now: datetime) -> list[Block]:
    asked = [incident.secrets[name] for name in request.plans if name in incident.secrets]
    if not asked:
        return []
    room = (TEXT - _HEADING) // len(asked) - 1
    return [
        section(
            f"✋ *A second person must approve* before {moment(request.until)}",
            *(shorten(_plan(incident, secret, now), room) for secret in asked),
            *_who(incident, asked, offers, now),
        ),
        *row(*(offer_button(incident, each) for each in unblocked(offers, c.ApprovePlan, c.RejectPlan))),
    ]


def _plan(incident: Incident, secret: SecretState, now: datetime) -> str:
    plan = plan_of(incident, secret)
    why = second_person(incident, secret, now)
    steps = "\n".join(f"  {number}. {literal(step)}" for number, step in enumerate(step_words(plan), start=1))
    chosen = f"{STRATEGIES[plan.strategy]}{_if_failing(plan)}"
    changed = literal(superseded_words(superseded(incident, secret)))
    before = f"\n  ⚠️ {changed}" if changed else ""
    return f"*{literal(plan.title)}*, {chosen} ({why or 'one responder would do'})\n{steps}{before}"


def _if_failing(plan: Plan) -> str:
    return f"; {if_failing_words(plan.if_failing)}" if plan.if_failing is not None else ""


def _who(incident: Incident, asked: list[SecretState], offers: Sequence[Offer], now: datetime) -> Iterator[str]:
    """Who can press, once for all secrets of which the same is true; and what there is where nobody does."""
    whom: dict[str, list[str]] = {}
    for secret in asked:
        basis = kill_basis(incident, secret, now)
        if isinstance(basis, MissingConsent):
            whom.setdefault(basis.whom, []).append(code(secret.name))
    for words, names in whom.items():
        subject = "It takes" if len(whom) == 1 else f"{', '.join(names)} takes"
        yield f"{subject} {literal(words)}"
    if any(offered(offers, c.BreakGlass, secret) for secret in asked):
        yield "Nobody there? *Break glass*, below, kills without the second person, and is reviewed afterwards."


def _proposal(incident: Incident, proposal: Proposal, offers: Sequence[Offer]) -> list[Block]:
    match proposal.what:
        case "strategy":
            failing = if_failing_words(proposal.if_failing)
            what = f"to let {code(proposal.subject)} overlap instead of killing it first; {failing}"
        case "redaction":
            what = f"to *take people's words out of the log*, for good: event {literal(proposal.subject)}"
        case "extension":
            what = f"to let the *leaked* value of {code(proposal.subject)} serve for another hour"
        case _:
            what = f"to *close* although not all is done: {literal(proposal.subject)}"
    return [
        section(
            f"✋ {literal(proposal.by)} proposes {what}",
            f"Reason: {literal(proposal.reason)}",
            f"It takes anybody with approve, but not {literal(proposal.by)}, before {moment(proposal.until)}",
        ),
        *row(*(offer_button(incident, each) for each in unblocked(offers, c.ApproveProposal, c.RejectProposal))),
    ]
