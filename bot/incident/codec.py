"""Events as canonical JSON text and back.

Canonical: keys sorted, no white space, UTF-8, so that the same event always has the same digest. Of what a newer
program wrote nothing is guessed: an event of a kind, of a version or with a field that is not known here is
`EventTooNew`, since to go on without it could be to kill without it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec

from bot import decoding
from bot.errors import EventTooNew, LogError, Misuse
from bot.incident.events import KINDS, Event
from bot.incident.lanes import Lane, LaneKind

LANES = 4096
"""How many names of lanes are kept read: each claim in a log has one."""


@lru_cache(LANES)
def lane_of(text: str) -> Lane:
    """The lane of this name, as logs hold it and people write it. Misuse if there is no such kind of lane."""
    kind, _, subject = text.partition(":")
    if kind not in LaneKind:
        raise Misuse(f"There is no lane {text[:64]!r}: `bot show` names those that there are.")
    return Lane(LaneKind(kind), subject)


def to_stored(value: object) -> object:
    """Of a type that JSON does not have: how it is stored. For an encoder's `enc_hook`."""
    if isinstance(value, Lane):
        return str(value)
    raise NotImplementedError(f"nothing says how a {type(value).__name__} is stored")


def from_stored(kind: type, value: object) -> object:
    """The way back. For a decoder's `dec_hook`; ValueError for a value that no such thing was stored as."""
    if kind is not Lane or not isinstance(value, str):
        raise ValueError(f"a {kind.__name__} is not stored so")
    try:
        return lane_of(value)
    except Misuse as misuse:
        raise ValueError(str(misuse)) from None


_ENCODER = msgspec.json.Encoder(order="sorted", enc_hook=to_stored)


def encode(event: Event) -> str:
    """The event's fields as canonical JSON."""
    return _ENCODER.encode(event).decode()


def version_of(kind: str) -> int:
    """The version of this kind's shape that this program writes."""
    return int(KINDS[kind].v)  # type: ignore[attr-defined]


def decode(kind: str, data: str) -> Event:
    """The event of this kind. EventTooNew for what a newer program wrote, LogError for data of another shape."""
    if kind not in KINDS:
        raise EventTooNew(f"its kind {kind!r} is not known")
    try:
        event: Event = decoding.decode(data, KINDS[kind], from_stored)
    except msgspec.DecodeError as error:
        _demand_version(kind, data)
        raise LogError(f"an event of kind {kind!r} cannot be read: {error}") from None
    if encode(event) == data and event.v == version_of(kind):
        return event  # there is nothing in it to overlook
    _demand_version(kind, data)
    stored = decoding.decode(data, dict[str, Any])
    if unknown := _unknown(stored, msgspec.to_builtins(event, enc_hook=to_stored)):
        raise EventTooNew(f"its kind {kind!r} has a field {unknown!r} that is not known")
    return event


def _demand_version(kind: str, data: str) -> None:
    """EventTooNew where the data names a version above that of this program."""
    try:
        version = decoding.decode(data, _Versioned).v
    except msgspec.DecodeError:
        return
    if version > version_of(kind):
        raise EventTooNew(f"version {version} of its kind {kind!r} is not known")


@dataclass(frozen=True)
class _Versioned:
    v: int = 1


def _unknown(stored: object, read: object, name: str = "") -> str:
    """The first field of what is stored, however deep, that was not read; empty if all were."""
    match stored, read:
        case dict(), dict():
            for key, value in stored.items():
                if key not in read:
                    return str(key)
                if found := _unknown(value, read[key], str(key)):
                    return found
        case list(), list() | tuple():
            for one, other in zip(stored, read, strict=False):
                if found := _unknown(one, other, name):
                    return found
    return ""
