"""Makes the summaries and the list of taken secrets again, from the events alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, select, text

from bot.eventlog import rows
from bot.eventlog.chain import StoredEvent
from bot.eventlog.contract import Damaged, SecretTaken
from bot.eventlog.projections import Taken, move_summary, move_taken, summary_values, taken
from bot.eventlog.sql import EventLog
from bot.eventlog.tables import EVENTS, INCIDENTS, OPEN_SECRETS, STREAMS
from bot.incident.state import Incident


@dataclass(frozen=True)
class Rebuilt:
    """The numbers read, and in `conflicts`, as sentences, secrets that are in two open incidents (the one declared
    first keeps them). `unread` says for each unreadable incident why.
    """

    incidents: int
    events: int
    conflicts: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


def rebuild(event_log: EventLog) -> Rebuilt:
    """Replaces the projections in one transaction; appends wait for its end. Kept are the cursors, which hold other
    systems' answers, and the list entries of unreadable incidents.
    """
    with event_log.database.writing() as connection:
        if not event_log.database.sqlite:
            connection.execute(text("LOCK TABLE incidents, open_secrets IN EXCLUSIVE MODE"))
        states, unread = dict[str, tuple[Incident, StoredEvent]](), dict[str, str]()
        for incident in _by_age(connection):
            stored = rows.tail(connection, incident, after=0)
            try:
                states[incident] = event_log.fold(incident, stored), stored[-1]
            except Damaged as damaged:
                unread[incident] = damaged.headline
        connection.execute(delete(OPEN_SECRETS).where(OPEN_SECRETS.c.incident.not_in(unread)))
        connection.execute(delete(INCIDENTS).where(INCIDENTS.c.incident.not_in(unread)))
        conflicts = [each for known in states.items() for each in _one(connection, *known)]
    event_log.forget()
    count = sum(last.seq for _, last in states.values())
    return Rebuilt(len(states), count, tuple(conflicts), tuple(unread.values()))


def _by_age(connection: Connection) -> list[str]:
    """All incidents that have events, by the first event that is there: an incident's own first one may be gone."""
    numbers = select(EVENTS.c.stream, func.min(EVENTS.c.seq).label("seq")).where(EVENTS.c.stream.not_in(STREAMS))
    first = numbers.group_by(EVENTS.c.stream).subquery()
    both = (EVENTS.c.stream == first.c.stream) & (EVENTS.c.seq == first.c.seq)
    by_age = select(EVENTS.c.stream).join(first, both).order_by(EVENTS.c.at, EVENTS.c.stream)
    return list(connection.execute(by_age).scalars())


def _one(connection: Connection, incident: str, known: tuple[Incident, StoredEvent]) -> Iterator[str]:
    """Lists one incident, and yields its conflicts."""
    state, last = known
    move_summary(connection, summary_values(state, last), expected=0)
    for secret in sorted(taken(state).secrets):
        one = Taken(state.environment, frozenset({secret}))
        try:
            move_taken(connection, incident, taken(None), one)
        except SecretTaken as conflict:
            yield f"{incident}: {conflict}"
