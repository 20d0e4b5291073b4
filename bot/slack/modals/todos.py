"""The form behind *All to-dos*: everything that waits for people, the most urgent first, each with its button."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from slack_sdk.models.blocks import Block

from bot.incident import commands as c
from bot.incident.kinds import Face
from bot.incident.model import StepState
from bot.incident.offers import available, unblocked
from bot.incident.state import Incident, Step
from bot.incident.steps.rules import settling
from bot.incident.taking import BY_HAND
from bot.incident.todos import Todo, todos
from bot.phrases.alive import names_of
from bot.phrases.closing import step_lines, tasks_beside
from bot.phrases.marks import code, literal, moment, shorten
from bot.phrases.states import effect_now, old_words
from bot.phrases.times import few
from bot.phrases.todos import first_due, number_words, todo_words
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import Json, beside, button, look, maybe, row, rows, section
from bot.slack.buttons import distinct, offer_button
from bot.slack.incident_card.answers import short_finding
from bot.slack.incident_card.needs import steps_button, todo_blocks
from bot.slack.modals.details import STEP

SHOWN = 20
"""The most to-dos with buttons here: three blocks each, and a form takes a hundred."""
NAMED, LINE = 3, 300
STEP_SIGNS = {StepState.WAITING: "▫️", StepState.OPEN: "▶️", StepState.DONE: "✅", StepState.SKIPPED: "⏭️"}


def todos_form(incident: Incident, _pressed: ButtonValue, now: datetime, answer: str = "") -> Json:
    """All of them; `answer` is what a press here came to."""
    every = todos(incident, now)
    blocks = [
        *([] if every else [section("Nothing to do.")]),
        *_single(incident, [one for one in every if one.choices and one.kind.face is not Face.ANSWER]),
        *_together(incident, [one for one in every if one.choices and one.kind.face is Face.ANSWER]),
        *maybe(*_waiting(incident, [one for one in every if not one.choices])),
        *(block for number, step in enumerate(incident.steps, 1) for block in _step(incident, number, step, every)),
    ]
    return look(ActionId.TODOS, "All to-dos", ButtonValue(incident.id), blocks, answer)


def _single(incident: Incident, every: Sequence[Todo]) -> Iterator[Block]:
    """What is decided or done by hand, each by itself; findings have one form."""
    compared = [one for one in every if _to_compare(incident, one)]
    some = [one for one in every if one.kind.name != "finding" and one not in compared]
    for one in some[:SHOWN]:
        yield from todo_blocks(incident, one)
    if left := some[SHOWN:]:
        subjects = few([one.secret or one.subject or one.kind.name for one in left], NAMED)
        yield section(
            f"*{len(left)} more* of {len(some)}: {literal(subjects)}. {code(f'bot todo {incident.id}')} lists them."
        )
    if compared:
        names = names_of([incident.secrets[one.secret] for one in compared])
        yield section(f"*Compare the leaked {'key' if len(compared) == 1 else 'keys'}* with {names}",
                      f"At a terminal: {code(f'bot identify {incident.id}')}")  # fmt: skip
    if findings := [one for one in every if one.kind.name == "finding"]:
        yield section(f"*Not recorded*: {literal(few([short_finding(one) for one in findings], NAMED))}")
        yield from row(offer_button(incident, findings[0].choices[0]))


def _to_compare(incident: Incident, one: Todo) -> bool:
    """One command at a terminal compares all of them."""
    return one.kind.name == "compare" and incident.secrets[one.secret].mistaken is None


def _together(incident: Incident, every: Sequence[Todo]) -> Iterator[Block]:
    """A line for each page of the answers, and for the notices, with its button."""
    pages: dict[str, list[Todo]] = {}
    for one in every:
        if one.kind.name != "step" or any(offer.kind is c.CompleteStep for offer in one.choices):
            pages.setdefault(one.kind.page or one.kind.name, []).append(one)
    for page, some in pages.items():
        press = button("Answer…", ActionId.ANSWER, ButtonValue(incident.id, page)) if some[0].kind.page else None
        yield beside(
            shorten(f"Open: {count_words(incident, some)}", LINE), press or offer_button(incident, some[0].choices[0])
        )


def count_words(incident: Incident, every: Iterable[Todo]) -> str:
    """``8 checks and 2 copies, first due 17:05 UTC``."""
    found: dict[str, list[Todo]] = {}
    for one in every:
        found.setdefault(one.kind.name, []).append(one)
    numbers = [number_words(incident, some) for some in found.values()]
    return " and ".join(numbers) + first_due(one for some in found.values() for one in some)


def _waiting(incident: Incident, every: Sequence[Todo]) -> Iterator[str]:
    """What waits for the bot or for time, by what it waits for."""
    reasons: dict[str, list[Todo]] = {}
    for one in every:
        early = one.kind.name == "check" and not incident.secrets[one.secret].gone
        reasons.setdefault("once their keys are dead" if early else one.waits, []).append(one)
    for waits, some in list(reasons.items())[:SHOWN]:
        yield shorten(f"⏳ {literal(few([todo_words(incident, one) for one in some], NAMED))}: {literal(waits)}", LINE)


def _step(incident: Incident, number: int, step: Step, every: Sequence[Todo]) -> Iterator[Block]:
    """A line for what is over; for the others what they lack, and how they are skipped."""
    name, title = step.definition.id, step.definition.title
    guide = button("How to", ActionId.DETAILS, ButtonValue(incident.id, f"{STEP}{name}"))
    line = f"{STEP_SIGNS[step.state]} *{number}. {literal(title)}*"
    if step.ended is not None and step.over:
        skipped = f", skipped: {literal(step.reason)}" if step.state is StepState.SKIPPED else ""
        left = f"; {words}" if (words := tasks_beside(incident, step)) else ""
        ended = f"{line} ({literal(step.ended.name)} {moment(step.ended.at)}{skipped}){left}"
        yield beside(shorten(ended, LINE), guide)
        return
    choices = [offer for one in every for offer in one.choices]
    wanted = [*settling(incident, step), (c.SkipStep, name)] if step.state is StepState.OPEN else [(c.SkipStep, name)]
    found = [[o for o in choices if o.kind is kind and subject in {"", o.subject}][:1] for kind, subject in wanted]
    yield section(line, *(shorten(words, LINE) for words in step_lines(incident, step)))
    yield from rows([*distinct(incident, [offer for some in found for offer in some]), guide])


# The form behind *Revoke now*: every key that may still work.


def revoke_form(incident: Incident, _pressed: ButtonValue, now: datetime, answer: str = "") -> Json:
    """The keys that the bot can revoke now, and the ones that people revoke. `answer` is the result of a press here."""
    offers = available(incident, now)
    left = [secret for secret in incident.secrets.values() if not secret.gone]
    by_hand = {offer.secret for offer in unblocked(offers, c.ConfirmRevoked)}
    by_bot = {offer.secret for offer in unblocked(offers, c.KillNow)}
    blocks = [] if left else [section("No key works now.")]
    for secret in left[:SHOWN]:
        about = ButtonValue(incident.id, secret.name)
        title = f"*{literal(secret.entry.title)}* {code(secret.name)}: {old_words(secret)}"
        blocks += [
            section(title, literal(effect_now(secret))),
            *row(
                button(f"Revoke {secret.entry.title}…", ActionId.KILL, about) if secret.name in by_bot else None,
                steps_button(incident, f"{BY_HAND}:{secret.name}") if secret.name in by_hand else None,
            ),
        ]
    if more := left[SHOWN:]:
        blocks.append(section(f"{len(more)} more of {len(left)}: *Every secret…*, behind *More…*."))
    glass = unblocked(offers, c.BreakGlass)
    blocks += row(*(offer_button(incident, offer) for offer in glass[:1]))
    return look(ActionId.REVOKE, "Revoke now", ButtonValue(incident.id), blocks, answer)
