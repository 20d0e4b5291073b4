"""The event log in SQL: commands go in, events are appended, states come out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection, select

from bot.errors import Misuse
from bot.eventlog import projections, rows, slots
from bot.eventlog.arrivals import Arrivals
from bot.eventlog.chain import StoredEvent, format_time, link
from bot.eventlog.contract import Damaged, Decide, Decision, Evolve, Looked, NotAWorker, RunChanged, Summary, TooOld
from bot.eventlog.cursors import Cursors
from bot.eventlog.damage import Damages
from bot.eventlog.database import Database
from bot.eventlog.erasing import Erasing
from bot.eventlog.failures import Interrupted
from bot.eventlog.fold import check, check_head, fold, longest, read, sealed
from bot.eventlog.inbox import Inbox
from bot.eventlog.installation import Installation
from bot.eventlog.programme import PROGRAMME
from bot.eventlog.rights import RIGHTS
from bot.eventlog.seal import Seal
from bot.eventlog.side_log import Numbered, SideLog, Subject
from bot.eventlog.states import START, Cached, Position, States
from bot.eventlog.tables import EVENTS, INCIDENTS, OPEN_SECRETS
from bot.eventlog.trust import TRUST
from bot.eventlog.wakeups import InProcess, Notified, Wakeups
from bot.incident.commands import Command, Declare, Envelope, HandOverSecrets, SealLog
from bot.incident.events import CommandRefused, Event, Recorded, Redacted, TakenOver, kind_of
from bot.incident.model import BOT
from bot.incident.state import Incident

type Settle = Callable[[Connection, Decision], None]
"""Called inside the transaction of a command with what came of it, before it is committed; an error undoes it all."""

ATTEMPTS = 3
_LOGGER = logging.getLogger(__name__)


class EventLog:
    """The log of all incidents. Safe to use from several threads, and from several processes on one database.

    A worker holds the seal, checks it whenever it reads, and alone can append; other processes read what is there.

    Every method raises LogUnavailable when the database cannot be used; then nothing was recorded, or it was and the
    same command again is answered from the record. Those that read an incident raise Damaged if its log does not hold.
    """

    def __init__(self, database: Database, decide: Decide, evolve: Evolve, seal: Seal | None = None) -> None:
        self.database = database
        self.cursors = Cursors(database)
        self._decide = decide
        self._evolve = evolve
        self._seal = seal
        self._states = States()
        self._wakeups: Wakeups = InProcess(database) if database.sqlite else Notified(database)
        self.erasing = Erasing(database)
        self.inbox = Inbox(database, self._wakeups, self.erasing)
        self.arrivals = Arrivals(database, self._wakeups)
        self.installation = Installation(database)
        self._beside: dict[str, SideLog[Any, Any]] = {}
        self.trust = self.beside(TRUST)
        self.programme = self.beside(PROGRAMME)
        self.rights = self.beside(RIGHTS)
        self._subscribers: list[Callable[[str], None]] = []

    @property
    def damages(self) -> Damages:
        """What workers have told of damage."""
        return Damages(self.cursors, self._seal)

    @property
    def seal(self) -> Seal | None:
        """That of a worker's process; None elsewhere."""
        return self._seal

    def use_seal(self, seal: Seal) -> None:
        """Makes this process one that may append, and that believes nothing it read before."""
        self._seal = seal
        for log in self._beside.values():
            log.use_seal(seal)
        self.forget()

    def beside[S: Numbered, E](self, subject: Subject[S, E]) -> SideLog[S, E]:
        """The installation's own log of this subject, the same one at each call. This process appends to it if it is a
        worker's.
        """
        log = self._beside.get(subject.what)
        if log is None:
            log = self._beside.setdefault(subject.what, SideLog(self.database, self._wakeups, subject))
            if self._seal is not None:
                log.use_seal(self._seal)
        return log

    # --- commands ---------------------------------------------------------------------------------------------------

    def execute(
        self,
        incident: str,
        envelope: Envelope,
        *,
        settle: Settle | None = None,
        also: Sequence[Event] = (),
        takes: Takes | None = None,
    ) -> Decision:
        """Decides on the incident's newest state and appends what follows.

        With `takes` secrets of open runs go over to this incident in the same transaction: the runs' logs end with
        that, and the command is decided with what they knew. RunChanged, with nothing written, if a run has not got
        them any more.

        A command whose id was carried out before gets its first answer. SecretTaken (nothing written) if an event would
        put a secret into a second open incident. Misuse for an unknown incident, unless it is
        declared. Whatever `decide` or `settle` raise passes through, with nothing written. `also` is appended behind
        the events that follow from the command, if there are any. NotAWorker without the seal.
        """
        if self._seal is None:
            raise NotAWorker("this process is no worker: what is asked for goes into the inbox")
        work = _Work(incident, envelope, settle, also, takes or Takes())
        runs = {run: self._states.of(run) for run in sorted(work.takes.secrets)}  # in order, and before the incident
        held = self._states.of(incident)
        with ExitStack() as locks:
            for one in (*runs.values(), held):
                locks.enter_context(one.lock)
            decision, over = self._insist(incident, held, lambda position: self._transact(work, position, runs))
            for run, position in over.items():
                runs[run].position = runs[run].last = position
                self._states.saw(run, position)
        if decision.events and not decision.repeated:
            self._wakeups.committed()
            for changed in (incident, *over):
                self._tell(changed)
        return decision

    def vouch(self, incident: str, envelope: Envelope, *, settle: Settle | None = None) -> Decision:
        """Seals a log that no worker has sealed yet, on the word of whoever gives the command: `SealLog` with its head.

        Misuse, with nothing written, if the log carries a seal already, has another head, or the rules refuse it;
        Damaged if its chain does not hold.
        """
        if self._seal is None:
            raise NotAWorker("this process is no worker: what is asked for goes into the inbox")
        held = self._states.of(incident)
        with held.lock:
            decision = self._insist(incident, held, lambda _: self._vouched(_Work(incident, envelope, settle, ())))
        self._wakeups.committed()
        self._tell(incident)
        return decision

    def _vouched(self, work: _Work) -> tuple[Decision, Position]:
        incident, envelope = work.incident, work.envelope
        with self.database.writing() as connection:
            rows.lock(connection, incident)
            stored = rows.tail(connection, incident, 0)
            position = fold(START, stored, self._evolve, None)
            if any(row.seal for row in stored):
                raise Misuse(f"The log of {incident} is sealed: it needs nobody's word.")
            if not isinstance(envelope.body, SealLog) or envelope.body.head != stored[-1].head:
                raise Misuse(f"The log of {incident} has another head than the one that you vouch for: look again.")
            events = self._decide(position.state, envelope, 0)
            for event in events:
                if isinstance(event, CommandRefused):
                    raise Misuse(event.reason)
            batch = self._sealed(position, events, envelope, incident)
            after = fold(position, batch, self._evolve, self._seal)
            if not self._append(connection, position, after, batch):
                raise Damaged(incident, "its summary disagrees with its events", "run `bot log rebuild`")
            return work.settled(connection, Decision(_known(after.state, incident), _recorded(batch))), after

    def _insist[T](self, incident: str, held: Cached, work: Callable[[Position], tuple[T, Position]]) -> T:
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
                held.last = held.position
                if self._seal is not None:
                    self._states.saw(incident, held.position)
                return result
        raise AssertionError  # pragma: no cover - the last attempt returns or raises

    def _transact(
        self, work: _Work, position: Position, runs: Mapping[str, Cached]
    ) -> tuple[tuple[Decision, Mapping[str, Position]], Position]:
        """With where the runs stand that were taken over."""
        incident = work.incident
        with self.database.writing() as connection:
            over = {run: self._ended(connection, work, run, cached) for run, cached in runs.items()}
            envelope = work.with_known({run: before for run, (before, _) in over.items()})
            settle = None if over else work.settle
            decision, position = self._decided_in(connection, replace(work, envelope=envelope, settle=settle), position)
            if over:
                if decision.repeated or not any(isinstance(each.event, TakenOver) for each in decision.events):
                    raise RunChanged(f"{incident} takes no run over by this command")
                decision = work.settled(connection, decision)
        return (decision, {run: after for run, (_, after) in over.items()}), position

    def _ended(self, connection: Connection, work: _Work, run: str, cached: Cached) -> tuple[Incident, Position]:
        """The run as it was, and where it stands once it has handed over its secrets. Its cached position is dropped
        until all of that is committed.
        """
        position, cached.position = cached.position, START
        rows.lock(connection, run)
        before = self._advance(connection, run, position)
        command = HandOverSecrets(work.incident, work.takes.secrets[run])
        envelope = replace(work.envelope, body=command)
        events = self._decide(before.state, envelope, 0) if before.state is not None else ()
        if before.state is None or not events:
            raise RunChanged(f"{run} has not got {', '.join(command.secrets)} any more")
        batch = self._sealed(before, events, envelope, run)
        after = fold(before, batch, self._evolve, self._seal)
        if not self._append(connection, before, after, batch):
            raise Damaged(run, "its summary disagrees with its events", "run `bot log rebuild`")
        return before.state, after

    def _decided_in(self, connection: Connection, work: _Work, position: Position) -> tuple[Decision, Position]:
        incident, envelope = work.incident, work.envelope
        for _ in range(2):  # the second time behind the row's lock: nobody can be faster again
            position = self._advance(connection, incident, position)
            first = rows.of_command(connection, incident, envelope.command_id)
            if first:
                decision = Decision(_known(position.state, incident), _recorded(first), repeated=True)
                return work.settled(connection, decision), position
            if position.state is None and not isinstance(envelope.body, Declare):
                raise _unknown(incident)
            events = self._decided(connection, position.state, envelope)
            if not events:
                return work.settled(connection, Decision(_known(position.state, incident), ())), position
            batch = self._sealed(position, (*events, *work.also), envelope, incident)
            after = fold(position, batch, self._evolve, self._seal)
            if self._append(connection, position, after, batch):
                after = self._without_words(connection, batch, after)
                taken = slots.wanted(events)
                slots.take(connection, _environment(after.state), envelope.at, incident, taken)
                decision = Decision(_known(after.state, incident), _recorded(batch))
                return work.settled(connection, decision), after
            rows.lock(connection, incident)
        raise Damaged(incident, "its summary disagrees with its events", "run `bot log rebuild`")

    def _decided(self, connection: Connection, state: Incident | None, envelope: Envelope) -> tuple[Event, ...]:
        """What follows from the command. If it takes slots, nobody else takes one until this transaction has ended."""
        if envelope.actor == BOT:
            return self._decide(state, envelope, 0)
        environment = envelope.body.environment if isinstance(envelope.body, Declare) else _environment(state)
        free = slots.free(connection, environment, envelope.at)
        events = self._decide(state, envelope, free)
        if not slots.wanted(events):
            return events
        slots.hold(connection)
        left = slots.free(connection, environment, envelope.at)
        return events if left == free else self._decide(state, envelope, left)

    def _sealed(
        self, position: Position, events: Sequence[Event], envelope: Envelope, incident: str
    ) -> list[StoredEvent]:
        batch = link(
            incident,
            (position.seq, position.digest),
            events,
            at=envelope.at,
            actor=envelope.actor.name,
            command_id=envelope.command_id,
        )
        assert self._seal is not None
        batch[-1] = replace(batch[-1], seal=self._seal.make(batch[-1]))
        return batch

    def _append(self, connection: Connection, before: Position, after: Position, batch: list[StoredEvent]) -> bool:
        """Always the summary row first, then the rest: two orders would deadlock on PostgreSQL. False: a lost race."""
        incident = _known(after.state, batch[0].incident)
        values = projections.summary_values(incident, batch[-1], before.state)
        if not projections.move_summary(connection, values, expected=before.seq):
            return False
        held = projections.taken(before.state)
        projections.move_taken(connection, batch[0].incident, held, projections.taken(incident))
        rows.add(connection, batch)
        self._wakeups.announce(connection, batch[0].incident)
        return True

    def _without_words(self, connection: Connection, batch: list[StoredEvent], after: Position) -> Position:
        """Takes out the data of what was redacted by these events, and the words out of all that was made of it: the
        state, which is folded anew, and the summary. Answers of commands whose words are gone go as well.
        """
        cuts = [event.cut for row in batch if isinstance(event := row.recorded().event, Redacted)]
        if not cuts:
            return after
        incident, numbers = batch[0].incident, [cut.seq for cut in cuts]
        rows.blank(connection, incident, numbers)
        stored = rows.tail(connection, incident, 0)
        folded = fold(START, stored, self._evolve, self._seal)
        values = projections.summary_values(_known(folded.state, incident), batch[-1])
        projections.move_summary(connection, values, expected=batch[-1].seq)
        self.inbox.forget(connection, rows.commands_of(stored, numbers))
        for table in (EVENTS, INCIDENTS):
            self.erasing.want(connection, table)
        return folded

    def _advance(self, connection: Connection, incident: str, position: Position) -> Position:
        """From a cached position on, whose own event must still be there; from the start if there is none."""
        if position.seq:
            stored = rows.tail(connection, incident, position.seq - 1)
            if self._seal is not None or any(row.head == f"{position.seq}:{position.digest}" for row in stored):
                check_head(incident, stored, (position.seq, position.digest))
                check(stored, self._seal)
                if not any(row.kind == kind_of(Redacted) for row in stored[1:]):
                    return fold(position, stored[1:], self._evolve, self._seal)
                # What was folded before still has the words.
        stored = rows.tail(connection, incident, 0)
        check_head(incident, stored, self._states.head(incident))
        return fold(START, stored, self._evolve, self._seal)

    # --- reading ----------------------------------------------------------------------------------------------------

    def load(self, incident: str) -> Incident:
        """The incident's newest state. Misuse if there is none of this id. Whoever cannot check seals takes a worker's
        word that the log is damaged.
        """

        def work(position: Position) -> tuple[Incident | None, Position]:
            with self.database.reading() as connection:
                position = self._advance(connection, incident, position)
            return position.state, position

        held = self._states.of(incident)
        with held.lock:
            state = self._insist(incident, held, work)
            if state is None and self.summary(incident) is not None:
                state = self._insist(incident, held, work)  # it may have been declared between the two looks
                if state is None:
                    raise Damaged(incident, "its events are missing")
        if self._seal is None and (told := self.damages.standing(incident, partial(self._stands, incident))):
            raise Damaged(incident, told)
        return _known(state, incident)

    def look(self, incident: str) -> Looked:
        """The incident as far as its log holds, with what is wrong behind that: for showing, never for acting. Whoever
        holds the seal sees what workers wrote, and nothing that was put behind it; others what a worker has said of it.

        Misuse if there is none of this id, Damaged if not even its declaration can be read.
        """
        try:
            return Looked(self.load(incident))
        except Damaged as damaged:
            stored = self.rows(incident)
            good = longest(sealed(stored, self._seal), self._evolve)
            best = max(self._states.of(incident).last, good, key=lambda position: position.seq)
            if best.state is not None:
                return Looked(best.state, damaged.what, too_old=isinstance(damaged, TooOld))
            unsure = longest(stored, self._evolve).state
            if unsure is None:
                raise
            return Looked(unsure, damaged.what, trusted=False, too_old=isinstance(damaged, TooOld))

    def _stands(self, incident: str, head: str) -> bool:
        """Whether the event of this head is in the log."""
        seq = head.partition(":")[0]
        return seq.isdecimal() and any(row.head == head for row in self.rows(incident, int(seq) - 1, 1))

    def fold(self, incident: str, events: list[StoredEvent]) -> Incident:
        """The state after these events, from the first on; past the cache. Misuse if there are none."""
        return _known(fold(START, events, self._evolve, None).state, incident)

    def events(self, incident: str, after: int = 0, limit: int | None = None) -> list[Recorded]:
        """The incident's events after number `after`, at most `limit`; none for an unknown incident.

        Without a limit they are checked like the state is: a report is written from them. Damaged if they do not hold.
        """
        stored = self.rows(incident, after, limit)
        if limit is None:
            check(stored, self._seal)
        return [read(row) for row in stored]

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
            found = connection.execute(query.order_by(INCIDENTS.c.declared_at, INCIDENTS.c.incident)).scalars()
            return [name for name in found if isinstance(name, str)]

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

    def free_kills(self, environment: str, at: datetime) -> int:
        """How many kills one responder each may still decide in this environment."""
        with self.database.reading() as connection:
            return slots.free(connection, environment, at)

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
            found = connection.execute(query)
            return {name: seq for name, seq in found if known.get(name) != seq and isinstance(name, str)}

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


