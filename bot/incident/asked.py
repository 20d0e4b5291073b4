"""The author and time of a command, for its decision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.incident import events as e
from bot.incident.model import Actor

Events = tuple[e.Event, ...]
"""In order; none if nothing changes."""


@dataclass(frozen=True)
class Asked:
    """`at` is UTC; `free` is how many revocations one responder each may still decide in the incident's environment."""

    actor: Actor
    at: datetime
    free: int
