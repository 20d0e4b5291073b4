"""What waits for a second person: the plan in words, who can agree to it, and the two buttons."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from slack_sdk.models.blocks import Block

from bot.incident import commands as c
from bot.incident.approval.basis import superseded
from bot.incident.approval.plan import plan_of
from bot.incident.departure.rules import unagreed
from bot.incident.offers import Offer, can, unblocked
from bot.incident.state import ApprovalRequest, Incident, Proposal, SecretState
from bot.phrases.alive import few_or_number
from bot.phrases.approvals import declined_beside, proposed
from bot.phrases.marks import code, deadline, literal, moment, shorten
from bot.phrases.plans import approver_words, superseded_words
from bot.phrases.states import effect_of_end
from bot.phrases.times import counted, few
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import button, context, row, section
from bot.slack.buttons import offer_button

SHOWN = 2
"""So many effects are shown here; more are in the form behind *Plan…*."""
LINE = 220


def approvals(incident: Incident, offers: Sequence[Offer], now: datetime) -> list[Block]:
    """Empty after it has lapsed: the worker then asks again."""
    blocks: list[Block] = [*_departure(incident, offers)]
    if incident.request is not None and can(offers, c.ApprovePlan):
        blocks += _request(incident, incident.request, offers, now)
    if incident.proposal is not None and now < incident.proposal.until:
        blocks += _proposal(incident, incident.proposal, offers)
    return blocks


def _departure(incident: Incident, offers: Sequence[Offer]) -> list[Block]:
    """Until a second person has agreed, nothing is made."""
    agree = unblocked(offers, c.AgreeDeparture)
    if incident.departure is None or not agree:
        return []
    names = unagreed(incident)
    return [
        section(
            f"✋ *{literal(incident.departure.leaver.name)} leaves: {counted(len(names), 'secret')} to rotate*",
            shorten(few([code(name) for name in names], 12), LINE),
            f"Nothing is made before a second person approves: {literal(agree[0].whom)}",
        ),
        *row(*(offer_button(incident, each) for each in agree)),
    ]


def _request(incident: Incident, request: ApprovalRequest, offers: Sequence[Offer], now: datetime) -> list[Block]:
    asked = [incident.secrets[name] for name in request.plans if name in incident.secrets]
    if not asked:
        return []
    effects = _effects(incident, asked)
    return [
        section(
            f"✋ *Approve: revoke {few_or_number(asked)}*",
            *([shorten(line, LINE) for line in effects] if len(effects) <= SHOWN else ["Their effects: *Plan…*"]),
        ),
        *row(
            *(offer_button(incident, each) for each in unblocked(offers, c.ApprovePlan, c.RejectPlan)),
            button("Plan…", ActionId.PLAN, ButtonValue(incident.id)),
        ),
        context(f"{_asked(asked, request)}Expires {deadline(request.until)} · {_whom(incident, asked, now)}"),
    ]


def _effects(incident: Incident, asked: Sequence[SecretState]) -> list[str]:
    """What stops with them, one line for several with the same effect."""
    alike: dict[str, list[SecretState]] = {}
    for secret in asked:
        alike.setdefault(_effect(incident, secret), []).append(secret)
    if len(alike) == 1:
        return list(alike)
    return [f"{few_or_number(secrets)}: {words}" for words, secrets in alike.items()]


def _effect(incident: Incident, secret: SecretState) -> str:
    """What ends with it; and whose word no longer counts, since the plan has changed."""
    changed = literal(superseded_words(superseded(incident, secret)))
    before = f" ⚠️ {changed}" if changed else ""
    owner = f"{literal(plan_of(incident, secret).title)}. " if secret.old.owner is not None else ""
    return f"{owner}{literal(effect_of_end(incident, secret))}{before}"


def _asked(asked: Sequence[SecretState], request: ApprovalRequest) -> str:
    """Who wants it, where that is one person."""
    names = {secret.kill.name for secret in asked if secret.kill is not None}
    return f"Asked by {literal(names.pop())} {moment(request.at)}. " if len(names) == 1 else ""


def _whom(incident: Incident, asked: Sequence[SecretState], now: datetime) -> str:
    """Who may press, said once where it is the same for all."""
    whom = list(dict.fromkeys(approver_words(incident, secret, now) for secret in asked))
    return "; ".join(literal(words) for words in whom if words) or "anyone with approve"


def _proposal(incident: Incident, proposal: Proposal, offers: Sequence[Offer]) -> list[Block]:
    what = proposed(proposal.what, proposal.subject)
    return [
        section(
            f"✋ {literal(proposal.by)} proposes {what}",
            f"Reason: {literal(proposal.reason)}",
            *declined_beside(incident, proposal, SHOWN, LINE),
            f"Expires {deadline(proposal.until)} · anyone with approve except {literal(proposal.by)}",
        ),
        *row(*(offer_button(incident, each) for each in unblocked(offers, c.ApproveProposal, c.RejectProposal))),
    ]
