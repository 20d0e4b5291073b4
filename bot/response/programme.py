"""What people decide about planned rotations: standing approvals, waivers, and providers whose schedule is stopped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.eventlog.sql import EventLog
from bot.incident.model import BOT, Actor
from bot.logs import Logger
from bot.model.command_ids import machine_id
from bot.playbook.catalog import Catalog
from bot.programme.commands import AgreeWaiver, AskWaiver, ProgrammeCommand, SignStanding, StopProvider
from bot.programme.decide import DueOf, decide
from bot.programme.state import Entitled, Programme
from bot.response.apart import Answers
from bot.response.wire import PersonCommand

_log = Logger(__name__)


@dataclass(frozen=True)
class ProgrammeDecisions:
    """Implements `bot.response.apart.Apart`. `entitled` tells who has which right now, `due` when a secret is due."""

    event_log: EventLog
    catalog: Catalog
    entitled: Entitled
    due: DueOf
    takes: tuple[type, ...] = ProgrammeCommand.__args__

    def append(
        self, command: PersonCommand, actor: Actor, at: datetime, command_id: str, answers: Answers
    ) -> Callable[[], None] | None:
        """Misuse for what the catalog does not have, Declined as the rules decide."""
        assert isinstance(command, ProgrammeCommand)
        self._demand_known(command)
        # Asked before the log is locked: it may take a call.
        due = self._due(command)
        self.event_log.programme.append(
            lambda state: decide(state, command, actor, at, entitled=self.entitled, due=lambda *_secret: due),
            at=at,
            actor=actor.name,
            command_id=command_id,
            settle=answers,
        )
        _log.warning("the programme of rotations has changed", command=type(command).__name__, by=actor.name)
        return None

    def _due(self, command: ProgrammeCommand) -> datetime | None:
        """Of the secret that a waiver is asked for or agreed to; None for all else."""
        match command:
            case AskWaiver():
                return self.due(command.environment, command.secret)
            case AgreeWaiver():
                waiver = self.event_log.programme.current().waivers.get(command.waiver)
                return self.due(waiver.environment, waiver.secret) if waiver is not None else None
            case _:
                return None

    def stop(self, provider: str, reason: str, incident: str, at: datetime) -> Programme:
        """The machine stops a provider's schedule after a failure of the run `incident`; the same failure stops it
        once. Declined if it is stopped already.
        """
        return self.event_log.programme.append(
            lambda state: decide(
                state, StopProvider(provider, reason, incident), BOT, at, entitled=lambda _name, _right: False
            ),
            at=at,
            actor=BOT.name,
            command_id=machine_id(f"stop-{provider}-{incident}"),
        )

    def _demand_known(self, command: ProgrammeCommand) -> None:
        match command:
            case SignStanding():
                for name in command.secrets:
                    self.catalog.entry(name, command.environment)
                for environment in command.order:
                    self.catalog.all(environment)
            case AskWaiver():
                self.catalog.entry(command.secret, command.environment)
            case _:
                pass
