"""What people can ask for about alerts. A declaration is a command of its own."""

from __future__ import annotations

from bot.incident.bounds import Due
from bot.incident.stored import Stored
from bot.model.fields import Number, Words


class CallHarmless(Stored, stored="alert-harmless"):
    """The value is ours and may stay where it stands, until then."""

    case: Number
    because: Words
    until: Due


class EndTriage(Stored, stored="alert-end"):
    """Somebody has found out what it is."""

    case: Number
    because: Words


AlertCommand = CallHarmless | EndTriage
