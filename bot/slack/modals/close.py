"""The form that closes an incident: what is open, and what of it may stay so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from slack_sdk.models.blocks import Block

from bot.asks.ask import text_mistakes
from bot.incident import commands as c
from bot.incident.closing.open_items import OpenItem, acceptable, left_digest, open_items
from bot.incident.model import Right
from bot.incident.offers import Offer, settling, unblocked
from bot.incident.state import Incident
from bot.incident.steps.rules import steps_to_close
from bot.phrases.closing import declined_lines
from bot.phrases.marks import literal, shorten
from bot.phrases.times import alike, counted
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import option, section
from bot.slack.buttons import label_of
from bot.slack.modals.form import Form
from bot.slack.modals.inputs import FEW, OPTION_TEXT, REASON, bullets, reason, some_of

OPEN_WORDS = 250
"""Characters of what is open, before the button behind which it is settled."""


def _close(incident: Incident, _pressed: ButtonValue, offers: Sequence[Offer]) -> list[Block]:
    if steps_to_close(incident):
        return _not_yet(incident, offers)
    left, declined = acceptable(incident), _declined(incident)
    if not left:
        days = counted(incident.traits.looks_after_close[-1].days, "more day")
        return [section(f"Nothing is open. The bot tries the old keys for {days}."), *declined]
    marked = [item for item in left if item.second]
    asked = f"A second person must approve the marked {'items' if len(marked) > 1 else 'item'}. "
    options = [option(item.key, tick_words(item), SECOND if item.second else "") for item in left]
    cut = [item for item in left if len(left) > FEW or len(item.words) > OPTION_TEXT]
    return [
        section("⚠️ *Not everything is done*"),
        *(bullets(incident.id, [_left_words(item) for item in cut]) if cut else []),
        some_of("accept", "Tick what may stay open", options),
        *declined,
        section(f"{asked if marked else ''}The report names these first."),
        reason("Why may they stay open?"),
    ]


SECOND = "Needs a second approver"


def _left_words(item: OpenItem) -> str:
    return f"{literal(item.words)}{f' ({SECOND[0].lower()}{SECOND[1:]})' if item.second else ''}"


def _declined(incident: Incident) -> list[Block]:
    """The declined tasks: a close ends them for good, so its author reads them here."""
    lines = declined_lines(incident, OPEN_WORDS)
    return [section("*Not done, declined*"), *bullets(incident.id, lines)] if lines else []


def tick_words(item: OpenItem) -> str:
    """What is open in the room that an option has: its words are cut before its time, never the time."""
    if item.due is None or not item.untimed or item.untimed == item.words or len(item.words) <= OPTION_TEXT:
        return item.words
    until = f", {item.until} {item.due:%Y-%m-%d %H:%M} UTC"
    return f"{item.untimed[: OPTION_TEXT - len(until) - 1]}…{until}"


def _not_yet(incident: Incident, offers: Sequence[Offer]) -> list[Block]:
    """While steps wait: all that is open, each with the button behind which it is settled."""
    behind: dict[str, list[str]] = {}
    for item in open_items(incident):
        behind.setdefault(_behind(incident, item, offers), []).append(item.words)
    lines = [
        f"{shorten(literal(line), OPEN_WORDS)}{press}"
        for press, words in behind.items()
        for line in alike(words, incident.secrets)
    ]
    return [
        section("*Not yet*: finish or skip each step first. Then you can accept other open items here by name, "
                "with a reason."),
        *bullets(incident.id, lines),
    ]  # fmt: skip


def _behind(incident: Incident, item: OpenItem, offers: Sequence[Offer]) -> str:
    if item.settled_by is c.CompleteStep:
        return ": *All to-dos* on the card"
    behind = unblocked(settling(item, offers))
    return f": *{label_of(incident, behind[0])}*" if behind else ""


CLOSE = Form(
    ActionId.CLOSE, "Close the incident", "Close", _close,
    lambda pressed, said: c.Close(said.text("reason"), said.choices("accept"), pressed.digest),
    mistakes=lambda said: text_mistakes(said, REASON),
    shown=lambda incident, pressed: replace(pressed, digest=left_digest(acceptable(incident))),
    ready=lambda incident, _pressed, _offers: not steps_to_close(incident), takes=Right.COMMAND,
)  # fmt: skip
