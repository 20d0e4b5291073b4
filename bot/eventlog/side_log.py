"""Logs beside those of incidents: one for the whole installation each, append-only, chained and sealed.

Each row's digest covers the row and the digest before it, and each row carries a worker's seal. Whoever has the
database and not the worker key can cut its end off and add nothing. A worker that runs remembers the newest row that it
has seen, so a cut shows.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any, Protocol

import msgspec
from sqlalchemy import Connection, Table, insert, select, text

from bot.decoding import decode
from bot.errors import LogError
from bot.eventlog.contract import NotAWorker
from bot.eventlog.database import Database
from bot.eventlog.forms import ROOT, format_time, parse_time
from bot.eventlog.seal import Seal
from bot.eventlog.wakeups import Wakeups
from bot.model.command_ids import id_at

INSTALLATION = "installation"
"""Stands in the place of an incident's id where a command is about the whole installation."""


class SideLogDamaged(LogError):
    """The log cannot be believed: nothing may rest on it until it is repaired."""

    def __init__(self, what: str, sentence: str = "") -> None:
        super().__init__(sentence or f"A log of the installation is damaged: {what}")
        self.what = what


class Numbered(Protocol):
    """A state that says which entry it is the state after: `number` and `digest`, 0 and empty before the first."""

    @property
    def number(self) -> int: ...
    @property
    def digest(self) -> str: ...


@dataclass(frozen=True)
class Entry:
    """A row, its fields in the order of the columns."""

    seq: int
    at: str
    actor: str
    kind: str
    data: str
    previous: str
    digest: str
    command_id: str
    seal: str


class Evolves[S, E](Protocol):
    """The state after entry `number`: `by` is who said it."""

    def __call__(self, state: S, event: E, by: str, at: datetime, number: int, digest: str, /) -> S: ...


