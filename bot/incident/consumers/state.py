"""What is known of those who read the value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class FunctionState:
    """A Lambda function's marker, and whether all its traffic takes it: as last seen, and first seen `refreshed_at`."""

    versions: Mapping[str, int] = field(default_factory=dict)
    complete: bool = True
    detail: str = ""
    refreshed_at: datetime | None = None
