"""The event log: what happened in each incident, in order, appended to and never changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.eventlog.chain import StoredEvent
from bot.eventlog.contract import (
    Answered,
    CommandAnswer,
    Cursor,
    Damaged,
    Decide,
    Decision,
    Evolve,
    InboxRow,
    Leadership,
    Looked,
    LostLock,
    NoLog,
    NotAWorker,
    RunChanged,
    SecretTaken,
    Summary,
    TooOld,
)
from bot.eventlog.database import Database
from bot.eventlog.installation import Facts
from bot.eventlog.leadership import open_leadership
from bot.eventlog.programme import ProgrammeDamaged
from bot.eventlog.rebuild import Rebuilt, rebuild
from bot.eventlog.rights import RightsDamaged
from bot.eventlog.schema import check_schema, demand_log, upgrade
from bot.eventlog.seal import Seal
from bot.eventlog.side_log import INSTALLATION, Entry, SideLog, SideLogDamaged, Subject
from bot.eventlog.sql import EventLog
from bot.eventlog.transaction import Takes
from bot.eventlog.trust import TrustDamaged, TrustLog
from bot.eventlog.verify import Verdict, verify, verify_incident

if TYPE_CHECKING:
    from bot.incident.commands import Envelope
    from bot.incident.events import Event, Recorded
    from bot.incident.state import Incident

__all__ = [
    "INSTALLATION",
    "Answered",
    "CommandAnswer",
    "Cursor",
    "Damaged",
    "Database",
    "Decide",
    "Decision",
    "Entry",
    "EventLog",
    "Evolve",
    "Facts",
    "InboxRow",
    "Leadership",
    "Looked",
    "LostLock",
    "NoLog",
    "NotAWorker",
    "ProgrammeDamaged",
    "Rebuilt",
    "RightsDamaged",
    "RunChanged",
    "Seal",
    "SecretTaken",
    "SideLog",
    "SideLogDamaged",
    "StoredEvent",
    "Subject",
    "Summary",
    "Takes",
    "TooOld",
    "TrustDamaged",
    "TrustLog",
    "Verdict",
    "open_event_log",
    "open_leadership",
    "rebuild",
    "upgrade",
    "verify",
    "verify_incident",
]


def open_event_log(
    url: str,
    decide: Decide | None = None,
    evolve: Evolve | None = None,
    seal: Seal | None = None,
    *,
    migrate: bool = True,
    create: bool = True,
) -> EventLog:
    """The log at ``sqlite:///PATH`` or ``postgresql://…``, its schema brought up to date; a worker's with its seal.

    `decide` and `evolve` are the incident's own rules unless given. `migrate` False leaves the schema to a worker,
    `create` False makes no log where there is none: NoLog. ConfigurationError for another URL, LogTooNew for a newer
    program's database, LogBehind for an older one's that this process may not change, LogUnavailable if it cannot be
    reached.
    """
    database = Database(url)
    try:
        if not create:
            demand_log(database)
        upgrade(database) if migrate else check_schema(database)
    except BaseException:
        database.close()
        raise
    return EventLog(database, decide or _decide, evolve or _evolve, seal)


def _decide(incident: Incident | None, envelope: Envelope, free: int) -> tuple[Event, ...]:
    """The incident's rules, imported when the first command comes: who only lists incidents does not wait for them."""
    from bot.incident.decide import decide  # noqa: PLC0415

    return decide(incident, envelope, free)


def _evolve(incident: Incident | None, recorded: Recorded) -> Incident:
    """The same for the first incident that is read."""
    from bot.incident.evolve import evolve  # noqa: PLC0415

    return evolve(incident, recorded)
