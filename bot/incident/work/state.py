"""What is known of the lanes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.incident.operations import Claim, Failure, Op


@dataclass(frozen=True)
class LaneState:
    """What a lane does and last failed with."""

    claim: Claim | None = None
    failure: Failure | None = None
    waits_until: datetime | None = None
    attempts: Mapping[Op, int] = field(default_factory=dict)
    unfinished: Mapping[Op, int] = field(default_factory=dict)
    """How many of these came to no outcome: their worker died, or handed them back."""
    done: Mapping[Op, datetime] = field(default_factory=dict)
    """When each operation last came to an outcome that is no failure."""
    pages: Mapping[str, Failure] = field(default_factory=dict)
    """What a pager failed to do and has not done since, by what it was to do. Whatever else it does, or fails to do,
    heals the lane of the failure, but neither brings that back at once nor begins its tries anew.
    """

    @property
    def failed_for_good(self) -> bool:
        return self.failure is not None and self.failure.final

    def gave_up(self, op: Op) -> bool:
        """Whether this is what it failed to do for good."""
        return self.failure is not None and self.failure.final and self.failure.op is op

    def healed(self) -> LaneState:
        """With nothing that it failed to do: all of it may be tried at once."""
        return replace(self, failure=None, pages={})

    def without_page(self, detail: str) -> LaneState:
        """As if the pager had never failed to do this."""
        if detail not in self.pages:
            return self
        pages = {other: failure for other, failure in self.pages.items() if other != detail}
        return replace(self, pages=pages)

    def failing(self, op: Op, detail: str) -> Failure | None:
        """What it failed with when it was last to do this, and has not done it since."""
        if op is Op.PAGE:
            return self.pages.get(detail)
        return self.failure if self.failure is not None and self.failure.op is op else None

    def tried(self, op: Op, most: int) -> bool:
        """Whether it has come to an outcome, whatever that was, or to none `most` times."""
        unfinished = self.unfinished.get(op, 0)
        return self.attempts.get(op, 0) > unfinished or unfinished >= most
