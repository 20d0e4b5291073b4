"""The chain of what was said about whom to trust: append-only like the log of an incident, and one for all of them.

Each row's digest covers the row and the digest before it, and each row carries a worker's seal. Whoever has the
database and not the worker key can cut its end off and add nothing. A worker that runs remembers the newest row that it
has seen, and the logs of open incidents name the row that was in force there: so a cut shows.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime

import msgspec
from sqlalchemy import Connection, insert, select, text

from bot.errors import LogError
from bot.eventlog.chain import ROOT, format_time, parse_time
from bot.eventlog.contract import NotAWorker
from bot.eventlog.database import Database
from bot.eventlog.seal import Seal
from bot.eventlog.tables import TRUST_EVENTS
from bot.eventlog.wakeups import Wakeups
from bot.trust import Distrusted, TrustEvent, TrustProposed, TrustRestored, TrustState, evolve

INSTALLATION = "installation"
"""Stands in the place of an incident's id where a command is about the whole installation."""
WHAT = "trust"
_KINDS: Mapping[str, type[TrustEvent]] = {
    "distrusted": Distrusted,
    "trust-proposed": TrustProposed,
    "trust-restored": TrustRestored,
}
"""The names under which the chain holds them: a class may be renamed, a name stays for ever."""
_NAMES = {kind: name for name, kind in _KINDS.items()}
_ENCODER = msgspec.json.Encoder(order="sorted")


class TrustDamaged(LogError):
    """The chain cannot be believed: nobody knows whom not to trust, so nobody is trusted."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"The record of whom to trust is damaged: {what}. Nobody's word counts until it is repaired; at the "
            "worker's own host glass can be broken (`bot break-glass … --at-worker`)"
        )
        self.what = what


@dataclass(frozen=True)
class StoredTrust:
    """A row of `trust_events`, its fields in the order of the columns."""

    seq: int
    at: str
    actor: str
    kind: str
    data: str
    previous: str
    digest: str
    command_id: str
    seal: str


class TrustChain:
    """The rows, and what follows from them. Every method raises LogUnavailable where the database does."""

    def __init__(self, database: Database, wakeups: Wakeups) -> None:
        self._database = database
        self._wakeups = wakeups
        self._seal: Seal | None = None
        self._state = TrustState()
        self._digests: dict[int, str] = {}
        self._known: dict[int, str] = {}
        self._lock = threading.Lock()

    def use_seal(self, seal: Seal) -> None:
        """From now on rows are believed only with a worker's seal, those read before as well."""
        with self._lock:
            self._seal, self._state = seal, TrustState()
            self._digests = {}

    def current(self) -> TrustState:
        """Who is not trusted now. TrustDamaged if that cannot be told."""
        while True:
            seen = self._state
            with self._database.reading() as connection:  # outside the lock: many look at the same time
                found = _rows(connection, max(seen.number, 1))
            with self._lock:
                if self._state is seen:
                    self._state = self._advanced(found)
                    return self._state

    def remember(self, number: int, digest: str) -> None:
        """From now on the chain holds only with this entry in it: an incident's log says that it was there."""
        if number:
            with self._lock:
                self._known[number] = digest

    def rows(self) -> list[StoredTrust]:
        """All rows, as they are stored."""
        with self._database.reading() as connection:
            return _rows(connection, 1)

    def verify(self, seal: Seal | None = None) -> TrustState:
        """Reads the whole chain anew, whatever was read of it before; with a seal, checks that workers wrote it.
        TrustDamaged if it does not hold.
        """
        with self._database.reading() as connection:
            return _folded(TrustState(), _rows(connection, 1), {}, seal or self._seal)

    def append(
        self,
        decide: Callable[[TrustState], TrustEvent],
        *,
        at: datetime,
        actor: str,
        command_id: str,
        settle: Callable[[Connection], None],
    ) -> TrustState:
        """Appends what `decide` makes of the newest state; `settle` is called in the same transaction. Whatever they
        raise passes through, with nothing written. NotAWorker without the seal.
        """
        if self._seal is None:
            raise NotAWorker("this process is no worker: what is asked for goes into the inbox")
        with self._lock:
            with self._database.writing() as connection:
                if connection.dialect.name == "postgresql":
                    # The table's own lock: an advisory one could be held by whoever can connect.
                    connection.execute(text(f"LOCK TABLE {TRUST_EVENTS.name} IN SHARE ROW EXCLUSIVE MODE"))
                state = self._advanced(_rows(connection, max(self._state.number, 1)))
                row = self._row(state, decide(state), at=format_time(at), actor=actor, command_id=command_id)
                digests = dict(self._digests)
                after = _folded(state, [row], digests, self._seal)
                settle(connection)
                connection.execute(insert(TRUST_EVENTS), [asdict(row)])
                self._wakeups.announce(connection, INSTALLATION)
            self._state, self._digests = after, digests
        self._wakeups.committed()
        return after

    def _row(self, state: TrustState, event: TrustEvent, *, at: str, actor: str, command_id: str) -> StoredTrust:
        assert self._seal is not None
        data = _ENCODER.encode(event).decode()
        values = (state.number + 1, at, actor, _NAMES[type(event)], data, state.digest)
        digest = _digest(StoredTrust(*values, "", command_id, ""))
        return StoredTrust(*values, digest, command_id, self._seal.of_text(WHAT, f"{state.number + 1}\n{digest}"))

    def _advanced(self, found: list[StoredTrust]) -> TrustState:
        """The state after the newest row; `found` are those from the newest on that was seen before, which must still
        be there.
        """
        seen = self._state
        if seen.number:
            if not found or found[0].seq != seen.number:
                raise TrustDamaged(f"entry {seen.number} was there, and is gone")
            if found[0].digest != seen.digest or _digest(found[0]) != seen.digest:
                raise TrustDamaged(f"entry {seen.number} is not the one that was there")
            found = found[1:]
        after = _folded(seen, found, self._digests, self._seal)
        for number, digest in self._known.items():
            if self._digests.get(number) != digest:
                raise TrustDamaged(f"entry {number} was there, as an incident's log says, and is gone or another")
        return after


