"""Caches per-secret results until their inputs change.

State is immutable, and an unchanged secret is the same object after an event. Most results for a face or a worker are
about one secret at a time. So of a thousand secrets only the changed ones are computed again, and an incident of a
thousand is as fast as one of four.

Inputs are not declared, so none can be forgotten: the function gets the incident and the time as `_Seen` and `_Now`,
which record what it reads. A result is valid while each answer is the same object, and each comparison of the time
gives the same answer. If the function reads a mapping as a whole, or calculates with the time, nothing is cached.
docs/adr/0011 says what such a function must not do, what this gains, and how to remove it.
"""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterator, KeysView, Mapping, ValuesView
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast, override

from bot.incident.state import Incident, SecretState

MOST = 4096
"""The most secrets with cached results: those of the incidents used last, and of at least one. Dropping results costs
only time.
"""
_NONE = object()


@dataclass(slots=True)
class _Notes:
    """The recorded reads: fields and their values, entries of mappings, and comparisons of the time."""

    fields: dict[str, object] = field(default_factory=dict)
    entries: dict[tuple[str, Any], object] = field(default_factory=dict)
    beside: dict[Any, object] = field(default_factory=dict)
    after: datetime | None = None
    before: datetime | None = None
    lasting: bool = True
    """Whether a change of the answers can be detected."""

    def hold(self, incident: Incident, now: datetime, beside: Mapping[Any, object]) -> bool:
        """Whether the same would be read now. Further inputs are compared by value."""
        if not self.lasting or (self.after is not None and now <= self.after):
            return False
        if self.before is not None and now >= self.before:
            return False
        for name, value in self.fields.items():
            if getattr(incident, name) is not value:
                return False
        for (name, key), value in self.entries.items():
            if getattr(incident, name).get(key, _NONE) is not value:
                return False
        return all(beside.get(key, _NONE) == value for key, value in self.beside.items())


@dataclass(frozen=True, slots=True)
class _Result[T]:
    secret: SecretState
    result: T
    notes: _Notes


class Kept[T]:
    """The results of `work` for each secret, from an incident, a secret of it, the time (UTC), and `beside`: a mapping
    of data about the whole incident.
    """

    def __init__(self, work: Callable[[Incident, SecretState, datetime, Mapping[Any, Any]], T]) -> None:
        self._work = work
        self._known: dict[str, dict[str, _Result[T]]] = {}

    def of(self, incident: Incident, now: datetime, beside: Mapping[Any, Any] | None = None) -> list[T]:
        """For all secrets, in their order: the same as `work` would give now."""
        around = {} if beside is None else beside
        known = self._known.get(incident.id, {})
        found: dict[str, _Result[T]] = {}
        for name, secret in incident.secrets.items():
            last = known.get(name)
            if last is None or last.secret is not secret or not last.notes.hold(incident, now, around):
                last = self._anew(incident, secret, now, around)
            found[name] = last
        self._keep(incident.id, found)
        return [each.result for each in found.values()]

    def _keep(self, incident: str, found: dict[str, _Result[T]]) -> None:
        """Threads may store results at the same time: each is correct, and each step here is atomic."""
        before = self._known.pop(incident, None)
        self._known[incident] = found
        if before is not None and len(found) <= len(before):
            return
        left = sum(map(len, list(self._known.values())))
        for oldest in list(self._known)[:-1]:
            if left <= MOST:
                break
            left -= len(self._known.pop(oldest, ()))

    def _anew(self, incident: Incident, secret: SecretState, now: datetime, beside: Mapping[Any, Any]) -> _Result[T]:
        notes = _Notes()
        seen = cast("Incident", _Seen(incident, notes))
        result = self._work(seen, secret, _Now.at(now, notes), _Beside(beside, notes))
        return _Result(secret, result, notes)


def _noted(name: str) -> property:
    """A field of the incident, as `_Seen` has it."""

    def read(seen: _Seen) -> Any:
        value = getattr(seen.incident, name)
        if isinstance(value, dict):
            return _Entries(name, value, seen.noted_in)
        seen.noted_in.fields[name] = value
        return value

    return property(read)


