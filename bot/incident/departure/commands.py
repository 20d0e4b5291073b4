"""What can be asked of a departure."""

from __future__ import annotations

from dataclasses import dataclass

from bot.incident.stored import stored
from bot.model.fields import Digest


@stored("agree-departure")
@dataclass(frozen=True)
class AgreeDeparture:
    """A second person agrees to the rotations. `digest` is that of what they were shown: other secrets are another."""

    digest: Digest


DepartureCommand = AgreeDeparture
