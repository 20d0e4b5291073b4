"""The activities of each kind of run besides its secrets' lanes: one row a kind, which the subjects ask.

A leak gets everything. In a planned rotation nothing leaked: no page, no investigation, and the machine closes it.
Further differences, in rules or words, ask `Incident.routine` in their own place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from bot.model.playbooks import RunKind


@dataclass(frozen=True)
class RunTraits:
    """`looks_after_close`: when a dead value is probed again, counted from the close, and `looks_words` the same in
    words.
    """

    looks_after_close: tuple[timedelta, ...]
    looks_words: str
    pages: bool = True
    """On-call is paged at once; else only once something is worse than before."""
    own_channel: bool = True
    """It has a channel to itself; else a message in a channel that others share, and that message's thread."""
    investigates: bool = True
    """Who read the values, what may outlive them, how it came about and whom to tell: all of that is owed."""
    closes_itself: bool = False
    """The machine ends its steps, and closes it once nothing is open."""


_LEAK = RunTraits(
    # Keys that were harvested are tried again weeks later.
    looks_after_close=(
        timedelta(minutes=15),
        timedelta(hours=1),
        timedelta(hours=24),
        timedelta(days=7),
        timedelta(days=14),
        timedelta(days=30),
    ),
    looks_words="15 minutes, 1 hour, 24 hours, 7, 14 and 30 days",
)

_PLANNED = RunTraits(
    # It was not harvested: these two find a revocation that did not hold, and a parameter that was put back.
    looks_after_close=(timedelta(hours=1), timedelta(hours=24)),
    looks_words="1 hour and 24 hours",
    pages=False,
    own_channel=False,
    investigates=False,
    closes_itself=True,
)

TRAITS: Mapping[RunKind, RunTraits] = {
    RunKind.COMPROMISE: _LEAK,
    RunKind.ROTATION: _PLANNED,
    RunKind.DEPARTURE: _PLANNED,
}
