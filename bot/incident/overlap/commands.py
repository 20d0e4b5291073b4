"""What can be asked of strategies and overlaps."""

from __future__ import annotations

from dataclasses import dataclass

from bot.incident.model import IfFailing, Strategy
from bot.incident.stored import stored
from bot.model.fields import Name, Words


@stored("choose-strategy", text="reason")
@dataclass(frozen=True)
class ChooseStrategy:
    """Towards overlap this weakens the response: a second person must agree. `if_failing` says what becomes of the old
    value at its end while a consumer refuses the new one; keeping it where it was to end weakens the response too.
    """

    secret: Name
    strategy: Strategy
    reason: Words
    if_failing: IfFailing = IfFailing.KEEP


@stored("record-abuse", text="text")
@dataclass(frozen=True)
class RecordAbuse:
    """Somebody has been seen using the leaked value. It ends an overlap."""

    secret: Name
    text: Words


@stored("roll-back", text="reason")
@dataclass(frozen=True)
class RollBack:
    """Puts the leaked value, while it lives, back in the new one's place. A retry puts the new one in place again."""

    secret: Name
    reason: Words


OverlapCommand = ChooseStrategy | RecordAbuse | RollBack
