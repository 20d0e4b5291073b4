"""The consequences of a declaration, as blocks: a line a secret, or by effect; and the form that asks again."""

from __future__ import annotations

from slack_sdk.models.blocks import Block

from bot.incident.declaration.consequences import Foreseen
from bot.phrases.consequences import (
    HEADING,
    LINES,
    UNTOLD,
    again_words,
    besides,
    effect_lines,
    ending_sum,
    foreseen_lines,
)
from bot.phrases.times import counted
from bot.slack.actions import ActionId
from bot.slack.blocks import Json, form, section
from bot.slack.modals.draft import Draft
from bot.slack.modals.inputs import how_noticed


def by_secret(foreseen: Foreseen, overlap: float) -> list[Block]:
    """Nothing where nothing is chosen yet."""
    return _told(foreseen, foreseen_lines(foreseen, overlap), total=len(foreseen.consequences) > LINES)


def by_effect(foreseen: Foreseen) -> list[Block]:
    """How many take the product down, degrade it, or stop nothing, and for how long."""
    return _told(foreseen, list(effect_lines(foreseen)), total=True)


def _told(foreseen: Foreseen, lines: list[str], *, total: bool) -> list[Block]:
    if foreseen.untold:
        return [section(f"⚠️ {UNTOLD}; you can declare it anyway.")]
    joined = [f"{words}." for words in besides(foreseen)]
    if not lines and not joined:
        return []
    summed = [f"*{ending_sum(foreseen)}*"] if total and lines else []
    return [section(f"*{HEADING}*", *summed, *lines, *joined)]


def again_form(draft: Draft, foreseen: Foreseen) -> Json:
    """Lies upon the declaration of everything. Misuse where the draft is too much to carry."""
    ended = len(foreseen.ended)
    return form(
        ActionId.DECLARE_SURE,
        "Revoke everything?",
        [
            section(
                f"⚠️ *{again_words(foreseen)}*",
                *effect_lines(foreseen),
                *(f"{line}." for line in besides(foreseen)),
            ),
            section(f"*{ending_sum(foreseen)}* in {draft.environment}." if not foreseen.untold else draft.environment),
            how_noticed(draft.how_noticed),
        ],
        submit=f"Yes, revoke {counted(ended, 'key')}" if ended else "Yes, declare",
        close="Back",
        note=draft.packed(),
    )