@dataclass(frozen=True)
class Takes:
    """Secrets that go over to an incident: of each run, by its id, those of this command. `known` gives the command
    with what the runs knew, from their states just before.
    """

    secrets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    known: Callable[[Mapping[str, Incident]], Command] | None = None


@dataclass(frozen=True)
class _Work:
    """One command on its way through a transaction."""

    incident: str
    envelope: Envelope
    settle: Settle | None
    also: Sequence[Event]
    takes: Takes = field(default_factory=Takes)

    def with_known(self, runs: Mapping[str, Incident]) -> Envelope:
        """The envelope with what the runs knew, if any are taken over."""
        if not runs or self.takes.known is None:
            return self.envelope
        return replace(self.envelope, body=self.takes.known(runs))

    def settled(self, connection: Connection, decision: Decision) -> Decision:
        if self.settle is not None:
            self.settle(connection, decision)
        return decision


def _recorded(events: list[StoredEvent]) -> tuple[Recorded, ...]:
    return tuple(event.recorded() for event in events)


def _environment(state: Incident | None) -> str:
    return "" if state is None else state.environment


def _known(state: Incident | None, incident: str) -> Incident:
    if state is None:
        raise _unknown(incident)
    return state


def _unknown(incident: str) -> Misuse:
    return Misuse(f"there is no incident {incident}: `bot list` shows those that there are")
