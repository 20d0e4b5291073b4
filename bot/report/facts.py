"""The parts of a view: statements with the events behind them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.incident import events as e
from bot.incident.events import Recorded
from bot.incident.state import COMPARISON, SecretState, Task
from bot.phrases.times import moment


@dataclass(frozen=True)
class Fact:
    """A sentence and the numbers of the events that it rests on."""

    text: str
    seqs: tuple[int, ...] = ()


@dataclass(frozen=True)
class Entry[E]:
    """An event of a known kind, with its place in the log, its time and its actor."""

    seq: int
    at: datetime
    actor: str
    event: E


def entries[E](events: Sequence[Recorded], kind: type[E], secret: str = "") -> list[Entry[E]]:
    """All events of `kind` in order; with `secret`, only the ones about it."""
    return [
        Entry(recorded.seq, recorded.at, recorded.actor, recorded.event)
        for recorded in events
        if isinstance(recorded.event, kind) and (not secret or getattr(recorded.event, "secret", "") == secret)
    ]


def seqs[E](found: Iterable[Entry[E]]) -> tuple[int, ...]:
    return tuple(entry.seq for entry in found)


def how_it_ended(task: Task) -> str:
    """The result of a task, with the person; empty while it is open."""
    if task.done is not None:
        return f"done by {task.done.name}, {moment(task.done.at)}"
    return f"declined by {task.declined.name}: {task.reason}" if task.declined is not None else ""


def consumers_seen(secret: SecretState, events: Sequence[Recorded]) -> tuple[int, ...]:
    """The last look at how the consumers are with the new key."""
    kinds = (e.ValueLive, e.ConsumersAsked, e.ConsumersFailing)
    looks = [number for kind in kinds for number in seqs(entries(events, kind, secret.name))]
    return tuple(sorted(looks)[-1:])


def compared_at(events: Sequence[Recorded], secret: str) -> tuple[int, ...]:
    """The event of the last comparison of the leaked key with the secret's; empty if there was none."""
    return seqs([one for one in entries(events, e.ValueSighted, secret) if one.event.source == COMPARISON][-1:])
