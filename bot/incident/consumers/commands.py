"""What can be asked of those who read the value."""

from __future__ import annotations

from dataclasses import dataclass

from bot.incident.stored import stored
from bot.model.fields import Name, Words


@stored("excuse-failing", text="reason")
@dataclass(frozen=True)
class ExcuseFailing:
    """The consumers that refuse the new value were not well before it either: it is not held against it."""

    secret: Name
    reason: Words


ConsumersCommand = ExcuseFailing
