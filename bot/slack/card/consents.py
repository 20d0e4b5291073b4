"""What waits for a second person: the plan in words, and the two buttons."""

from __future__ import annotations

from datetime import datetime

from slack_sdk.models.blocks import Block

from bot.incident.decide_proposals import STRATEGY
from bot.incident.plan import initiators, plan_of, request_digest, second_person
from bot.incident.state import Incident, Proposal, Request, SecretState
from bot.slack.blocks import TEXT, button, confirm, row, section
from bot.slack.press import Act, Press
from bot.slack.text import code, escape, moment, shorten
from bot.slack.words import STRATEGIES

_HEADING = 300
"""Characters kept for the lines around the plans."""


def consents(incident: Incident, now: datetime) -> list[Block]:
    """Nothing, once it has run out: the worker then asks anew."""
    blocks: list[Block] = []
    if not incident.open:
        return blocks
    if incident.request is not None and now < incident.request.until:
        blocks += _request(incident, incident.request)
    if incident.proposal is not None and now < incident.proposal.until:
        blocks += _proposal(incident, incident.proposal)
    return blocks


def _request(incident: Incident, request: Request) -> list[Block]:
    asked = [incident.secrets[name] for name in request.plans if name in incident.secrets]
    if not asked:
        return []
    room = (TEXT - _HEADING) // len(asked) - 1
    press = Press(incident.id, ",".join(request.plans)[:200], request_digest(request.plans))
    sure = confirm(
        "Approve this plan?",
        f"Old values of {', '.join(request.plans)} will be killed. You are the second person.",
        "Approve",
    )
    return [
        section(
            f"✋ *A second person must approve* before {moment(request.until)}",
            *(shorten(_plan(incident, secret), room) for secret in asked),
            f"Not {_names(incident, asked)}: who decided cannot be the second person.",
        ),
        *row(
            button("Approve", Act.APPROVE, press, style="primary", confirm=sure),
            button("Reject…", Act.REJECT, press),
        ),
    ]


def _plan(incident: Incident, secret: SecretState) -> str:
    plan = plan_of(incident, secret)
    why = second_person(incident, secret)
    steps = "\n".join(f"  {number}. {escape(step)}" for number, step in enumerate(plan.steps, start=1))
    return f"*{escape(plan.title)}*, {STRATEGIES[plan.strategy]} ({why or 'one responder would do'})\n{steps}"


def _names(incident: Incident, secrets: list[SecretState]) -> str:
    names = frozenset[str]().union(*(initiators(incident, secret) for secret in secrets))
    return " or ".join(escape(name) for name in sorted(names))


def _proposal(incident: Incident, proposal: Proposal) -> list[Block]:
    what = (
        f"to let {code(proposal.subject)} overlap instead of killing it first"
        if proposal.what == STRATEGY
        else f"to *close* although not all is done: {escape(proposal.subject)}"
    )
    press = Press(incident.id, str(proposal.number))
    return [
        section(
            f"✋ {escape(proposal.by)} proposes {what}",
            f"Reason: {escape(proposal.reason)}",
            f"Another person must agree before {moment(proposal.until)}",
        ),
        *row(
            button("Agree", Act.APPROVE_PROPOSAL, press, style="primary"),
            button("Disagree…", Act.REJECT_PROPOSAL, press),
        ),
    ]
