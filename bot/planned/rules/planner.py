"""The plan of all due rotations: which secret is rotated when. Pure.

For one secret the environment with the least harm comes first. The next one follows only once that has been rotated
since the next one's own last rotation: development, staging, and production at least a day later. A provider has one
run at a time over all environments, not counting runs that wait for people. A rotation does not begin outside its
windows, before the catalog's day, while its provider's schedule, or that of a secret in its run, is stopped, or while
an incident has the secret, its provider or a function that reads it.

A rotation should begin at its due date, less the spare time (`SPARE`), less an overlap and the work for each place in
its provider's queue from its own on, within its windows. Values do not differ by consumer in this catalog: all
functions that read a secret read one parameter, so no consumer can go first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.planned.rules.rotatable import WORK, Key, Occupied, Plan, Planned, Rotatable, blocked, end_of

LAST_ENVIRONMENT_AFTER = timedelta(days=1)
"""Between the end of a secret's rotation in all other environments and its beginning in the one with the most harm."""


def plan(
    rotatables: Collection[Rotatable],
    taken: Sequence[Occupied],
    stopped: Mapping[str, str],
    environments: Sequence[str],
    now: datetime,
) -> Plan:
    """`environments` are in the catalog's order, the one with the most harm first; `taken` is everything open;
    `stopped` has a sentence for each provider whose schedule waits for a person.
    """
    ranks = {name: rank for rank, name in enumerate(reversed(environments))}
    by_provider: dict[str, list[Rotatable]] = {}
    for each in rotatables:
        by_provider.setdefault(each.provider, []).append(each)
    found: dict[Key, Planned] = {}
    for provider, queue in by_provider.items():
        found |= _Queue(provider, queue, taken, stopped, ranks, now).planned()
    return Plan(found)


def _latest_start(rotatable: Rotatable, ends_by: datetime) -> datetime:
    """The latest time in its windows at which it can begin, so that its revocation also falls into them and it ends in
    time.
    """
    kill = rotatable.window.last_open(ends_by - WORK)
    return rotatable.window.last_open(kill - rotatable.overlap)


