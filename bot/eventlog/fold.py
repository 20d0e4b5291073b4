"""From stored rows to an incident's state, believing only what holds."""

from __future__ import annotations

from collections.abc import Sequence

from bot.errors import EventTooNew, LogError
from bot.eventlog.chain import RedactedEvent, StoredEvent, cut_of, whole
from bot.eventlog.contract import Cut, Damaged, Evolve, TooOld
from bot.eventlog.seal import Seal
from bot.eventlog.states import START, Position
from bot.incident.events import Recorded, Redacted, kind_of

UNSEALED = "its newest event carries no seal of a worker: it was not written by one"


def fold(position: Position, stored: Sequence[StoredEvent], evolve: Evolve, seal: Seal | None) -> Position:
    """The position after these rows, each of which must be whole and follow the one before it.

    Whoever holds the seal also wants the last row to carry one: its digest covers all others. Damaged otherwise.
    """
    state, after = position.state, (position.seq, position.digest)
    for row in stored:
        _check_link(row, after)
        try:
            state = evolve(state, read(row))
        except TooOld:
            check_seal(stored, seal)  # what nobody vouches for is no newer program's
            raise
        except LogError as error:
            raise Damaged(row.incident, f"event {row.seq}: {error}") from None
        except (ValueError, ArithmeticError, LookupError, AttributeError, TypeError):
            raise Damaged(row.incident, f"event {row.seq} ({row.kind}) does not fit what is before it") from None
        after = (row.seq, row.digest)
    check_seal(stored, seal)
    return Position(state, *after)


def read(row: StoredEvent) -> Recorded:
    """The event of a row. TooOld if a newer program wrote it, LogError if it is of another shape."""
    try:
        return row.recorded()
    except EventTooNew as error:
        raise TooOld(row.incident, f"event {row.seq} was written by a newer one: {error}") from None


def check(stored: Sequence[StoredEvent], seal: Seal | None) -> None:
    """Damaged unless these rows are whole, follow each other and, for whoever holds the seal, end in a sealed one."""
    if stored:
        after = (stored[0].seq - 1, stored[0].previous)
        for row in stored:
            _check_link(row, after)
            after = (row.seq, row.digest)
    check_seal(stored, seal)


def check_seal(stored: Sequence[StoredEvent], seal: Seal | None) -> None:
    """Damaged if the last of these rows carries no seal that fits. Without rows there is nothing to say; without the
    key, nothing but whether a seal is there behind others.
    """
    if stored and not (seal.fits(stored[-1]) if seal is not None else _may_fit(stored)):
        raise Damaged(stored[-1].incident, UNSEALED)


def _may_fit(stored: Sequence[StoredEvent]) -> bool:
    return stored[-1].seal is not None or not any(row.seal for row in stored)


def longest(stored: Sequence[StoredEvent], evolve: Evolve) -> Position:
    """The position after the longest beginning of these rows that can be read: for showing it."""
    position = START
    for row in stored:
        try:
            position = fold(position, [row], evolve, None)
        except Damaged:
            break
    return position


def check_head(incident: str, stored: Sequence[StoredEvent], seen: tuple[int, str]) -> None:
    """Cut unless event number `seen` of this digest, which this process has read before, is among these rows; Damaged
    if there are none.
    """
    seq, digest = seen
    if seq and not any(row.seq == seq and row.digest == digest for row in stored):
        last = stored[-1].seq if stored else 0
        what = f"the events after {last} were cut off" if last < seq else f"event {seq} is another than it was"
        kind = Cut if stored else Damaged
        raise kind(incident, f"{what} while this worker ran: it has read them before")


def sealed(stored: Sequence[StoredEvent], seal: Seal | None) -> Sequence[StoredEvent]:
    """The longest beginning that a worker wrote; without the key, all of it. It ends before a row that was blanked by
    none of the events in it.
    """
    if seal is None:
        return stored
    ends = [at for at, row in enumerate(stored, start=1) if row.seal and seal.fits(row)]
    beginning = stored[: ends[-1]] if ends else ()
    redactions = (cut_of(row.data) for row in beginning if row.kind == kind_of(Redacted))
    cuts = [cut for cut in redactions if cut is not None]
    foreign = (at for at, row in enumerate(beginning) if isinstance(row, RedactedEvent) and row.cut not in cuts)
    return beginning[: next(foreign, len(beginning))]


def _check_link(row: StoredEvent, after: tuple[int, str]) -> None:
    if not whole(row, after):
        raise Damaged(row.incident, f"event {row.seq} was changed, or does not follow the one before it")
