"""The event log in SQL: commands go in, events are appended, states come out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from functools import partial

from bot.eventlog import rows
from bot.eventlog.chain import StoredEvent
from bot.eventlog.contract import Damaged, Decision, Looked, NotAWorker, Snapshot, TooOld
from bot.eventlog.damage import Damages
from bot.eventlog.database import Database
from bot.eventlog.failures import Interrupted
from bot.eventlog.installation_streams import ALERTS, STOPS
from bot.eventlog.register import Register
from bot.eventlog.seal import Seal
from bot.eventlog.states import START, Cached, Reached, States
from bot.eventlog.stream import Stream, check, check_head, sealed
from bot.eventlog.transaction import Decide, Settle, Takes, Transactions, Work, known, unknown
from bot.incident import decide as rules
from bot.incident.commands import Envelope, NoteLoss
from bot.incident.events import Event, Recorded
from bot.incident.model import BOT
from bot.incident.state import Incident
from bot.model.fields import machine_id

ATTEMPTS = 3


class EventLog(Register):
    """The log of all incidents. Safe for several threads, and for several processes on one database.

    A worker holds the seal, checks it at each read, and alone can append; other processes read the stored rows.

    Every method raises LogUnavailable if the database cannot be used. Then no event was recorded, or the same command
    again is answered from the record. Methods that read an incident raise Damaged if its log is invalid.
    """

    def __init__(self, database: Database, decide: Decide | None = None, seal: Seal | None = None) -> None:
        """`decide` are the incident's own rules unless given."""
        super().__init__(database, seal)
        self._states = States()
        self._transactions = Transactions(self, decide or rules.decide, self._states)
        self.stops = self.log_of(STOPS)
        self.alerts = self.log_of(ALERTS)

    @property
    def damages(self) -> Damages:
        """The damage that workers reported."""
        return Damages(self.cursors, self.seal)

    def use_seal(self, seal: Seal) -> None:
        """Makes this process one that may append, and that believes nothing it read before."""
        self.seal = seal
        for log in self._streams.values():
            log.use_seal(seal)
        self.forget()

    # --- commands ---------------------------------------------------------------------------------------------------

    def execute(
        self,
        incident: str,
        envelope: Envelope,
        *,
        settle: Settle | None = None,
        also: Sequence[Event] = (),
        takes: Takes | None = None,
        given: Mapping[tuple[str, str], str] | None = None,
    ) -> Decision:
        """Decides on the incident's newest state and appends the resulting events.

        With `takes`, secrets of open runs move to this incident in the same transaction: the runs' logs end with that,
        and the command is decided with their knowledge. RunChanged, without any write, if a run no longer has them.
        With `given`, as from `taken_secrets`, also if other secrets are in open incidents by now.

        A command whose id was carried out before gets its first answer. SecretTaken (without any write) if an event
        would put a secret into a second open incident. Misuse for an unknown incident, except in a declaration. Errors
        of `decide` and `settle` pass through, without any write. `also` is appended after the command's events, if
        there are any. NotAWorker without the seal.
        """
        if self.seal is None:
            raise NotAWorker("this process is not a worker: commands go into the inbox")
        work = Work(incident, envelope, settle, also, takes or Takes(), given)
        runs = {run: self._states.of(run) for run in sorted(work.takes.secrets)}
        held = self._states.of(incident)
        with ExitStack() as locks:
            for one in sorted((*runs, incident)):  # two may be merged into each other
                locks.enter_context(self._states.of(one).lock)
            decision, over = self._insist(
                incident, held, lambda position: self._transactions.transact(work, position, runs)
            )
            for run, position in over.items():
                runs[run].position = runs[run].last = position
                self._states.saw(run, position)
        if decision.events and not decision.repeated:
            self._transactions.kills.saw(incident, known(decision.incident, incident).environment, decision.events)
            self.wakeups.committed()
        return decision

    def note_loss(self, incident: str, at: datetime) -> Decision:
        """Records that events which this worker has read are missing, and continues with the rest.

        Damaged, without any write, if workers did not write the rest.
        """
        held = self._states.of(incident)
        with held.lock:
            head = "{}:{}".format(*self._states.head(incident))
            losses = held.last.state.losses if held.last.state is not None else None
            loss = Envelope(machine_id(f"lost-{head}"), at, BOT, NoteLoss(head, losses=losses))
            work = Work(incident, loss, None, ())
            decision = self._insist(incident, held, lambda _: self._transactions.note_loss(work))
            self._states.restart(incident, held.position)
        self.wakeups.committed()
        return decision

    def _insist[T](self, incident: str, held: Cached, work: Callable[[Reached], tuple[T, Reached]]) -> T:
        """Runs `work` from the cached position, again after a broken connection or a deadlock. Any error drops the
        cached state, because its transaction may not have been committed.
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
                if self.seal is not None:
                    self._states.saw(incident, held.position)
                return result
        raise AssertionError  # pragma: no cover - the last attempt returns or raises

    # --- reading ----------------------------------------------------------------------------------------------------

    def load(self, incident: str) -> Incident:
        """The incident's newest state. Misuse if there is none of this id. A reader without the seal believes a
        worker's report of damage.
        """

        def work(position: Reached) -> tuple[Incident | None, Reached]:
            with self.database.reading() as connection:
                position = self._transactions.advance(connection, incident, position)
            return position.state, position

        held = self._states.of(incident)
        with held.lock:
            state = self._insist(incident, held, work)
            if state is None and self.summary(incident) is not None:
                state = self._insist(incident, held, work)  # it may have been declared between the two looks
                if state is None:
                    raise Damaged(incident, "its events are missing")
        self._take_word(incident)
        return known(state, incident)

    def stream(self, incident: str) -> Stream[Incident | None, Event]:
        """How to make an incident from its rows."""
        return self._transactions.stream(incident)

    def snapshot(self, incident: str) -> Snapshot:
        """The data for a document about the incident, read at once, so that all of it has the same age. Misuse if there
        is none of this id; damage as for `load`.
        """
        seen = self._states.head(incident)  # before the rows: another thread may go on
        stored = self.rows(incident)
        check_head(incident, stored, seen)
        stream = self.stream(incident)
        state = stream.fold(START, stored, self.seal).state
        self._take_word(incident)
        return Snapshot(known(state, incident), tuple(stream.read(row) for row in stored), stored[-1].head)

    def _take_word(self, incident: str) -> None:
        """Damaged where this process cannot check seals and a worker has said so."""
        if self.seal is None and (told := self.damages.standing(incident, partial(self._stands, incident))):
            raise Damaged(incident, told)

    def look(self, incident: str) -> Looked:
        """The incident as far as its log is valid, with the fault behind that part: for showing, never for acting. A
        reader with the seal sees only what workers wrote; others see a worker's report.

        Misuse if there is none of this id, Damaged if even its declaration cannot be read.
        """
        try:
            return Looked(self.load(incident))
        except Damaged as damaged:
            stored = self.rows(incident)
            stream = self.stream(incident)
            good = stream.longest(sealed(stored, self.seal))
            best = max(self._states.of(incident).last, good, key=lambda position: position.seq)
            if best.state is not None:
                return Looked(best.state, damaged.what, too_old=isinstance(damaged, TooOld))
            unsure = stream.longest(stored).state
            if unsure is None:
                raise
            return Looked(unsure, damaged.what, trusted=False, too_old=isinstance(damaged, TooOld))

    def _stands(self, incident: str, head: str) -> bool:
        """Whether the event of this head is in the log."""
        seq = head.partition(":")[0]
        return seq.isdecimal() and any(row.head == head for row in self.rows(incident, int(seq) - 1, 1))

    def fold(self, incident: str, events: list[StoredEvent]) -> Incident:
        """The state after these events, from the first on; without the cache. Misuse if there are none."""
        return known(self.stream(incident).fold(START, events, None).state, incident)

    def events(self, incident: str, after: int = 0, limit: int | None = None) -> list[Recorded]:
        """The incident's events after number `after`, at most `limit`; none for an unknown incident.

        Without a limit they are checked like the state is: a report is written from them. Damaged if they do not hold.
        """
        stored = self.rows(incident, after, limit)
        if limit is None:
            check(stored, self.seal)
        return [self.stream(incident).read(row) for row in stored]

    def rows(self, incident: str, after: int = 0, limit: int | None = None) -> list[StoredEvent]:
        """The same in stored form, for `verify`."""
        with self.database.reading() as connection:
            return rows.tail(connection, incident, after, limit)

    def head(self, incident: str) -> str:
        """``SEQ:DIGEST`` of the newest event. A person who keeps it can later detect a cut or rewritten log."""
        with self.database.reading() as connection:
            event = rows.last(connection, incident)
        if event is None:
            raise unknown(incident)
        return event.head

    def free_kills(self, environment: str, at: datetime) -> int:
        """How many more revocations each responder may decide alone in this environment."""
        with self.database.reading() as connection:
            return self._transactions.kills.free(connection, environment, at, self.seal)

    def forget(self) -> None:
        """Drops all cached states."""
        self._states.clear()
