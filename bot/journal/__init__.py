"""The event log: what happened in each incident, in order, appended to and never changed."""

from __future__ import annotations

from bot.incident.decide import decide
from bot.incident.evolve import evolve
from bot.journal.chain import StoredEvent
from bot.journal.contract import (
    Answer,
    Answered,
    Cursor,
    Damaged,
    Decide,
    Decision,
    Evolve,
    InboxRow,
    Liveness,
    Looked,
    LostLock,
    NoLog,
    NotAWorker,
    SecretTaken,
    Summary,
    TooOld,
)
from bot.journal.database import Database
from bot.journal.installation import Facts
from bot.journal.liveness import open_liveness
from bot.journal.rebuild import Rebuilt, rebuild
from bot.journal.schema import check_schema, demand_log, upgrade
from bot.journal.seal import Seal
from bot.journal.sql import Journal
from bot.journal.trust import INSTALLATION, TrustChain, TrustDamaged
from bot.journal.verify import Verdict, verify, verify_incident

__all__ = [
    "INSTALLATION",
    "Answer",
    "Answered",
    "Cursor",
    "Damaged",
    "Database",
    "Decide",
    "Decision",
    "Evolve",
    "Facts",
    "InboxRow",
    "Journal",
    "Liveness",
    "Looked",
    "LostLock",
    "NoLog",
    "NotAWorker",
    "Rebuilt",
    "Seal",
    "SecretTaken",
    "StoredEvent",
    "Summary",
    "TooOld",
    "TrustChain",
    "TrustDamaged",
    "Verdict",
    "open_journal",
    "open_liveness",
    "rebuild",
    "upgrade",
    "verify",
    "verify_incident",
]


def open_journal(
    url: str,
    decide: Decide = decide,
    evolve: Evolve = evolve,
    seal: Seal | None = None,
    *,
    migrate: bool = True,
    create: bool = True,
) -> Journal:
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
    return Journal(database, decide, evolve, seal)
