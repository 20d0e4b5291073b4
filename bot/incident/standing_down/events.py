"""What can have happened to standing down."""

from __future__ import annotations

from dataclasses import dataclass

from bot.incident.stored import stored


@stored("stood-down")
@dataclass(frozen=True)
class StoodDown:
    """People sleep; the incident stays open."""

    v: int = 1


@stored("stand-down-ended")
@dataclass(frozen=True)
class StandDownEnded:
    """Something has got worse meanwhile: `why` says what, and nothing of the secret. On-call is paged anew."""

    why: str
    v: int = 1


StandingDownByPerson = StoodDown
StandingDownByMachine = StandDownEnded
StandingDownEvent = StandingDownByPerson | StandingDownByMachine
