"""Commands of people about alerts. A declaration is a command of its own."""

from __future__ import annotations

from bot.incident.bounds import Due
from bot.incident.stored import Stored
from bot.model.fields import Number, Words


class CallHarmless(Stored, stored="alert-harmless"):
    """The value is ours and may stay in its place, until the given time."""

    case: Number
    because: Words
    until: Due


class EndTriage(Stored, stored="alert-end"):
    """A person has found out what the value is."""

    case: Number
    because: Words


AlertCommand = CallHarmless | EndTriage
