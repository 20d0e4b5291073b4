"""Makes the summaries and the list of taken secrets again, from the events alone."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, select, text

from bot.journal import rows
from bot.journal.contract import SecretTaken
from bot.journal.projections import Taken, move_summary, move_taken, summary_values, taken
from bot.journal.sql import Journal
from bot.journal.tables import EVENTS, INCIDENTS, OPEN_SECRETS


@dataclass(frozen=True)
class Rebuilt:
    """How much was read, and in `conflicts`, as sentences, secrets that the events put into two open incidents (the one
    declared first keeps them).
    """

    incidents: int
    events: int
    conflicts: tuple[str, ...] = ()


def rebuild(journal: Journal) -> Rebuilt:
    """Replaces the projections in one transaction; appends wait for its end. The cursors stay: they hold what other
    systems answered. LogError if an event cannot be read; then nothing has changed.
    """
    with journal.database.writing() as connection:
        if not journal.database.sqlite:
            connection.execute(text("LOCK TABLE incidents, open_secrets IN EXCLUSIVE MODE"))
        connection.execute(delete(OPEN_SECRETS))
        connection.execute(delete(INCIDENTS))
        by_age = select(EVENTS.c.incident).where(EVENTS.c.seq == 1).order_by(EVENTS.c.at, EVENTS.c.incident)
        incidents = list(connection.execute(by_age).scalars())
        count, conflicts = 0, list[str]()
        for incident in incidents:
            count += _one(journal, connection, incident, conflicts)
    journal.forget()
    return Rebuilt(len(incidents), count, tuple(conflicts))


def _one(journal: Journal, connection: Connection, incident: str, conflicts: list[str]) -> int:
    events = rows.tail(connection, incident, after=0)
    state = journal.fold(incident, events)
    move_summary(connection, summary_values(state, events[-1]), expected=0)
    for secret in sorted(taken(state).secrets):
        one = Taken(state.environment, frozenset({secret}))
        try:
            move_taken(connection, incident, taken(None), one)
        except SecretTaken as conflict:
            conflicts.append(f"{incident}: {conflict}")
    return len(events)
