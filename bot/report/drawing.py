"""The time from exposure to containment as a drawing: one lane a key, on one time axis.

With very many keys it shows the most important ones: unfinished ones, then the last dead ones.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.incident import events as e
from bot.incident.model import Old, PageAction
from bot.incident.state import Incident, SecretState
from bot.phrases.report import after, dead_label, live_label
from bot.report.facts import entries

BEFORE = 0.18
"""The share of the width before the declaration: hours there must not squeeze the minutes after it."""
LINEAR = 40
"""Up to this ratio of the last time to the first the axis is even; beyond it each mark is further than the last."""
MOST_LANES = 30
STEPS = (
    (10, "10 s"),
    (60, "1 min"),
    (600, "10 min"),
    (3600, "1 h"),
    (21_600, "6 h"),
    (86_400, "1 d"),
    (604_800, "7 d"),
)


@dataclass(frozen=True)
class Bar:
    """A stretch of a lane, from 0 (left) to 1. `kind`: ``alive`` (the old key), ``live`` (the new one)."""

    kind: str
    start: float
    end: float


@dataclass(frozen=True)
class Mark:
    """A moment on the axis (``noticed``, ``declared``, ``paged``), or on a lane (``approved``, ``glass``)."""

    kind: str
    at: float
    label: str


@dataclass(frozen=True)
class DrawnKey:
    name: str
    bars: tuple[Bar, ...]
    marks: tuple[Mark, ...]
    label: str
    over: bool


@dataclass(frozen=True)
class Drawing:
    """`words` describe it for people who cannot see it; `more` keys have no lane of their own."""

    keys: tuple[DrawnKey, ...]
    marks: tuple[Mark, ...]
    ticks: tuple[Mark, ...]
    even: bool
    words: str
    more: int = 0

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds in the lanes, each once, for a legend."""
        drawn = {bar.kind for key in self.keys for bar in key.bars} | {m.kind for key in self.keys for m in key.marks}
        return tuple(kind for kind in ("alive", "doubtful", "live", "approved", "glass") if kind in drawn)


@dataclass(frozen=True)
class _Axis:
    start: datetime
    declared: datetime
    end: datetime
    even: bool
    first: float

    def place(self, at: datetime) -> float:
        """The position of a time, between 0 and 1."""
        if at < self.declared:
            before = max((self.declared - self.start).total_seconds(), 1)
            return BEFORE * max(0.0, 1 - (self.declared - at).total_seconds() / before)
        return BEFORE + (1 - BEFORE) * min(1.0, self._share((at - self.declared).total_seconds()))

    def _share(self, seconds: float) -> float:
        total = max((self.end - self.declared).total_seconds(), 1)
        if self.even:
            return seconds / total
        return math.log1p(seconds / self.first) / math.log1p(total / self.first)

    def ticks(self) -> Iterator[Mark]:
        total = (self.end - self.declared).total_seconds()
        shown = 0.0
        for seconds, label in STEPS:
            at = BEFORE + (1 - BEFORE) * self._share(seconds)
            if seconds < total and at - shown > 0.08 and at < 0.96:
                shown = at
                yield Mark("tick", at, label)


def drawing_of(incident: Incident, events: Sequence[e.Recorded], now: datetime) -> Drawing:
    """`now` is the end of the lanes of keys that still work."""
    axis = _axis(incident, now)
    secrets = list(incident.secrets.values())
    shown = set(sorted(range(len(secrets)), key=lambda at: _weight(secrets[at]), reverse=True)[:MOST_LANES])
    drawn = [secret for at, secret in enumerate(secrets) if at in shown]
    keys = tuple(_key(incident, secret, axis, events, now) for secret in drawn)
    more = len(secrets) - len(keys)
    words = f"{_words(keys)} {more} more keys are not drawn." if more else _words(keys)
    return Drawing(keys, tuple(_marks(incident, axis, events)), tuple(axis.ticks()), axis.even, words, more)


def _weight(secret: SecretState) -> tuple[bool, float]:
    dead = secret.old.contained_at
    return not (secret.gone and secret.in_place), dead.timestamp() if dead is not None else 0.0


def _axis(incident: Incident, now: datetime) -> _Axis:
    declared = incident.declared.at
    times = [at for secret in incident.secrets.values() for at in _times(secret)]
    lives = any(not secret.gone for secret in incident.secrets.values())
    ends = [*times, now] if lives or not times else times
    after = [seconds for at in ends if (seconds := (at - declared).total_seconds()) > 0]
    end = max([*ends, declared])
    end += (end - declared) * 0.06
    starts = [at for secret in incident.secrets.values() if (at := _exposed(incident, secret)) is not None]
    first = max(min(after, default=1.0), 1.0)
    even = max(after, default=1.0) <= LINEAR * first
    return _Axis(min([*starts, incident.detected_at, declared]), declared, end, even, first)


def _times(secret: SecretState) -> Iterator[datetime]:
    yield from filter(None, (secret.old.contained_at, secret.new.restored_at))
    if secret.old.attested is not None:
        yield secret.old.attested.at


def _exposed(incident: Incident, secret: SecretState) -> datetime | None:
    """When it got out, as declared; never earlier than the value was put in place."""
    since = secret.old.exposed_since
    if incident.exposed_at is None:
        return None
    return (
        max(incident.exposed_at, since) if since is not None and since < incident.declared.at else incident.exposed_at
    )


def _key(incident: Incident, secret: SecretState, axis: _Axis, events: Sequence[e.Recorded], now: datetime) -> DrawnKey:
    begun = _exposed(incident, secret) or incident.detected_at
    doubtful = secret.old.contained_at is None and secret.old.attested is not None
    bars = [Bar("doubtful" if doubtful else "alive", axis.place(begun), axis.place(secret.old.gone_at or now))]
    if secret.restored and secret.new.restored_at is not None and secret.new.wanted:
        bars.append(Bar("live", axis.place(secret.new.restored_at), 1.0))
    over = secret.old_state is Old.DEAD and secret.restored
    label = f"{dead_label(incident, secret)}, {live_label(incident, secret)}"
    return DrawnKey(secret.name, tuple(bars), tuple(_consents(secret, axis, events)), label, over)


def _consents(secret: SecretState, axis: _Axis, events: Sequence[e.Recorded]) -> Iterator[Mark]:
    for approved in entries(events, e.PlanApproved):
        if secret.name in approved.event.plans:
            yield Mark("approved", axis.place(approved.at), f"approved by {approved.actor}")
    for broken in entries(events, e.GlassBroken):
        if secret.name in broken.event.secrets:
            yield Mark("glass", axis.place(broken.at), f"glass broken by {broken.actor}")


def _marks(incident: Incident, axis: _Axis, events: Sequence[e.Recorded]) -> Iterator[Mark]:
    if incident.declared.at - incident.detected_at >= timedelta(seconds=1):
        yield Mark("noticed", axis.place(incident.detected_at), "noticed")
    yield Mark("declared", axis.place(incident.declared.at), "declared")
    paged = [page.at for page in entries(events, e.PageSent) if page.event.action == PageAction.TRIGGER]
    for at in paged[:1]:
        yield Mark("paged", axis.place(at), f"paged {after(at - incident.declared.at)} later")


def _words(keys: Sequence[DrawnKey]) -> str:
    return "From exposure to containment. " + " ".join(f"{key.name}: {key.label}." for key in keys)
