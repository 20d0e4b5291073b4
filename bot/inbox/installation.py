"""Commands about the whole installation: each is taken by the log that is about it, and by no incident."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection

from bot.eventlog.sql import EventLog
from bot.inbox.proving import Proofs
from bot.inbox.wire import PersonCommand
from bot.incident.model import Actor
from bot.logs import Logger
from bot.planned.rules.stops import StopCommand, decide
from bot.trust import TrustCommand

type Answers = Callable[[Connection], None]
"""Settles the command's answer in the transaction that appends what follows from it."""

_log = Logger(__name__)


class Apart(Protocol):
    """A part of the bot that keeps a log of its own. `takes` are the kinds of command that are for it."""

    @property
    def takes(self) -> tuple[type, ...]: ...

    def append(
        self, command: PersonCommand, actor: Actor, at: datetime, command_id: str, answers: Answers
    ) -> Callable[[], None] | None:
        """Appends the command's events; the returned function is called once they are recorded. BotError, with a
        sentence for the author, if there are none.
        """
        ...


@dataclass(frozen=True)
class TrustDecisions:
    """Whom to trust. `changed` is called after each decision, to tell the incidents."""

    event_log: EventLog
    proofs: Proofs
    changed: Callable[[], None] = lambda: None
    takes: tuple[type, ...] = TrustCommand.__args__

    def append(
        self, command: PersonCommand, actor: Actor, at: datetime, command_id: str, answers: Answers
    ) -> Callable[[], None]:
        assert isinstance(command, TrustCommand)
        self.event_log.trust.append(
            lambda state: self.proofs.about_trust(state, command, actor, at),
            at=at,
            actor=actor.name,
            command_id=command_id,
            settle=answers,
        )
        _log.warning("trust has changed", command=type(command).__name__, subject=command.subject, by=actor.name)
        return self.changed


# Providers whose planned rotations people stop and resume.


@dataclass(frozen=True)
class StopDecisions:
    """Implements `bot.inbox.installation.Apart`."""

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
