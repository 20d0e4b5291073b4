"""What can have happened between the incident and the tracker."""

from __future__ import annotations

from dataclasses import dataclass

from bot.incident.stored import stored


@stored("tracker-told")
@dataclass(frozen=True)
class TrackerTold:
    """The tracker knows of event `seq`, by which a task was made, changed or ended. `gone`: there is none any more."""

    claim: int
    seq: int
    gone: bool = False
    v: int = 1


TrackerOutcome = TrackerTold
TrackerEvent = TrackerOutcome
