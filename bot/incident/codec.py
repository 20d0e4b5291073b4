"""Events as canonical JSON text and back.

Canonical: keys sorted, no white space, UTF-8, so that the same event always has the same digest.
"""

from __future__ import annotations

from functools import cache

import msgspec

from bot.errors import LogError
from bot.incident.events import KINDS, Event

_ENCODER = msgspec.json.Encoder(order="sorted")


def encode(event: Event) -> str:
    """The event's fields as canonical JSON."""
    return _ENCODER.encode(event).decode()


@cache
def _decoder(kind: str) -> msgspec.json.Decoder[Event]:
    return msgspec.json.Decoder(KINDS[kind])


def decode(kind: str, data: str) -> Event:
    """The event of this kind. LogError for a kind that this program does not know or data of another shape."""
    if kind not in KINDS:
        raise LogError(f"the log holds an event of the unknown kind {kind!r}: it was written by a newer program")
    try:
        return _decoder(kind).decode(data)
    except msgspec.DecodeError as error:
        raise LogError(f"an event of kind {kind!r} cannot be read: {error}") from None
