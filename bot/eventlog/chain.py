"""The chain of digests that makes a changed, removed or inserted event show.

``data_digest`` is SHA-256 over salt and data, so that both can be taken out of one event later with the chain intact
(the salt keeps short data from being guessed). ``digest`` is SHA-256 over everything else and the digest before it, as
a JSON array: no two different events encode alike.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from bot.errors import LogError
from bot.eventlog.forms import format_time, parse_time
from bot.incident.model import Cut
from bot.model.codec import Codec, Recorded

if TYPE_CHECKING:
    from bot.incident.events import Redacted

SALT_BYTES = 16
REDACTED = "redacted"
"""Under this name a log keeps that words were taken out of it."""


class StoredEvent(Struct, frozen=True):
    """A row of `events`, its fields in the order of the columns. A struct, since an incident has thousands, and making
    as many frozen dataclasses takes as long as decoding their contents.
    """

    stream: str
    seq: int
    at: str
    actor: str
    kind: str
    data: str
    salt: str
    data_digest: str
    previous: str
    digest: str
    command_id: str | None
    seal: str | None = None
    """A worker's, on the last row of each append; see `bot.eventlog.seal`."""

    @property
    def holds(self) -> bool:
        """Whether data and salt match the digest."""
        return self.data_digest == digest_of_data(self.salt, self.data)

    @property
    def head(self) -> str:
        """``SEQ:DIGEST``: names this event and all before it."""
        return f"{self.seq}:{self.digest}"

    @property
    def text(self) -> str:
        """The text of its data."""
        return self.data


def read[E](row: StoredEvent, codec: Codec[E]) -> Recorded[E]:
    """The event itself. EventTooNew if a newer program wrote it, LogError if it is of another shape."""
    try:
        at = parse_time(row.at)
    except ValueError:
        raise LogError("it carries no time that this program knows") from None
    return Recorded(row.seq, at, row.actor, codec.decode(row.kind, row.text), row.command_id)


def cut_of(data: str) -> Cut | None:
    """The remains of an event inside a stored `Redacted` event; None if they cannot be read."""
    with suppress(LogError):
        return _redactions().decode(REDACTED, data).cut
    return None


@cache
def _redactions() -> Codec[Redacted]:
    """Made where a log has one: a list of incidents is read without the core."""
    from bot.incident.events import Redacted

    return Codec({REDACTED: Redacted})


class RedactedEvent(StoredEvent, frozen=True):
    """A row without its data and salt. `cut` holds what a later event of the same log keeps of them. That event is
    chained and sealed like every other, so a row cannot be blanked without notice.
    """

    cut: Cut | None = None

    @property
    def holds(self) -> bool:
        cut = self.cut
        return cut is not None and (cut.seq, cut.kind, cut.data_digest) == (self.seq, self.kind, self.data_digest)

    @property
    def text(self) -> str:
        return self.cut.data if self.cut is not None else ""


def digest_of_data(salt: str, data: str) -> str:
    """SHA-256 in hex. The salt has a fixed length, so that the two cannot be shifted against each other."""
    return hashlib.sha256((salt + data).encode()).hexdigest()


def whole(event: StoredEvent, after: tuple[int, str]) -> bool:
    """Whether the row is as it was written and follows the event of number and digest `after`."""
    return (event.seq, event.previous) == (after[0] + 1, after[1]) and event.holds and event.digest == digest_of(event)


def digest_of(event: StoredEvent) -> str:
    """The correct digest of the event."""
    covered = (
        event.previous, event.stream, event.seq, event.at, event.actor, event.kind, event.command_id, event.data_digest,
    )  # fmt: skip
    return hashlib.sha256(msgspec.json.encode(covered)).hexdigest()


def link[E](
    stream: str,
    after: tuple[int, str],
    events: Sequence[E],
    codec: Codec[E],
    *,
    at: datetime,
    actor: str,
    command_id: str,
) -> list[StoredEvent]:
    """The rows of one command's events, following the event of number and digest `after` ((0, ROOT) at the start).

    The first row carries the command's id. ValueError if that is empty, because a repeat could not be recognised.
    """
    if not command_id:
        raise ValueError("a command needs its id")
    (seq, previous), time = after, format_time(at)
    rows: list[StoredEvent] = []
    for event in events:
        seq, given = seq + 1, None if rows else command_id
        salt, data = secrets.token_hex(SALT_BYTES), codec.encode(event)
        values = (stream, seq, time, actor, codec.kind_of(event), data, salt, digest_of_data(salt, data), previous)
        previous = digest_of(StoredEvent(*values, "", given))
        rows.append(StoredEvent(*values, previous, given))
    return rows
