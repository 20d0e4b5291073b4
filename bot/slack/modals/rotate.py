"""Planned rotations that somebody asks for: what each would do, before anything begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from slack_sdk.models.blocks import Block

from bot.decoding import decode
from bot.errors import Misuse
from bot.incident.declaration.consequences import Foreseen
from bot.incident.routine import Rotating
from bot.phrases.consequences import (
    HEADING,
    UNTOLD,
    again_words,
    approval_lines,
    consequence_words,
    effect_lines,
    joined_words,
    sum_words,
)
from bot.phrases.marks import literal
from bot.phrases.rotations import rotating_words
from bot.phrases.times import counted
from bot.slack.actions import ActionId
from bot.slack.blocks import Json, form, section
from bot.slack.modals.draft import Draft
from bot.slack.modals.inputs import words

TITLE = "Planned rotation"
MOST = 20
"""Secrets of one form: more would not fit into what a form shows and carries."""


@dataclass(frozen=True)
class RotationAsked:
    """What the form carries to its submission: names alone. `overlap` is in seconds."""

    names: tuple[str, ...]
    environment: str
    overlap: float | None = None

    def encode(self) -> str:
        return msgspec.json.encode(self).decode()

    @classmethod
    def decode(cls, note: str) -> RotationAsked:
        """Misuse for anything that no form of ours carries."""
        try:
            return decode(note, cls)
        except (msgspec.DecodeError, ValueError):
            raise Misuse(
                "This form is not one that this version of the bot draws: ask for the rotation anew."
            ) from None


def rotation_form(asked: RotationAsked, plans: Sequence[Rotating]) -> Json:
    """Without a button where nothing can begin."""
    begin = sum(one.begins for one in plans)
    about = "Nobody is paged. If somebody else may have a secret, declare a leak instead."
    return form(
        ActionId.ROTATE,
        TITLE,
        [
            section(f"*{literal(asked.environment)}*: {about}"),
            *(section(rotating_words(one)) for one in plans),
            *([words("because", "Why now?", hint="The report quotes it.", optional=True)] if begin else ()),
        ],
        submit=f"Rotate {counted(begin, 'secret')}" if begin else "",
        close="Cancel" if begin else "Close",
        note=asked.encode(),
    )


# What a declaration will bring about, as blocks: a line a secret, or by effect; and the form that asks once more.


LINES = 8
"""Up to so many secrets have a line each; more are told by their effect."""


def by_secret(foreseen: Foreseen, overlap: float) -> list[Block]:
    """Nothing where nothing is chosen yet."""
    if len(foreseen.consequences) > LINES:
        return by_effect(foreseen)
    lines = [consequence_words(one, overlap) for one in foreseen.consequences]
    return _told(foreseen, lines)


def by_effect(foreseen: Foreseen) -> list[Block]:
    """How many go down, work less well, or do not stop at all, and for how long."""
    return _told(foreseen, list(effect_lines(foreseen)))


def _told(foreseen: Foreseen, lines: list[str]) -> list[Block]:
    if foreseen.untold:
        return [section(f"⚠️ {UNTOLD}; it can be declared all the same.")]
    joined = [f"{words}." for words in (*approval_lines(foreseen), *joined_words(foreseen))]
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
                *(f"{line}." for line in (*approval_lines(foreseen), *joined_words(foreseen))),
            ),
            section(f"*{sum_words(foreseen)}* in {draft.environment}." if not foreseen.untold else draft.environment),
            words("notice", "How was it noticed?", initial=draft.notice, hint="Who saw what, where. Never the value."),
        ],
        submit=f"Yes, end {counted(ended, 'key')}" if ended else "Yes, declare",
        close="Back",
        note=draft.packed(),
    )
