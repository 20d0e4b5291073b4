"""What people can ask for about alerts. A declaration is a command of its own."""

from __future__ import annotations

from dataclasses import dataclass

from bot.incident.bounds import Due
from bot.model.fields import Number, Words


@dataclass(frozen=True)
class CallHarmless:
    """The value is ours and may stay where it stands, until then."""

    case: Number
    because: Words
    until: Due


@dataclass(frozen=True)
class EndTriage:
    """Somebody has found out what it is."""

    case: Number
    because: Words


AlertCommand = CallHarmless | EndTriage
