"""The stored form of incidents' events: the names of lanes, in addition to the common form."""

from __future__ import annotations

from functools import lru_cache

from bot.errors import Misuse
from bot.incident.events import KINDS, Event
from bot.incident.lanes import Lane, LaneKind
from bot.model.codec import Codec

LANES = 4096
"""How many names of lanes are kept read: each claim in a log has one."""


@lru_cache(LANES)
def lane_of(text: str) -> Lane:
    """The lane of this name, as logs hold it and people write it. Misuse if there is no such kind of lane."""
    kind, _, subject = text.partition(":")
    if kind not in LaneKind:
        raise Misuse(f"There is no lane {text[:64]!r}: `bot show` lists the lanes.")
    return Lane(LaneKind(kind), subject)


def to_stored(value: object) -> object:
    """The stored form of a type that JSON lacks. For an encoder's `enc_hook`."""
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


CODEC: Codec[Event] = Codec(KINDS, to_stored, from_stored)
encode, decode = CODEC.encode, CODEC.decode