@dataclass
class _Seen:
    """An incident that records what is read of it, also by its properties and methods."""

    incident: Incident
    noted_in: _Notes


for _name in dir(Incident):
    if not _name.startswith("__"):
        setattr(_Seen, _name, _noted(_name) if _name in Incident.__struct_fields__ else getattr(Incident, _name))


class _Entries(Mapping[Any, Any]):
    """A mapping of the incident's: single entries are noted, and reading it as a whole."""

    def __init__(self, name: str, entries: Mapping[Any, Any], notes: _Notes) -> None:
        self._name, self._entries, self._notes = name, entries, notes

    def _entry(self, key: Any) -> object:
        value = self._entries.get(key, _NONE)
        self._notes.entries[self._name, key] = value
        return value

    def _whole(self) -> Mapping[Any, Any]:
        if self._entries:
            self._notes.lasting = False
        else:  # what is empty is mostly empty again
            self._notes.fields[self._name] = self._entries
        return self._entries

    @override
    def __getitem__(self, key: Any) -> Any:
        if (value := self._entry(key)) is _NONE:
            raise KeyError(key)
        return value

    @override
    def get(self, key: Any, default: Any = None) -> Any:
        return default if (value := self._entry(key)) is _NONE else value

    @override
    def __contains__(self, key: object) -> bool:
        return self._entry(key) is not _NONE

    @override
    def __iter__(self) -> Iterator[Any]:
        return iter(self._whole())

    @override
    def __len__(self) -> int:
        return len(self._whole())

    @override
    def keys(self) -> KeysView[Any]:
        return self._whole().keys()

    @override
    def values(self) -> ValuesView[Any]:
        return self._whole().values()

    @override
    def items(self) -> ItemsView[Any, Any]:
        return self._whole().items()


class _Beside(_Entries):
    """The data about the whole incident, recorded in the same way."""

    def __init__(self, entries: Mapping[Any, Any], notes: _Notes) -> None:
        super().__init__("", entries, notes)

    @override
    def _entry(self, key: Any) -> object:
        value = self._entries.get(key, _NONE)
        self._notes.beside[key] = value
        return value

    @override
    def _whole(self) -> Mapping[Any, Any]:
        self._notes.lasting = False
        return self._entries


class _Now(datetime):
    """The time, which records its comparisons. A function that calculates with it, or shows it, has a result for this
    moment only.
    """

    _plain: datetime
    _notes: _Notes

    @classmethod
    def at(cls, now: datetime, notes: _Notes) -> _Now:
        date, clock = (now.year, now.month, now.day), (now.hour, now.minute, now.second, now.microsecond)
        made = cls(*date, *clock, now.tzinfo, fold=now.fold)
        made._plain, made._notes = now, notes
        return made

    def _to(self, other: object) -> datetime:
        """Notes on which side of another time it is."""
        now, notes = self._plain, self._notes
        if not isinstance(other, datetime) or now == other:
            notes.lasting = False
        elif now < other:
            notes.before = other if notes.before is None else min(notes.before, other)
        else:
            notes.after = other if notes.after is None else max(notes.after, other)
        return now

    def _exactly(self) -> datetime:
        self._notes.lasting = False
        return self._plain

    @override
    def __getattribute__(self, name: str) -> Any:
        own = name.startswith("_")
        return object.__getattribute__(self, name) if own else getattr(self._exactly(), name)


def _compared(how: str) -> Callable[[_Now, object], object]:
    return lambda now, other: getattr(now._to(other), how)(other)  # noqa: SLF001 - its own


def _exact(how: str) -> Callable[..., object]:
    return lambda now, *given: getattr(now._exactly(), how)(*given)  # noqa: SLF001 - its own


for _name in ("__lt__", "__le__", "__gt__", "__ge__", "__eq__"):
    setattr(_Now, _name, _compared(_name))
for _name in ("__hash__", "__add__", "__radd__", "__sub__", "__rsub__", "__format__", "__str__", "__repr__"):
    setattr(_Now, _name, _exact(_name))
