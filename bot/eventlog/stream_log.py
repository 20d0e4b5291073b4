"""The log of one stream of the whole installation: everyone reads it, and workers append to it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from bot.errors import LogError
from bot.eventlog import rows
from bot.eventlog.chain import StoredEvent
from bot.eventlog.contract import Damaged, NotAWorker
from bot.eventlog.database import Database
from bot.eventlog.seal import Seal
from bot.eventlog.stream import UNSEALED, Position, Stream, check_head
from bot.eventlog.wakeups import Wakeups
from bot.model.codec import Recorded

INSTALLATION = "installation"
"""The id in place of an incident's, for a command about the whole installation."""


class StreamDamaged(LogError):
    """The log cannot be believed: nothing may rest on it until it is repaired."""

    def __init__(self, what: str, sentence: str = "") -> None:
        super().__init__(sentence or f"A log of the installation is damaged: {what}")
        self.what = what


@dataclass(frozen=True)
class InstallationStream[S, E](Stream[S, E]):
    """`damaged` makes the error that is raised where the log cannot be believed."""

    damaged: Callable[[str], StreamDamaged] = StreamDamaged

    def fold(self, position: Position[S], stored: Sequence[StoredEvent], seal: Seal | None) -> Position[S]:
        """As of every stream, and each seal must fit, not the last one alone: nothing verifies it row by row."""
        if seal is not None and any(row.seal is not None and not seal.fits(row) for row in stored):
            raise Damaged(self.name, UNSEALED)
        return super().fold(position, stored, seal)


class StreamLog[S, E]:
    """Every method raises LogUnavailable where the database does, and the stream's own error where it does not hold.

    A worker that runs remembers the newest event that it has seen, so a cut shows.
    """

    def __init__(self, database: Database, wakeups: Wakeups, stream: InstallationStream[S, E]) -> None:
        self._database = database
        self._wakeups = wakeups
        self.stream = stream
        self._seal: Seal | None = None
        self._position = stream.start
        self._known: frozenset[tuple[int, str]] = frozenset()
        self._found = self._known
        self._lock = threading.Lock()

    def use_seal(self, seal: Seal) -> None:
        """From now on rows are believed only with a worker's seal, also those read before."""
        with self._lock:
            self._seal, self._position, self._found = seal, self.stream.start, frozenset()

    def position(self) -> Position[S]:
        """The current state, and the event that led to it."""
        while True:
            seen, known = self._position, self._known
            with self._believing(), self._database.reading() as connection:  # outside the lock: many look at once
                after = self._advanced(connection, seen, known)
            with self._lock:
                if self._position is seen and self._known is known:
                    self._position, self._found = after, known
                    return after

    def current(self) -> S:
        """The state now."""
        return self.position().state

    def remember(self, number: int, digest: str) -> None:
        """From now on the log holds only with this event in it: another log says that it was there."""
        if number and (number, digest) not in self._known:
            with self._lock:
                self._known |= {(number, digest)}

    def events(self) -> list[Recorded[E]]:
        """All recorded events."""
        with self._believing(), self._database.reading() as connection:
            stored = rows.tail(connection, self.stream.name, 0)
            self.stream.fold(self.stream.start, stored, self._seal)
            return [self.stream.read(row) for row in stored]

    def verify(self, seal: Seal | None = None) -> S:
        """Reads the whole log from its start; with a seal, checks that workers wrote it."""
        with self._believing(), self._database.reading() as connection:
            return self.stream.advance(connection, self.stream.start, (0, ""), seal or self._seal).state

    def append(
        self,
        decide: Callable[[S], E | Sequence[E]],
        *,
        at: datetime,
        actor: str,
        command_id: str,
        settle: Callable[[Connection], None] = lambda _connection: None,
    ) -> Position[S]:
        """Appends the events that `decide` makes of the newest state, unless this command already led to events; calls
        `settle` in the same transaction. Their errors pass through, without any write. NotAWorker without the seal.
        """
        if self._seal is None:
            raise NotAWorker("this process is not a worker: commands go into the inbox")
        with self._lock, self._believing():
            with self._database.writing() as connection:
                rows.lock_all(connection)
                after = self._advanced(connection, self._position, self._known)
                if not rows.of_command(connection, self.stream.name, command_id):
                    decided = decide(after.state)
                    events = decided if isinstance(decided, Sequence) else (decided,)
                    batch, after = self.stream.extend(
                        after, events, self._seal, at=at, actor=actor, command_id=command_id
                    )
                    rows.add(connection, batch)
                settle(connection)
                self._wakeups.announce(connection, INSTALLATION)
            self._position, self._found = after, self._known
        self._wakeups.committed()
        return after

    def _advanced(self, connection: Connection, seen: Position[S], known: frozenset[tuple[int, str]]) -> Position[S]:
        if missing := known - self._found:
            stored = rows.tail(connection, self.stream.name, 0)
            for head in missing:
                check_head(self.stream.name, stored, head, ", as an incident's log says")
        return self.stream.advance(connection, seen, (seen.seq, seen.digest), self._seal)

    @contextmanager
    def _believing(self) -> Iterator[None]:
        try:
            yield
        except Damaged as damaged:
            raise self.stream.damaged(damaged.what) from None
