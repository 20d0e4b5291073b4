"""The steps of the playbook: a line each, and buttons for those that people are at."""

from __future__ import annotations

from collections.abc import Sequence

from slack_sdk.models.blocks import Block

from bot.incident import commands as c
from bot.incident.model import StepState
from bot.incident.offers import Offer, unblocked
from bot.incident.state import Incident
from bot.incident.steps.rules import blockers
from bot.incident.steps.state import Step
from bot.phrases.marks import literal, moment, shorten
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import button, row, section
from bot.slack.buttons import offer_button
from bot.slack.signs import STEP_SIGNS

AT_ONCE = 4
"""So many steps have buttons at a time: those under way, then the next one."""


def steps(incident: Incident, offers: Sequence[Offer]) -> list[Block]:
    lines = [shorten(_line(number, step), 300) for number, step in enumerate(incident.steps, start=1)]
    blocks: list[Block] = [section("*Steps*", *lines)]
    if not incident.open:
        return blocks
    under_way = [step for step in incident.steps if step.state is StepState.OPEN]
    following = [step for step in incident.steps if step.state is StepState.WAITING][:1]
    for step in [*under_way[: AT_ONCE - 1], *following]:
        blocks += _controls(incident, step, offers)
    return blocks


def _line(number: int, step: Step) -> str:
    line = f"{STEP_SIGNS[step.state]} {number}. {literal(step.definition.title)}"
    if step.ended is not None and step.over:
        skipped = f", skipped: {literal(step.reason)}" if step.state is StepState.SKIPPED else ""
        return f"{line} ({literal(step.ended.name)} {moment(step.ended.at)}{skipped})"
    if step.started is not None and step.state is StepState.OPEN:
        return f"*{line}* ({literal(step.started.name)} {moment(step.started.at)})"
    return line


def _controls(incident: Incident, step: Step, offers: Sequence[Offer]) -> list[Block]:
    waiting = blockers(incident, step)
    shown = "; ".join(literal(phrase) for phrase in waiting[:4]) + ("; …" if len(waiting) > 4 else "")
    started = step.state is StepState.OPEN
    kinds = (c.CompleteStep if started else c.StartStep, c.SkipStep)
    text = section(
        f"*{literal(step.definition.title)}*: {literal(step.definition.why)}",
        f"Not done yet: {shown}" if started and waiting else "",
    )
    return [
        text,
        *row(
            *(offer_button(incident, each) for each in unblocked(offers, *kinds) if each.subject == step.definition.id),
            button("How to", ActionId.DETAILS, ButtonValue(incident.id, f"step:{step.definition.id}")),
        ),
    ]