def _folded(state: TrustState, found: Iterable[StoredTrust], digests: dict[int, str], seal: Seal | None) -> TrustState:
    """The state after these rows, whose digests are noted in `digests`."""
    for row in found:
        if (row.seq, row.previous) != (state.number + 1, state.digest or ROOT) or row.digest != _digest(row):
            raise TrustDamaged(f"entry {row.seq} was changed, or does not follow the one before it")
        if seal is not None and not seal.fits_text(WHAT, f"{row.seq}\n{row.digest}", row.seal):
            raise TrustDamaged(f"no worker of this installation has written entry {row.seq}")
        try:
            event = msgspec.json.decode(row.data, type=_KINDS[row.kind])
            state = evolve(state, event, row.actor, parse_time(row.at), row.seq, row.digest)
        except (KeyError, ValueError, msgspec.DecodeError):
            raise TrustDamaged(f"entry {row.seq} cannot be read: a newer program may have written it") from None
        digests[row.seq] = row.digest
    return state


def _rows(connection: Connection, first: int, limit: int | None = None) -> list[StoredTrust]:
    columns = [TRUST_EVENTS.c[field.name] for field in fields(StoredTrust)]
    query = select(*columns).where(TRUST_EVENTS.c.seq >= first).order_by(TRUST_EVENTS.c.seq).limit(limit)
    return [StoredTrust(*row) for row in connection.execute(query)]


def _digest(row: StoredTrust) -> str:
    """SHA-256 in hex over all but digest and seal, as a JSON array: no two different rows encode alike."""
    covered = [row.previous, row.seq, row.at, row.actor, row.kind, row.command_id, row.data]
    return hashlib.sha256(json.dumps(covered, separators=(",", ":"), ensure_ascii=True).encode()).hexdigest()
