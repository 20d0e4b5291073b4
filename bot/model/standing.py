"""A standing approval: two people have agreed beforehand to the kills of planned rotations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class StandingGiver:
    """One of the two who signed, and when."""

    name: str
    at: datetime


@dataclass(frozen=True)
class StandingApproval:
    """For these secrets of one environment, until it lapses or either of the two withdraws it.

    `number` is its name in the installation's programme. The old value may be ended `overlap` seconds after the new one
    is live, not earlier, inside the windows of `when` (empty: at any time); `order` are the environments that the
    schedule rotates before this one; a run that people begin does not wait for them.
    """

    number: int
    environment: str
    secrets: tuple[str, ...]
    overlap: float
    when: str
    until: datetime
    givers: tuple[StandingGiver, ...]
    order: tuple[str, ...] = ()
