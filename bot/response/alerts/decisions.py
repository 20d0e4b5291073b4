"""What people decide about alerts: their commands lead to entries of the log of alerts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.alerts import AlertCommand, on_command
from bot.eventlog.installation_streams import ALERTS
from bot.eventlog.sql import EventLog
from bot.incident.model import Actor
from bot.response.apart import Answers
from bot.response.wire import PersonCommand


@dataclass(frozen=True)
class AlertDecisions:
    """Satisfies `Apart`."""

    event_log: EventLog
    takes: tuple[type, ...] = AlertCommand.__args__

    def append(self, command: PersonCommand, actor: Actor, at: datetime, command_id: str, answers: Answers) -> None:
        assert isinstance(command, AlertCommand)
        self.event_log.log_of(ALERTS).append(
            lambda state: on_command(state, command, actor, at),
            at=at,
            actor=actor.name,
            command_id=command_id,
            settle=answers,
        )