@dataclass
class _Queue:
    """The rotations at one provider, one after another."""

    provider: str
    queue: Sequence[Rotatable]
    taken: Sequence[Occupied]
    stopped: Mapping[str, str]
    ranks: Mapping[str, int]
    now: datetime

    def __post_init__(self) -> None:
        self.waiting = {(one.environment, name) for one in self.taken if one.waits for name in one.secrets}
        """What runs have that wait for people: nothing waits for them."""
        self.by_secret: dict[str, list[Rotatable]] = {}
        for each in sorted(self.queue, key=lambda each: self.ranks.get(each.environment, 0)):
            self.by_secret.setdefault(each.secret, []).append(each)
        self.last = max(self.ranks, key=self.ranks.__getitem__) if len(self.ranks) > 1 else ""
        """The environment with the most harm."""
        self.latest = self._latest()
        self.found: dict[Key, Planned] = {}

    # --- when each has to begin at the latest -------------------------------------------------------------------------

    def _latest(self) -> dict[Key, datetime]:
        """From the last of the queue to the first: each ends by its due date, and before the one after it begins."""
        found: dict[Key, datetime] = {}
        placed = [(rank, each) for stages in self.by_secret.values() for rank, each in enumerate(stages)]
        queue = sorted((self._due(each), rank, each.secret, each) for rank, each in placed)
        begins = datetime.max.replace(tzinfo=UTC)
        for due, _, _, each in reversed(queue):
            begins = found[each.key] = _latest_start(each, min(due, begins))
        return found

    def _due(self, rotatable: Rotatable) -> datetime:
        """Its own due date, or an earlier one of an environment that waits for it."""
        return min(each.due_at for each in (rotatable, *self._followers(rotatable)))

    def _followers(self, rotatable: Rotatable) -> list[Rotatable]:
        """The environments that wait for this one."""
        stages = self.by_secret[rotatable.secret]
        later = stages[stages.index(rotatable) + 1 :]
        return [each for each in later if self._waits_for(each, rotatable)]

    def _pause(self, rotatable: Rotatable) -> timedelta:
        return LAST_ENVIRONMENT_AFTER if rotatable.environment == self.last else timedelta()

    # --- forwards: when each begins -----------------------------------------------------------------------------------

    def planned(self) -> dict[Key, Planned]:
        self.ends: dict[Key, datetime] = {}
        left = [each for stages in self.by_secret.values() for each in stages]
        free_at = self.now
        for each in list(left):
            run = next((one for one in self.taken if _has(one, each)), None)
            if run is not None:
                left.remove(each)
                self._running(each, run)
        why = ""
        for one in self.taken:
            if self.provider in one.providers:
                if one.until is None:
                    why = why or f"{one.incident} is at {self.provider}: one at a time"
                else:
                    free_at = max(free_at, one.until, self.now + WORK)
        waits = {each.key: self._aside(each) or why for each in left}
        self.found |= {each.key: Planned(each, waits=waits[each.key]) for each in left if waits[each.key]}
        self._fill([each for each in left if not waits[each.key]], free_at)
        return self.found

    def _aside(self, rotatable: Rotatable) -> str:
        """Why it cannot begin at any time: a provider of its run is stopped, or it is held; empty if it can."""
        names = sorted(rotatable.providers & self.stopped.keys(), key=lambda name: (name != self.provider, name))
        return self.stopped[names[0]] if names else rotatable.held

    def _running(self, rotatable: Rotatable, run: Occupied) -> None:
        until = None if run.until is None else max(run.until, self.now + WORK)
        kind = "is rotating it" if run.routine else "has it"
        self.found[rotatable.key] = Planned(rotatable, None, until, f"{run.incident} {kind}", run.incident)
        if until is not None:
            self.ends[rotatable.key] = until

    def _fill(self, left: list[Rotatable], free_at: datetime) -> None:
        """Lays one after another, each time the one that can begin first, of several the most urgent."""
        left.sort(key=lambda each: (self.latest[each.key], each.key))
        while (found := self._next(left, free_at)) is not None:
            start, each = found
            left.remove(each)
            free_at = self.ends[each.key] = end_of(each.window, start, each.overlap)
            self.found[each.key] = Planned(each, start, free_at, self._why_later(each, start))
        for each in left:
            self.found[each.key] = Planned(each, waits=self._why_not(each))

    def _next(self, left: Sequence[Rotatable], free_at: datetime) -> tuple[datetime, Rotatable] | None:
        first: tuple[datetime, Rotatable] | None = None
        for each in left:
            start = self._start(each, free_at)
            if start is not None and (first is None or start < first[0]):
                first = start, each
                if start == free_at:
                    break  # none can begin earlier
        return first

    def _start(self, rotatable: Rotatable, free_at: datetime) -> datetime | None:
        """When it can begin, once its provider is free; None while it waits for something other than time."""
        if blocked(rotatable, [one for one in self.taken if not one.routine]):
            return None
        begin = max(free_at, self.wanted_at(rotatable))
        for one in self.taken:
            if one.routine and one.providers & rotatable.tied_providers:
                begin = max(begin, one.until or begin, self.now + WORK)
        for before in self._before(rotatable):
            if before.key not in self.ends:
                return None
            begin = max(begin, self.ends[before.key] + self._pause(rotatable))
        rotated = self._rotated_before(rotatable)
        if rotated is not None:
            begin = max(begin, rotated + self._pause(rotatable))
        return rotatable.window.next_open(begin)

    def wanted_at(self, rotatable: Rotatable) -> datetime:
        """From when on it is to be begun: not before the day that the catalog names, nor in the first half of its time,
        unless another environment waits for it.
        """
        wanted = self.latest[rotatable.key] - rotatable.spare
        if rotatable.counted_at is not None and not self._followers(rotatable):
            wanted = max(wanted, rotatable.counted_at + (rotatable.due_at - rotatable.counted_at) / 2)
        return max(wanted, rotatable.not_before or wanted)

    def _before(self, rotatable: Rotatable) -> Iterator[Rotatable]:
        """The environments that have to be rotated first."""
        stages = self.by_secret[rotatable.secret]
        for each in stages[: stages.index(rotatable)]:
            if self._waits_for(rotatable, each):
                yield each

    def _waits_for(self, later: Rotatable, earlier: Rotatable) -> bool:
        """Whether the later environment waits for the earlier one: that has not been rotated since the later one was.
        One that is put off, or that itself waits for people, is not waited for: it would make others overdue.
        """
        if later.held or _put_off(earlier, self.now) or earlier.key in self.waiting:
            return False
        if earlier.proven_at is None:
            return True
        return later.proven_at is not None and earlier.proven_at <= later.proven_at

    def _rotated_before(self, rotatable: Rotatable) -> datetime | None:
        """When the last of the environments before it was rotated, as far as they have been."""
        stages = self.by_secret[rotatable.secret]
        proven = [each.proven_at for each in stages[: stages.index(rotatable)] if each.proven_at is not None]
        return max(proven, default=None)

    # --- in words -----------------------------------------------------------------------------------------------------

    def _why_later(self, rotatable: Rotatable, start: datetime) -> str:
        """Why it does not begin now; empty where it does, or where it simply is not time yet."""
        if start <= self.now:
            return ""
        if _put_off(rotatable, self.now):
            return f"not before {rotatable.not_before:%Y-%m-%d}: {rotatable.because}"
        if self.wanted_at(rotatable) > self.now:
            return ""
        before = [each.environment for each in self._before(rotatable)]
        if before:
            return f"after {' and '.join(before)}"
        at_provider = next((one.incident for one in self.taken if self.provider in one.providers), "")
        if at_provider:
            return f"{at_provider} is at {self.provider}: one at a time"
        if rotatable.window.next_open(self.now) == start:
            return f"its window opens {start:%Y-%m-%d %H:%M} UTC"
        return f"others at {self.provider} come first"

    def _why_not(self, rotatable: Rotatable) -> str:
        why = blocked(rotatable, self.taken)
        before = [each.environment for each in self._before(rotatable)]
        return why or f"after {' and '.join(before)}"


def _has(one: Occupied, rotatable: Rotatable) -> bool:
    return one.environment == rotatable.environment and rotatable.secret in one.secrets


def _put_off(rotatable: Rotatable, now: datetime) -> bool:
    return rotatable.not_before is not None and rotatable.not_before > now
