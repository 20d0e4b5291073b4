"""An event of any kind, as a log holds it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Recorded[E]:
    """Its place, its time (UTC) and who did it (a person's name, or ``bot``)."""

    seq: int
    at: datetime
    actor: str
    event: E
    command_id: str | None = field(default=None, compare=False)
