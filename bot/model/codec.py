"""An event as a log holds it, and events as canonical JSON text and back.

Canonical: keys sorted, no white space, UTF-8, so that the same event always has the same digest. An event with an
unknown kind, version or field raises `EventTooNew`: a newer program wrote it, and guessing its meaning could lead to a
wrong revocation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from bot import decoding
from bot.errors import EventTooNew, LogError
from bot.model.frozen import Frozen


class Codec[E]:
    """`kinds` maps the permanent names in logs to event classes; each class has its version as `v`. `to_stored` and
    `from_stored` convert types that JSON lacks: msgspec's `enc_hook` and `dec_hook`.
    """

    def __init__(
        self,
        kinds: Mapping[str, type[E]],
        to_stored: Callable[[object], object] | None = None,
        from_stored: Callable[[type, object], object] | None = None,
    ) -> None:
        self.kinds = kinds
        self._names = {kind: name for name, kind in kinds.items()}
        # Of keyword alone, `v` is the last field.
        self._versions = {name: kind.__struct_defaults__[-1] for name, kind in kinds.items()}  # type: ignore[attr-defined]
        self._to_stored, self._from_stored = to_stored, from_stored
        self._encoder = msgspec.json.Encoder(order="sorted", enc_hook=to_stored)

    def kind_of(self, event: E) -> str:
        """The stored name of the event's kind."""
        return self._names[type(event)]

    def encode(self, event: E) -> str:
        """The event's fields as canonical JSON."""
        return self._encoder.encode(event).decode()

    def decode(self, kind: str, data: str) -> E:
        """The event of this kind. EventTooNew for what a newer program wrote, LogError for data of another shape."""
        if kind not in self.kinds:
            raise EventTooNew(f"its kind {kind!r} is not known")
        try:
            event = decoding.decode(data, self.kinds[kind], self._from_stored)
        except msgspec.DecodeError as error:
            self._demand_version(kind, data)
            raise LogError(f"an event of kind {kind!r} cannot be read: {error}") from None
        if self.encode(event) == data and event.v == self._versions[kind]:  # type: ignore[attr-defined]
            return event  # there is nothing in it to overlook
        self._demand_version(kind, data)
        stored = decoding.decode(data, dict[str, Any])
        if unknown := _unknown(stored, msgspec.to_builtins(event, enc_hook=self._to_stored)):
            raise EventTooNew(f"its kind {kind!r} has a field {unknown!r} that is not known")
        return event

    def _demand_version(self, kind: str, data: str) -> None:
        """EventTooNew where the data names a version above that of this program."""
        try:
            version = decoding.decode(data, _Versioned).v
        except msgspec.DecodeError:
            return
        if version > self._versions[kind]:
            raise EventTooNew(f"version {version} of its kind {kind!r} is not known")


@dataclass(frozen=True)
class _Versioned:
    v: int = 1


def _unknown(stored: object, read: object, name: str = "") -> str:
    """The first field of the stored value that was not read, at any depth; empty if all were."""
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


class Recorded[E](Frozen):
    """Its place, its time (UTC) and who did it (a person's name, or ``bot``)."""

    seq: int
    at: datetime
    actor: str
    event: E
    command_id: str | None = None
