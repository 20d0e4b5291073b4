"""What the tracker has to be told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class TaskNews:
    """Event `seq`, at that time, by which task `task` was made, changed or ended. With the incident's id the number is
    the key by which the tracker knows that it has heard of it before.
    """

    seq: int
    task: str
    at: datetime


@dataclass(frozen=True)
class TrackerState:
    """`news` in order, as far as the tracker has not been told of it."""

    news: tuple[TaskNews, ...] = ()
