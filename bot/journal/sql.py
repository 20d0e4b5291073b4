"""The event log in SQL: commands go in, events are appended, states come out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, select

from bot.errors import LogError, Misuse
from bot.incident.commands import Declare, Envelope
from bot.incident.events import Recorded
from bot.incident.state import Incident
from bot.journal import projections, rows
from bot.journal.chain import StoredEvent, format_time, link
from bot.journal.contract import Decide, Decision, Evolve, Summary
from bot.journal.cursors import Cursors
from bot.journal.database import Database
from bot.journal.failures import Interrupted
from bot.journal.states import START, Held, Position, States
from bot.journal.tables import INCIDENTS, OPEN_SECRETS
from bot.journal.wakeups import InProcess, Notified, Wakeups

ATTEMPTS = 3
_LOGGER = logging.getLogger(__name__)


class Journal:
    """The log of all incidents. Safe to use from several threads, and from several processes on one database.

    Every method raises LogUnavailable when the database cannot be used; then nothing was recorded, or it was and the
    same command again is answered from the record.
    """

    def __init__(self, database: Database, decide: Decide, evolve: Evolve) -> None:
        self.database = database
        self.cursors = Cursors(database)
        self._decide = decide
        self._evolve = evolve
        self._states = States()
        self._wakeups: Wakeups = InProcess() if database.sqlite else Notified(database)
        self._subscribers: list[Callable[[str], None]] = []

    # --- commands ---------------------------------------------------------------------------------------------------

    def execute(self, incident: str, envelope: Envelope) -> Decision:
        """Decides on the incident's newest state and appends what follows.

        A command whose id was carried out before gets its first answer. SecretTaken (nothing written) if an event would
        put a secret into a second open incident. Misuse for an unknown incident, unless it is
        declared. Whatever `decide` raises passes through, with nothing written.
        """
        held = self._states.of(incident)
        with held.lock:
            decision = self._insist(held, lambda position: self._transact(incident, position, envelope))
        if decision.events and not decision.repeated:
            self._wakeups.committed()
            self._tell(incident)
        return decision

    def _insist[T](self, held: Held, work: Callable[[Position], tuple[T, Position]]) -> T:
        """Runs `work` from the cached position, again after a broken connection or a deadlock. After any error the
        cached state is dropped: what it stood for may not have been committed.
        """
        for attempt in range(1, ATTEMPTS + 1):
            position, held.position = held.position, START
            try:
                result, held.position = work(position)
            except Interrupted:
                if attempt == ATTEMPTS:
                    raise
            else:
                return result
        raise AssertionError  # pragma: no cover - the last attempt returns or raises

    def _transact(self, incident: str, position: Position, envelope: Envelope) -> tuple[Decision, Position]:
        with self.database.writing() as connection:
            for _ in range(2):  # the second time behind the row's lock: nobody can be faster again
                position = self._advance(connection, incident, position)
                first = rows.of_command(connection, incident, envelope.command_id)
                if first:
                    return Decision(_known(position.state, incident), _recorded(first), repeated=True), position
                if position.state is None and not isinstance(envelope.body, Declare):
                    raise _unknown(incident)
                events = self._decide(position.state, envelope)
                if not events:
                    return Decision(_known(position.state, incident), ()), position
                batch = link(
                    incident,
                    (position.seq, position.digest),
                    events,
                    at=envelope.at,
                    actor=envelope.actor.name,
                    command_id=envelope.command_id,
                )
                after = self._fold(position, batch)
                if self._append(connection, position, after, batch):
                    return Decision(_known(after.state, incident), _recorded(batch)), after
                rows.lock(connection, incident)
        raise _damaged(incident, "its summary disagrees with its events")

    def _append(self, connection: Connection, before: Position, after: Position, batch: list[StoredEvent]) -> bool:
        """Always the summary row first, then the rest: two orders would deadlock on PostgreSQL. False: a lost race."""
        incident = _known(after.state, batch[0].incident)
        values = projections.summary_values(incident, batch[-1])
        if not projections.move_summary(connection, values, expected=before.seq):
            return False
        held = projections.taken(before.state)
        projections.move_taken(connection, batch[0].incident, held, projections.taken(incident))
        rows.add(connection, batch)
        self._wakeups.announce(connection, batch[0].incident)
        return True

    def _advance(self, connection: Connection, incident: str, position: Position) -> Position:
        return self._fold(position, rows.tail(connection, incident, position.seq))

    def _fold(self, position: Position, events: list[StoredEvent]) -> Position:
        if not events:
            return position
        state = position.state
        for event in events:
            try:
                state = self._evolve(state, event.recorded())
            except ValueError as error:
                raise _damaged(event.incident, str(error)) from None
        return replace(position, state=state, seq=events[-1].seq, digest=events[-1].digest)

    # --- reading ----------------------------------------------------------------------------------------------------

    def load(self, incident: str) -> Incident:
        """The incident's newest state. Misuse if there is none of this id."""

        def work(position: Position) -> tuple[Incident | None, Position]:
            with self.database.reading() as connection:
                position = self._advance(connection, incident, position)
            return position.state, position

        held = self._states.of(incident)
        with held.lock:
            return _known(self._insist(held, work), incident)

    def fold(self, incident: str, events: list[StoredEvent]) -> Incident:
        """The state after these events, from the first on; past the cache. Misuse if there are none."""
        return _known(self._fold(START, events).state, incident)

    def events(self, incident: str, after: int = 0, limit: int | None = None) -> list[Recorded]:
        """The incident's events after number `after`, at most `limit`; none for an unknown incident."""
        return [row.recorded() for row in self.rows(incident, after, limit)]

    def rows(self, incident: str, after: int = 0, limit: int | None = None) -> list[StoredEvent]:
        """The same as they are stored, for `verify`."""
        with self.database.reading() as connection:
            return rows.tail(connection, incident, after, limit)

    def head(self, incident: str) -> str:
        """``SEQ:DIGEST`` of the newest event: whoever keeps it can tell later whether the log was cut or rewritten."""
        with self.database.reading() as connection:
            event = rows.last(connection, incident)
        if event is None:
            raise _unknown(incident)
        return event.head

    def summary(self, incident: str) -> Summary | None:
        """The incident's line in the list; None if there is none."""
        with self.database.reading() as connection:
            row = connection.execute(select(INCIDENTS).where(INCIDENTS.c.incident == incident)).one_or_none()
        return None if row is None else projections.read_summary(row)

    def incidents(self, state: str | None = None, limit: int | None = None) -> list[Summary]:
        """The list of incidents, newest declaration first; only ``open`` or ``closed`` ones if `state` says so."""
        query = select(INCIDENTS)
        if state is not None:
            query = query.where(INCIDENTS.c.state == state)
        newest = query.order_by(INCIDENTS.c.declared_at.desc(), INCIDENTS.c.incident).limit(limit)
        with self.database.reading() as connection:
            return [projections.read_summary(row) for row in connection.execute(newest)]

    def open_incidents(self) -> list[str]:
        """The ids of open incidents, oldest declaration first."""
        query = select(INCIDENTS.c.incident).where(INCIDENTS.c.state == projections.OPEN)
        with self.database.reading() as connection:
            return list(connection.execute(query.order_by(INCIDENTS.c.declared_at, INCIDENTS.c.incident)).scalars())

    def incident_of(self, environment: str, secret: str) -> str | None:
        """The open incident that this secret is in."""
        with self.database.reading() as connection:
            return projections.holder_of(connection, environment, secret)

    def taken_secrets(self, environment: str | None = None) -> dict[tuple[str, str], str]:
        """All secrets in open incidents: (environment, secret) → incident."""
        query = select(OPEN_SECRETS.c.environment, OPEN_SECRETS.c.secret, OPEN_SECRETS.c.incident)
        if environment is not None:
            query = query.where(OPEN_SECRETS.c.environment == environment)
        with self.database.reading() as connection:
            return {(row.environment, row.secret): row.incident for row in connection.execute(query)}

    def changes_since(self, known: Mapping[str, int], not_before: datetime | None = None) -> dict[str, int]:
        """The incidents, closed ones too, whose newest event is not the one in `known` (incident → seq), with its
        number: open ones first, and those first whose newest event is the oldest. Closed ones whose newest event is
        older than `not_before` are left out, if that is given. One small query: made for a worker's tick.
        """
        query = select(INCIDENTS.c.incident, INCIDENTS.c.seq).order_by(
            INCIDENTS.c.state != projections.OPEN, INCIDENTS.c.updated_at
        )
        if not_before is not None:
            recent = INCIDENTS.c.updated_at >= format_time(not_before)
            query = query.where((INCIDENTS.c.state == projections.OPEN) | recent)
        with self.database.reading() as connection:
            return {name: seq for name, seq in connection.execute(query) if known.get(name) != seq}

    # --- news -------------------------------------------------------------------------------------------------------

    def subscribe(self, callback: Callable[[str], None]) -> None:
        """Calls `callback(incident)` after each append of this process, in the thread that appended. Keep it short."""
        self._subscribers.append(callback)

    def _tell(self, incident: str) -> None:
        for callback in self._subscribers:
            try:
                callback(incident)
            except Exception:
                # The events stand: a subscriber's mistake must not look like a failed command.
                _LOGGER.exception("a subscriber failed")

    def wait(self, timeout: float) -> bool:
        """Waits at most `timeout` seconds for an append: of this process on SQLite, of any on PostgreSQL.

        True if there may be news since this thread waited last. Never raises for a lost connection.
        """
        return self._wakeups.wait(timeout)

    def wake(self) -> None:
        """Wakes every waiting thread, as an append would."""
        self._wakeups.wake()

    def forget(self) -> None:
        """Drops all cached states."""
        self._states.clear()

    def close(self) -> None:
        """Ends waiting and closes all connections."""
        self._wakeups.close()
        self.database.close()


def _recorded(events: list[StoredEvent]) -> tuple[Recorded, ...]:
    return tuple(event.recorded() for event in events)


def _known(state: Incident | None, incident: str) -> Incident:
    if state is None:
        raise _unknown(incident)
    return state


def _damaged(incident: str, what: str) -> LogError:
    return LogError(f"{incident}: {what}: run `bot log verify {incident}`, then `bot log rebuild`")


def _unknown(incident: str) -> Misuse:
    return Misuse(f"there is no incident {incident}: `bot list` shows those that there are")
