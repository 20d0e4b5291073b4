"""Streams of events, one for each incident and a few of the whole installation: all are chained, sealed and read alike.

Rows are believed as far as they are valid: each row is whole and follows the previous one, and, for a reader with the
seal, a worker sealed the last one, whose digest covers all others. Else Damaged, or TooOld if a newer program wrote it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from msgspec import structs
from sqlalchemy import Connection

from bot.errors import EventTooNew, LogError
from bot.eventlog import rows
from bot.eventlog.chain import REDACTED, RedactedEvent, StoredEvent, cut_of, link, read, whole
from bot.eventlog.contract import Cut, Damaged, TooOld
from bot.eventlog.forms import ROOT
from bot.eventlog.seal import Seal
from bot.model.codec import Codec, Recorded

UNSEALED = "its newest event carries no seal of a worker: it was not written by one"
READ_BEFORE = " while this worker ran: it read them before"


@dataclass(frozen=True)
class Position[S]:
    """The state of a stream after its event `seq` with digest `digest`; 0 and `ROOT` before the first."""

    state: S
    seq: int = 0
    digest: str = ROOT


@dataclass(frozen=True)
class Stream[S, E]:
    """How to make a state from the rows of `name`, to which their digests and seals are bound: `empty` is the state
    before the first event, `evolve` gives the state after an event.
    """

    name: str
    codec: Codec[E]
    empty: S
    evolve: Callable[[S, Recorded[E]], S]

    @property
    def start(self) -> Position[S]:
        return Position(self.empty)

    def read(self, row: StoredEvent) -> Recorded[E]:
        """The event of a row. TooOld if a newer program wrote it, LogError if it is of another shape."""
        try:
            return read(row, self.codec)
        except EventTooNew as error:
            raise TooOld(self.name, f"event {row.seq} was written by a newer one: {error}") from None

    def fold(self, position: Position[S], stored: Sequence[StoredEvent], seal: Seal | None) -> Position[S]:
        """The position after these rows; the same one if there are none."""
        if not stored:
            return position
        check(stored, seal, (position.seq, position.digest))
        state = position.state
        for row in stored:
            try:
                state = self.evolve(state, self.read(row))
            except TooOld:
                raise
            except LogError as error:
                raise Damaged(self.name, f"event {row.seq}: {error}") from None
            except (ValueError, ArithmeticError, LookupError, AttributeError, TypeError):
                raise Damaged(self.name, f"event {row.seq} ({row.kind}) does not fit what is before it") from None
        return Position(state, stored[-1].seq, stored[-1].digest)

    def longest(self, stored: Sequence[StoredEvent]) -> Position[S]:
        """The position after the longest beginning of these rows that can be read: for showing it."""
        position = self.start
        for row in stored:
            try:
                position = self.fold(position, [row], None)
            except Damaged:
                break
        return position

    def advance(
        self, connection: Connection, position: Position[S], seen: tuple[int, str], seal: Seal | None
    ) -> Position[S]:
        """From this position on, if its own event is still there; else from the start, as far as it was `seen`."""
        if position.seq:
            stored = rows.tail(connection, self.name, position.seq - 1)
            if any(row.head == f"{position.seq}:{position.digest}" for row in stored):
                check(stored, seal)
                if not any(row.kind == REDACTED for row in stored[1:]):
                    return self.fold(position, stored[1:], seal)
                # What was folded before still has the words.
        stored = rows.tail(connection, self.name, 0)
        check_head(self.name, stored, seen)
        return self.fold(self.start, stored, seal)

    def extend(
        self, position: Position[S], events: Sequence[E], seal: Seal, *, at: datetime, actor: str, command_id: str
    ) -> tuple[list[StoredEvent], Position[S]]:
        """The rows that follow from a command, the last one sealed, and the position after them."""
        after = (position.seq, position.digest)
        batch = link(self.name, after, events, self.codec, at=at, actor=actor, command_id=command_id)
        if batch:
            batch[-1] = structs.replace(batch[-1], seal=seal.make(batch[-1]))
        return batch, self.fold(position, batch, seal)


def check(stored: Sequence[StoredEvent], seal: Seal | None, after: tuple[int, str] | None = None) -> None:
    """Damaged unless these rows are whole, follow each other, and the event of number and digest `after` where that is
    known, and end in a sealed one, for a reader with the seal.
    """
    for row in stored:
        if not whole(row, after or (row.seq - 1, row.previous)):
            raise Damaged(row.stream, f"event {row.seq} was changed, or does not follow the one before it")
        after = (row.seq, row.digest)
    check_seal(stored, seal)


def check_seal(stored: Sequence[StoredEvent], seal: Seal | None) -> None:
    """Damaged if the last of these rows carries no seal that fits. Without rows there is nothing to say; without the
    key, nothing but whether a seal is there behind others.
    """
    if stored and not (seal.fits(stored[-1]) if seal is not None else _may_fit(stored)):
        raise Damaged(stored[-1].stream, UNSEALED)


def _may_fit(stored: Sequence[StoredEvent]) -> bool:
    return stored[-1].seal is not None or not any(row.seal for row in stored)


def check_head(stream: str, stored: Sequence[StoredEvent], seen: tuple[int, str], known: str = READ_BEFORE) -> None:
    """Cut unless event number `seen` with this digest is among these rows, Damaged if there are none. `known` names the
    source of that knowledge.
    """
    seq, digest = seen
    if seq and not any(row.seq == seq and row.digest == digest for row in stored):
        last = stored[-1].seq if stored else 0
        what = f"the events after {last} were cut off" if last < seq else f"event {seq} is not what it was"
        kind = Cut if stored else Damaged
        raise kind(stream, f"{what}{known}")


def sealed(stored: Sequence[StoredEvent], seal: Seal | None) -> Sequence[StoredEvent]:
    """The longest beginning that a worker wrote; without the key, all of it. It ends before a row that was blanked by
    none of the events in it.
    """
    if seal is None:
        return stored
    ends = [at for at, row in enumerate(stored, start=1) if row.seal and seal.fits(row)]
    beginning = stored[: ends[-1]] if ends else ()
    redactions = (cut_of(row.data) for row in beginning if row.kind == REDACTED)
    cuts = [cut for cut in redactions if cut is not None]
    foreign = (at for at, row in enumerate(beginning) if isinstance(row, RedactedEvent) and row.cut not in cuts)
    return beginning[: next(foreign, len(beginning))]
