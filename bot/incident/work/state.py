"""What is known of the lanes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.incident.operations import Claim, Failure, Op


@dataclass(frozen=True)
class LaneState:
    """What a lane does and last failed with."""

    claim: Claim | None = None
    failure: Failure | None = None
    waits_until: datetime | None = None
    attempts: Mapping[Op, int] = field(default_factory=dict)
