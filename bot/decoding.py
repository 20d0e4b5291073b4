"""Reads JSON as a type: the only place that calls msgspec for it.

msgspec stores what it learns about a class in the class, and other threads can see it half written. Two threads that
read a new class at the same time can crash the process (seen with msgspec 0.22.0 on CPython 3.13). So each decoder is
made once, under one lock; afterwards it is thread-safe.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Lock
from typing import Any

import msgspec

type Hook = Callable[[type, object], object]
"""Turns a plain value into one of a type that msgspec does not know. ValueError for one that cannot be."""

TOO_DEEP = "nested too deeply"

_made: dict[tuple[Any, Hook | None], msgspec.json.Decoder[Any]] = {}
_making = Lock()


def decoder[T](shape: type[T], hook: Hook | None = None) -> msgspec.json.Decoder[T]:
    """Made once for each shape (a type that msgspec decodes) and hook."""
    found = _made.get((shape, hook))
    if found is None:
        with _making:
            found = _made.get((shape, hook)) or msgspec.json.Decoder(shape, dec_hook=hook)
            _made[shape, hook] = found
    return found


def decode[T](data: bytes | str, shape: type[T], hook: Hook | None = None) -> T:
    """`data` as `shape`. msgspec.DecodeError for other or invalid JSON."""
    try:
        return decoder(shape, hook).decode(data)
    except RecursionError:
        raise msgspec.DecodeError(TOO_DEEP) from None


def convert[T](value: object, shape: type[T]) -> T:
    """An already decoded value, such as an answer of boto3, as `shape`. msgspec.ValidationError if it does not fit."""
    decoder(shape)  # from then on all that `shape` holds is known
    try:
        return msgspec.convert(value, shape)
    except RecursionError:
        raise msgspec.ValidationError(TOO_DEEP) from None


def strings(value: object) -> Iterator[str]:
    """All strings in a decoded value, at any depth; in mappings only those of their values."""
    match value:
        case str():
            yield value
        case dict():
            yield from (text for inner in value.values() for text in strings(inner))
        case list() | tuple():
            yield from (text for inner in value for text in strings(inner))
