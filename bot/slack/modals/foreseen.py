"""What a declaration will bring about, as blocks: a line a secret, or by effect; and the form that asks once more."""

from __future__ import annotations

from slack_sdk.models.blocks import Block

from bot.incident.declaration.consequences import Foreseen
from bot.phrases.consequences import HEADING, UNTOLD, again_words, besides, effect_lines, foreseen_lines, sum_words
from bot.phrases.times import counted
from bot.slack.actions import ActionId
from bot.slack.blocks import Json, form, section
from bot.slack.modals.draft import Draft
from bot.slack.modals.inputs import words


def by_secret(foreseen: Foreseen, overlap: float) -> list[Block]:
    """Nothing where nothing is chosen yet."""
    return _told(foreseen, foreseen_lines(foreseen, overlap))


def by_effect(foreseen: Foreseen) -> list[Block]:
    """How many go down, work less well, or do not stop at all, and for how long."""
    return _told(foreseen, list(effect_lines(foreseen)))


def _told(foreseen: Foreseen, lines: list[str]) -> list[Block]:
    if foreseen.untold:
        return [section(f"⚠️ {UNTOLD}; it can be declared all the same.")]
    joined = [f"{words}." for words in besides(foreseen)]
    if not lines and not joined:
        return []
    total = [f"*{sum_words(foreseen)}*"] if lines else []
    return [section(f"*{HEADING}*", *total, *lines, *joined)]


def again_form(draft: Draft, foreseen: Foreseen) -> Json:
    """Lies upon the declaration of everything. Misuse where the draft is too much to carry."""
    ended = len(foreseen.ended)
    return form(
        ActionId.DECLARE_SURE,
        "End everything?",
        [
            section(
                f"⚠️ *{again_words(foreseen)}*",
                *effect_lines(foreseen),
                *(f"{line}." for line in besides(foreseen)),
            ),
            section(f"*{sum_words(foreseen)}* in {draft.environment}." if not foreseen.untold else draft.environment),
            words("notice", "How was it noticed?", initial=draft.notice, hint="Who saw what, where. Never the value."),
        ],
        submit=f"Yes, end {counted(ended, 'key')}" if ended else "Yes, declare",
        close="Back",
        note=draft.packed(),
    )
