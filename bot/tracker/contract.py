"""Telling a tracker of tasks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

type Change = Literal["made", "changed", "done", "declined"]


@dataclass(frozen=True)
class TaskTold:
    """A task as the tracker is told of it, without anything of the secret. `key` is the same however often it is sent.
    `title` and `reason` are people's words, gated as a report is; times are UTC.
    """

    key: str
    change: Change
    at: datetime
    incident: str
    task: str
    title: str
    owner: str
    due: datetime | None
    step: str
    reason: str = ""


class Tracker(Protocol):
    """Errors: Throttled, Unauthorized, Missing, Refused, Unreachable, Unexpected."""

    def tell(self, told: TaskTold) -> None:
        """Tells it once; told again under the same key, it knows that."""
        ...