@dataclass(frozen=True)
class Subject[S: Numbered, E]:
    """What a log is about. `what` binds its seals to it; `kinds` are the names under which it holds events, for ever;
    `damaged` makes the error that is raised where it cannot be believed.
    """

    what: str
    table: Table
    kinds: Mapping[str, type[E]]
    empty: Callable[[], S]
    evolve: Evolves[S, E]
    damaged: Callable[[str], SideLogDamaged] = SideLogDamaged
    to_stored: Callable[[object], object] | None = None
    from_stored: Callable[[type, object], object] | None = None
    names: Mapping[type, str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", {kind: name for name, kind in self.kinds.items()})

    def encode(self, event: E) -> tuple[str, str]:
        """The event's kind and its data as JSON."""
        data = msgspec.json.Encoder(order="sorted", enc_hook=self.to_stored).encode(event)
        return self.names[type(event)], data.decode()

    def decode(self, kind: str, data: str) -> E:
        """KeyError or ValueError for what only a newer program can read."""
        return decode(data, self.kinds[kind], self.from_stored)


class SideLog[S: Numbered, E]:
    """The rows, and what follows from them. Every method raises LogUnavailable where the database does."""

    def __init__(self, database: Database, wakeups: Wakeups, subject: Subject[S, E]) -> None:
        self._database = database
        self._wakeups = wakeups
        self.subject = subject
        self._seal: Seal | None = None
        self._state = subject.empty()
        self._digests: dict[int, str] = {}
        self._known: dict[int, str] = {}
        self._lock = threading.Lock()

    def use_seal(self, seal: Seal) -> None:
        """From now on rows are believed only with a worker's seal, those read before as well."""
        with self._lock:
            self._seal, self._state = seal, self.subject.empty()
            self._digests = {}

    def current(self) -> S:
        """The state now. The subject's error if it cannot be told."""
        while True:
            seen = self._state
            with self._database.reading() as connection:  # outside the lock: many look at the same time
                found = self._rows(connection, max(seen.number, 1))
            with self._lock:
                if self._state is seen:
                    self._state = self._advanced(found)
                    return self._state

    def remember(self, number: int, digest: str) -> None:
        """From now on the log holds only with this entry in it: another log says that it was there."""
        if number:
            with self._lock:
                self._known[number] = digest

    def rows(self) -> list[Entry]:
        """All rows, as they are stored."""
        with self._database.reading() as connection:
            return self._rows(connection, 1)

    def events(self) -> list[tuple[Entry, E]]:
        """All rows with what they say. The subject's error if they do not hold."""
        rows = self.rows()
        self._folded(self.subject.empty(), rows, {}, self._seal)
        return [(row, self.subject.decode(row.kind, row.data)) for row in rows]

    def verify(self, seal: Seal | None = None) -> S:
        """Reads the whole log anew, whatever was read of it before; with a seal, checks that workers wrote it. The
        subject's error if it does not hold.
        """
        with self._database.reading() as connection:
            return self._folded(self.subject.empty(), self._rows(connection, 1), {}, seal or self._seal)

    def append(
        self,
        decide: Callable[[S], E | Sequence[E]],
        *,
        at: datetime,
        actor: str,
        command_id: str,
        settle: Callable[[Connection], None] = lambda _connection: None,
    ) -> S:
        """Appends what `decide` makes of the newest state; `settle` is called in the same transaction. Whatever they
        raise passes through, with nothing written. NotAWorker without the seal.

        Of several events the first carries the command's id, and those after it that id with their place.
        """
        if self._seal is None:
            raise NotAWorker("this process is no worker: what is asked for goes into the inbox")
        with self._lock:
            with self._database.writing() as connection:
                if connection.dialect.name == "postgresql":
                    # The table's own lock: an advisory one could be held by whoever can connect.
                    connection.execute(text(f"LOCK TABLE {self.subject.table.name} IN SHARE ROW EXCLUSIVE MODE"))
                state = after = self._advanced(self._rows(connection, max(self._state.number, 1)))
                decided = decide(state)
                digests, rows = dict(self._digests), list[Entry]()
                for place, event in enumerate(decided if isinstance(decided, Sequence) else (decided,)):
                    row = self._row(after, event, at=format_time(at), actor=actor, command_id=id_at(command_id, place))
                    after = self._folded(after, [row], digests, self._seal)
                    rows.append(row)
                settle(connection)
                if rows:
                    connection.execute(insert(self.subject.table), [asdict(row) for row in rows])
                self._wakeups.announce(connection, INSTALLATION)
            self._state, self._digests = after, digests
        self._wakeups.committed()
        return after

    def _row(self, state: S, event: E, *, at: str, actor: str, command_id: str) -> Entry:
        assert self._seal is not None
        kind, data = self.subject.encode(event)
        values = (state.number + 1, at, actor, kind, data, state.digest)
        digest = _digest(Entry(*values, "", command_id, ""))
        seal = self._seal.of_text(self.subject.what, f"{state.number + 1}\n{digest}")
        return Entry(*values, digest, command_id, seal)

    def _advanced(self, found: list[Entry]) -> S:
        """The state after the newest row; `found` are those from the newest on that was seen before, which must still
        be there.
        """
        seen, damaged = self._state, self.subject.damaged
        if seen.number:
            if not found or found[0].seq != seen.number:
                raise damaged(f"entry {seen.number} was there, and is gone")
            if found[0].digest != seen.digest or _digest(found[0]) != seen.digest:
                raise damaged(f"entry {seen.number} is not the one that was there")
            found = found[1:]
        after = self._folded(seen, found, self._digests, self._seal)
        for number, digest in self._known.items():
            if self._digests.get(number) != digest:
                raise damaged(f"entry {number} was there, as an incident's log says, and is gone or another")
        return after

    def _folded(self, state: S, found: Iterable[Entry], digests: dict[int, str], seal: Seal | None) -> S:
        """The state after these rows, whose digests are noted in `digests`."""
        what, damaged = self.subject.what, self.subject.damaged
        for row in found:
            if (row.seq, row.previous) != (state.number + 1, state.digest or ROOT) or row.digest != _digest(row):
                raise damaged(f"entry {row.seq} was changed, or does not follow the one before it")
            if seal is not None and not seal.fits_text(what, f"{row.seq}\n{row.digest}", row.seal):
                raise damaged(f"no worker of this installation has written entry {row.seq}")
            try:
                event = self.subject.decode(row.kind, row.data)
                state = self.subject.evolve(state, event, row.actor, parse_time(row.at), row.seq, row.digest)
            except (KeyError, ValueError, msgspec.DecodeError):
                raise damaged(f"entry {row.seq} cannot be read: a newer program may have written it") from None
            digests[row.seq] = row.digest
        return state

    def _rows(self, connection: Connection, first: int) -> list[Entry]:
        table = self.subject.table
        columns = [table.c[column.name] for column in fields(Entry)]
        query = select(*columns).where(table.c.seq >= first).order_by(table.c.seq)
        return [_entry(row) for row in connection.execute(query)]


def _entry(row: Sequence[Any]) -> Entry:
    """SQLite takes any value in any column: what none of ours is becomes one that no digest fits."""
    seq, *texts = row
    number = seq if type(seq) is int else 0
    return Entry(number, *(each if type(each) is str else repr(each) for each in texts))


def _digest(row: Entry) -> str:
    """SHA-256 in hex over all but digest and seal, as a JSON array: no two different rows encode alike."""
    covered = [row.previous, row.seq, row.at, row.actor, row.kind, row.command_id, row.data]
    return hashlib.sha256(json.dumps(covered, separators=(",", ":"), ensure_ascii=True).encode()).hexdigest()
