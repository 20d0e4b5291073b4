"""Drafts of notices for counsel, filed into the incident's channel after a search for secrets. They are not sent."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from bot.errors import Misuse
from bot.eventlog import CommandAnswer
from bot.eventlog.contract import Snapshot
from bot.eventlog.sql import EventLog
from bot.inbox.installation import Answers
from bot.inbox.wire import DraftNotice, PersonCommand
from bot.incident.model import Actor, Right
from bot.incident.obligations.rules import NoticeClock
from bot.incident.refusals import demand
from bot.incident.state import Incident
from bot.report.contract import notice_name
from bot.report.drafts import Draft, Source, draft, said
from bot.report.notices import duty_of, notice_named

NO_CHANNEL = "The incident has no channel yet. At a terminal: `bot report {incident} --draft {obligation}`."


class Filing(Protocol):
    """Where a draft is filed. Errors: Throttled, Unauthorized, Missing, Refused, Unreachable, Unexpected."""

    def file(self, channel: str, name: str, title: str, content: bytes, comment: str) -> str:
        """Puts the file into the channel unless one of this name is there; its link."""
        ...


@dataclass(frozen=True)
class NoticeDrafts:
    """Implements `bot.inbox.installation.Apart`. `folders` hold the team's own templates; `values` gives the
    fingerprints of values that no draft may contain, besides the incident's.
    """

    event_log: EventLog
    folders: Sequence[Path]
    filing: Filing
    values: Callable[[], Collection[str]]
    takes: tuple[type, ...] = (DraftNotice,)

    def append(
        self, command: PersonCommand, actor: Actor, at: datetime, command_id: str, _answers: Answers
    ) -> Callable[[], None] | None:
        """Nothing is appended: a draft changes nothing. Declined without the right to respond; Misuse where there is no
        such draft; the errors of `Filing`.
        """
        assert isinstance(command, DraftNotice)
        demand(actor, Right.RESPOND)
        read = self.event_log.snapshot(command.incident)
        incident = read.incident
        clock = notice_named(incident, command.obligation)
        if not incident.channel:
            raise Misuse(NO_CHANNEL.format(incident=incident.id, obligation=command.obligation))
        made = self._draft(read, clock, at)
        name = notice_name(incident.id, command.obligation, incident.seq)
        title = f"DRAFT for counsel: {clock.obligation.title}"
        self.filing.file(incident.channel, name, title, made.text.encode(), _comment(incident, clock, made))
        self.event_log.inbox.close(command_id, CommandAnswer(accepted=True, incident=incident.id), at)
        return None

    def _draft(self, read: Snapshot, clock: NoticeClock, at: datetime) -> Draft:
        """As a page: who reads on a phone opens one file."""
        values = frozenset(self.values())
        source = Source(read.incident, read.events, read.head, self.folders, at, values, duty_of(clock))
        return draft(source, clock.obligation.template, "html")


def _comment(incident: Incident, clock: NoticeClock, made: Draft) -> str:
    held = f" {said(made.withheld)}" if made.withheld else ""
    what = f"Draft for counsel: {clock.obligation.title}, from events 1 to {incident.seq}."
    return f"{what} The bot sends no notice: a person does, and records its reference.{held}"
