"""What can be asked of standing down."""

from __future__ import annotations

from dataclasses import dataclass

from bot.incident.stored import stored
from bot.model.fields import Person


@stored("stand-down")
@dataclass(frozen=True)
class StandDown:
    """The page is resolved, and what is left becomes tasks of `owner`, empty for whoever stands down."""

    owner: Person = ""


StandingDownCommand = StandDown
