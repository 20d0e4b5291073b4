"""The attempts at commands that wait at the worker: which are being checked, and when to try one again.

Nothing of this is stored: a new worker tries everything that waits.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.eventlog import CommandAnswer, InboxRow
from bot.eventlog.forms import parse_time
from bot.eventlog.inbox import Head, Refusal, said_in
from bot.inbox.proving import AT_MOST

CHECKS_TAKEN = 32
"""The most slow checks that run or wait for a thread. Later attempts are chosen again, fresh ones first."""
AGAIN, AT_LATEST = timedelta(seconds=2), timedelta(seconds=16)
"""Between the first two tries to check a proof that could not be checked, twice as long each time, and at most."""


@dataclass
class _Tries:
    """How often an attempt could not be decided, since when, and when it is tried again."""

    first: datetime
    count: int = 0
    again: datetime | None = None


@dataclass
class Attempts:
    """What the threads that answer the inbox know of it together."""

    _busy: set[int] = field(default_factory=set)
    _tries: dict[int, _Tries] = field(default_factory=dict)
    _since: dict[str, datetime] = field(default_factory=dict)
    """The time since which a command waits for its proof to be checked, over all of its attempts."""
    _late: dict[str, tuple[InboxRow, str]] = field(default_factory=dict)
    """Attempts that were given up after they had waited, by command, with the reason."""
    _said: dict[str, datetime] = field(default_factory=dict)
    """When it was last said of an incident that something waits."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def forget_all_but(self, heads: Sequence[Head]) -> None:
        """`heads` are all waiting attempts."""
        numbers, ids = {head.number for head in heads}, {head.command_id for head in heads}
        with self._lock:
            self._tries = {number: tries for number, tries in self._tries.items() if number in numbers}
            self._since = {command_id: at for command_id, at in self._since.items() if command_id in ids}
            self._late = {command_id: late for command_id, late in self._late.items() if command_id in ids}

    def due(self, heads: Sequence[Head], now: datetime) -> list[Head]:
        """Attempts whose time has come and that no thread is answering."""
        with self._lock:
            return [head for head in heads if head.number not in self._busy and self._ready(head, now)]

    def _ready(self, head: Head, now: datetime) -> bool:
        tries = self._tries.get(head.number)
        return tries is None or tries.again is None or tries.again <= now

    def chosen(self, heads: Sequence[Head]) -> list[Head]:
        """As many attempts as there is room for. Untried ones first, alternating between the oldest and the newest, so
        that any number of worthless attempts delays an honest one only briefly.
        """
        with self._lock:
            room = CHECKS_TAKEN - len(self._busy)
            fresh = deque(head for head in heads if head.number not in self._tries)
            again = [head for head in heads if head.number in self._tries]
        chosen: list[Head] = []
        while fresh and len(chosen) < room:
            chosen.append(fresh.popleft() if len(chosen) % 2 == 0 else fresh.pop())
        return chosen + again[: max(room - len(chosen), 0)]

    def begin(self, heads: Sequence[Head]) -> None:
        with self._lock:
            self._busy |= {head.number for head in heads}

    def end(self, head: Head) -> None:
        with self._lock:
            self._busy.discard(head.number)

    def end_all(self) -> None:
        """No thread is left that could answer one."""
        with self._lock:
            self._busy.clear()

    def later(self, row: InboxRow, now: datetime) -> timedelta:
        """It is tried again, after twice as long each time. How long it has waited."""
        with self._lock:
            tries = self._tries.setdefault(row.number, _Tries(now))
            tries.count += 1
            tries.again = now + min(AGAIN * 2 ** min(tries.count - 1, 8), AT_LATEST)
            return now - tries.first

    def unchecked(self, row: InboxRow, now: datetime) -> tuple[timedelta, bool]:
        """How long its command has waited for a check, and whether to inform its people now: once in a while."""
        with self._lock:
            since = self._since.setdefault(row.command_id, now)
            last = self._said.get(row.incident)
            say = last is None or now - last > AT_MOST
            if say:
                self._said[row.incident] = now
        return now - since, say

    def was_unchecked(self, command_id: str) -> bool:
        """Whether it could not be checked in time: its sender may no longer be waiting."""
        return command_id in self._since

    def given_up(self, row: InboxRow, reason: str) -> None:
        with self._lock:
            self._late[row.command_id] = (row, reason)

    def settled(self, command_id: str) -> tuple[InboxRow, str] | None:
        """The command has its answer. The attempt at it that was given up late, with the reason; None if none was."""
        with self._lock:
            self._since.pop(command_id, None)
            return self._late.pop(command_id, None)


def age(row: InboxRow, now: datetime) -> timedelta | None:
    """The age of the command by its sender's clock; None if its time is invalid."""
    try:
        return now - parse_time(row.at)
    except (ValueError, TypeError, OverflowError):
        return None


def refused(attempt: Head | InboxRow, incident: str, reason: str) -> Refusal:
    """The record of a refused attempt."""
    answer = CommandAnswer(accepted=False, incident=incident, reason=reason)
    said = said_in(attempt) if isinstance(attempt, InboxRow) else ""
    return Refusal(attempt.number, attempt.command_id, attempt.proof_kind, answer, said=said)
