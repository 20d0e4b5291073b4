"""Providers whose planned rotations people stop and resume."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.eventlog.sql import EventLog
from bot.incident.model import Actor
from bot.logs import Logger
from bot.programme.stops import StopCommand, decide
from bot.response.apart import Answers
from bot.response.wire import PersonCommand

_log = Logger(__name__)


@dataclass(frozen=True)
class StopDecisions:
    """Implements `bot.response.apart.Apart`."""

    event_log: EventLog
    takes: tuple[type, ...] = StopCommand.__args__

    def append(self, command: PersonCommand, actor: Actor, at: datetime, command_id: str, answers: Answers) -> None:
        """Declined as the rules decide."""
        assert isinstance(command, StopCommand)
        self.event_log.stops.append(
            lambda state: decide(state, command, actor),
            at=at,
            actor=actor.name,
            command_id=command_id,
            settle=answers,
        )
        _log.warning(
            "planned rotations were stopped or resumed", command=type(command).__name__, provider=command.provider,
            by=actor.name,
        )  # fmt: skip
