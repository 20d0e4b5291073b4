"""Planned rotations that somebody asks for: what each would do, before anything begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from bot.decoding import decode
from bot.errors import Misuse
from bot.incident.routine import Rotating
from bot.phrases.marks import literal
from bot.phrases.rotations import rotating_words
from bot.phrases.times import counted
from bot.slack.actions import ActionId
from bot.slack.blocks import Json, form, section
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
