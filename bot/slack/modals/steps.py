"""The form behind “Steps…”: each step of the playbook with its state, what it still lacks, and its buttons."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from slack_sdk.models.blocks import Block

from bot.incident import commands as c
from bot.incident.model import StepState
from bot.incident.offers import Offer, Urgency, available, unblocked
from bot.incident.paging.rules import paged_at
from bot.incident.state import Incident, Step
from bot.incident.steps.rules import blockers, page_unanswered, settling, unwritten_parts
from bot.phrases.closing import deletion_words, left_for_the_close, tasks_beside
from bot.phrases.marks import literal, moment, shorten
from bot.phrases.times import first_of
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import Json, beside, button, form, maybe, row, section
from bot.slack.buttons import offer_button
from bot.slack.modals.details import STEP

LACKS = 4
STEP_SIGNS = {StepState.WAITING: "▫️", StepState.OPEN: "▶️", StepState.DONE: "✅", StepState.SKIPPED: "⏭️"}
LINE = 300


def steps_form(incident: Incident, _pressed: ButtonValue, now: datetime, answer: str = "") -> Json:
    """All of them; `answer` is what a press here came to."""
    offers = available(incident, now)
    blocks = [
        *maybe(answer),
        *(
            block
            for number, step in enumerate(incident.steps, start=1)
            for block in _step(incident, number, step, offers)
        ),
    ]
    return form(ActionId.STEPS, "Steps", blocks, close="Back", note=ButtonValue(incident.id).encode())


def _step(incident: Incident, number: int, step: Step, offers: Sequence[Offer]) -> list[Block]:
    """A line for what is over, with its guide; for the others what they lack, and the buttons too."""
    about = step.definition.id
    guide = button("How to", ActionId.DETAILS, ButtonValue(incident.id, f"{STEP}{about}"))
    if step.over:
        return [beside(shorten(_line(incident, number, step), LINE), guide)]
    done, skip = ([o for o in unblocked(offers, kind) if o.subject == about] for kind in (c.CompleteStep, c.SkipStep))
    return [
        section(shorten(_line(incident, number, step), LINE), *_lacks(incident, step)),
        *row(
            *(offer_button(incident, offer) for offer in [*done, *_lacking(incident, step, offers), *skip]),
            guide,
        ),
    ]


def _lacking(incident: Incident, step: Step, offers: Sequence[Offer]) -> list[Offer]:
    """What settles what the step lacks, where that has a button: of a step whose turn has not come only what somebody
    waits for.
    """
    begun = step.state is StepState.OPEN
    wanted = settling(incident, step)
    found = [[o for o in unblocked(offers, kind) if subject in {"", o.subject}] for kind, subject in wanted]
    return [several[0] for several in found if several and (begun or several[0].urgency is Urgency.NEEDED)]


def _line(incident: Incident, number: int, step: Step) -> str:
    line = f"{STEP_SIGNS[step.state]} *{number}. {literal(step.definition.title)}*"
    if step.ended is not None and step.over:
        skipped = f", skipped: {literal(step.reason)}" if step.state is StepState.SKIPPED else ""
        left = f"; {words}" if (words := tasks_beside(incident, step)) else ""
        return f"{line} ({literal(step.ended.name)} {moment(step.ended.at)}{skipped}){left}"
    return f"{line}: {literal(step.definition.why)}"


def _lacks(incident: Incident, step: Step) -> Iterator[str]:
    lacking = blockers(incident, step)
    if lacking:
        yield shorten(f"Lacks: {first_of([literal(each) for each in lacking], LACKS, '; ')}", LINE)
    if page_unanswered(incident, step):
        page = "nobody has answered the page" if paged_at(incident) is not None else "no pager has taken the page"
        yield f"On-call: {page} yet: phone them."
    elif not lacking and (parts := unwritten_parts(incident, step)):
        yield (
            f"A draft is all there is: no {' and no '.join(parts)} is written (*Report text…*). It can be marked done "
            "without; it is signed after the close."
        )
    elif not lacking and not step.definition.by_itself:
        beside = left_for_the_close(incident, step)
        stays = f" These may stay open until the close: {beside}." if beside else ""
        stays += f" Of it {words}." if (words := tasks_beside(incident, step)) else ""
        gone = f" {literal(words)}" if (words := deletion_words(incident, step.definition.id)) else ""
        yield f"Nothing is lacking: it can be marked done.{stays}{gone}"
