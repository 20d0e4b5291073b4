"""Commands about the whole installation: each is taken by the log that is about it, and by no incident."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection

from bot.eventlog.sql import EventLog
from bot.eventlog.stream_log import StreamLog
from bot.inbox.proving import Proofs
from bot.inbox.wire import PersonCommand
from bot.incident.model import Actor
from bot.logs import Logger
from bot.news.cases.commands import AlertCommand
from bot.news.cases.decide import on_command
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
class Decisions[S, E]:
    """Commands whose events are of one log of the installation. `decide` makes them of its newest state; Declined
    as it decides. `after` is called once they are recorded, as to tell the incidents.
    """

    log: StreamLog[S, E]
    takes: tuple[type, ...]
    decide: Callable[[S, Any, Actor, datetime], E | Sequence[E]]
    after: Callable[[], None] | None = None

    def append(
        self, command: PersonCommand, actor: Actor, at: datetime, command_id: str, answers: Answers
    ) -> Callable[[], None] | None:
        self.log.append(
            lambda state: self.decide(state, command, actor, at),
            at=at, actor=actor.name, command_id=command_id, settle=answers,
        )  # fmt: skip
        _log.warning("decided for the whole installation", command=type(command).__name__, by=actor.name)
        return self.after


def decisions(
    event_log: EventLog, proofs: Proofs, trust_changed: Callable[[], None] | None = None
) -> tuple[Apart, ...]:
    """One for each log that people's decisions go to."""
    return (
        Decisions(event_log.trust, TrustCommand.__args__, proofs.about_trust, trust_changed),
        Decisions(
            event_log.stops, StopCommand.__args__, lambda state, command, actor, _: decide(state, command, actor)
        ),
        Decisions(event_log.alerts, AlertCommand.__args__, on_command),
    )
