"""Who used a parameter, as far as it can be seen, and how far that is."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.model.reads import Read


@dataclass(frozen=True)
class Usage:
    """Reads found between `since` and `until`, with what was looked through and what cannot be seen there.

    An empty `reads` is never "no access": say it with `source`, the times and `not_visible`.
    """

    source: str
    since: datetime
    until: datetime
    reads: tuple[Read, ...]
    not_visible: tuple[str, ...]
    truncated: bool = False


class UsageSource(Protocol):
    def reads(self, parameters: Collection[str], since: datetime, until: datetime) -> Usage:
        """Reads of any of `parameters`. Errors: Unauthorized, Throttled, Unreachable, Unexpected."""
        ...
