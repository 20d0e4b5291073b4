"""Judges two years of planned rotations by what was logged and said, and by nothing that the schedule has worked out.

It reads the clock on the wall and the calendar by itself, and counts ages from the logs alone.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.incident import events as e
from bot.model.playbooks import RunKind
from tests.support.two_years import BEGIN, DAY, ENVIRONMENTS, TIMINGS

WEEK = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True)
class Told:
    """One run or incident, by its log: `ended` None while it is open, `proven` None where its rotation was not."""

    name: str
    key: tuple
    provider: str
    consumers: frozenset
    routine: bool
    begun: datetime
    ended: datetime | None
    live: datetime | None
    proven: datetime | None
    revoked: tuple
    made: int
    swaps: bool = False
    asked: datetime | None = None
    """When two people were asked for it first."""

    def waited(self, at):
        """Whether it stood for nothing but people's answers, its overlap over."""
        over = self.swaps or (self.live is not None and self.live + timedelta(seconds=TIMINGS.overlap) <= at)
        asked = self.asked is not None and self.asked <= at
        return self.routine and over and asked and not any(each <= at for each in self.revoked)


def read(run):
    routine, key, provider, consumers = False, (), "", frozenset()
    ended = live = proven = asked = None
    swaps = False
    revoked, made, environment = [], 0, ""
    for recorded in run.log:
        match recorded.event:
            case e.IncidentDeclared() as event:
                name, environment, begun = event.incident, event.environment, recorded.at
                routine = event.playbook.kind is RunKind.ROTATION
            case e.SecretAdded() as event:
                key, provider = (environment, event.secret.name), event.secret.provider
                swaps = event.secret.capabilities.swaps
                consumers = frozenset(each.function for each in event.secret.consumers)
            case e.ValueLive():
                live = recorded.at
            case e.ValueStaged():
                made += 1
            case e.OldProvenDead():
                proven = recorded.at
            case e.ApprovalRequested():
                asked = asked or recorded.at
            case e.AccessRevoked():
                revoked.append(recorded.at)
            case e.IncidentClosed():
                ended = recorded.at
    return Told(name, key, provider, consumers, routine, begun, ended, live, proven, tuple(revoked), made, swaps, asked)


class Judge:
    def __init__(self, town) -> None:
        self.town = town
        self.told = sorted((read(run) for run in town.runs.values()), key=lambda each: each.begun)
        self.routine = [each for each in self.told if each.routine]
        self.leaks = [each for each in self.told if not each.routine]
        self.days = Counter()
        """By provider and what was so, the days of all its secrets."""

    # --- what was promised ----------------------------------------------------------------------------------------

    def wrong(self):
        """A sentence for each promise that was not kept."""
        return [
            *self._windows(), *self._together(), *self._twice(), *self._in_incidents(), *self._order(), *self._keys(),
            *self._ages(),
        ]  # fmt: skip

    def _windows(self):
        for one in self.routine:
            for what, at in [("begun", one.begun), *(("revoked", at) for at in one.revoked)]:
                if not open_at(self.town.entries[one.key].window.text, at):
                    yield f"{one.name} was {what} at {at}, outside its window"

    def _together(self):
        """A provider has one run at a time that does not wait for people, whatever the environment."""
        running = {}
        for one in self.routine:
            before = [each for each in running.get(one.provider, ()) if each.ended is None or each.ended > one.begun]
            for each in before:
                if not each.waited(one.begun):
                    yield f"{one.name} was begun at {one.begun} while {each.name} was at {one.provider}"
            running[one.provider] = [*before, one]

    def _twice(self):
        """None is rotated a second time on the same day, or while less than a third of its time is over."""
        last = {}
        for one in self.routine:
            before = last.get(one.key)
            days = self.town.entries[one.key].policy.rotate_after_days
            if before is not None and before.proven is not None and one.begun - before.proven < days * DAY / 3:
                yield f"{one.key} was rotated at {before.begun} and again at {one.begun}"
            if before is not None and before.begun.date() == one.begun.date():
                yield f"{one.key} was begun twice on {one.begun.date()}"
            last[one.key] = one

    def _in_incidents(self):
        for one in self.routine:
            for leak in self.leaks:
                during = leak.begun <= one.begun and (leak.ended is None or one.begun < leak.ended)
                if during and (leak.key == one.key or leak.provider == one.provider or leak.consumers & one.consumers):
                    yield f"{one.name} was begun at {one.begun} while {leak.name} had {leak.key}, {leak.consumers}"

    def _order(self):
        """Before it was begun, the environments with less harm had been rotated since its own last rotation, production
        a day after them.
        """
        for one in self.routine:
            environment, name = one.key
            own = self._proven_before(one.key, one.begun)
            for other in ENVIRONMENTS[ENVIRONMENTS.index(environment) + 1 :]:
                key = other, name
                if key not in self.town.entries or self._passed(key, one.begun):
                    continue
                theirs = self._proven_before(key, one.begun)
                if theirs is None or (own is not None and theirs <= own):
                    yield f"{one.name} of {one.key} was begun before {other}"
                elif environment == ENVIRONMENTS[0] and one.begun - theirs < DAY:
                    yield f"{one.name} of {one.key} was begun {one.begun - theirs} after {other}"

    def _keys(self):
        for one in self.told:
            if one.proven is not None and one.made != 1:
                yield f"{one.name} has made {one.made} values"

    def _ages(self):
        """On each morning it is within its time, or said to be overdue."""
        for key, entry in self.town.entries.items():
            limit = entry.policy.rotate_after_days * DAY
            for number in range((self.town.end - BEGIN).days):
                at = BEGIN + number * DAY + timedelta(hours=8)
                counted = max([self.town.written[key], *self._lives(key, at)])
                state = "in time"
                if at - counted >= limit:
                    state = "overdue, and said"
                    if (at.date(), *key) not in self.town.said:
                        yield f"{key} was overdue on {at.date()}, and nobody said so"
                self.days[entry.provider, state] += 1

    # --- reading the logs -----------------------------------------------------------------------------------------

    def _lives(self, key, at):
        return [
            one.live for one in self._of(key) if one.live is not None and one.proven is not None and one.proven <= at
        ]

    def _proven_before(self, key, at):
        return max(self._lives(key, at), default=None)

    def _of(self, key):
        if not hasattr(self, "_by_key"):
            self._by_key = {}
            for one in self.told:
                self._by_key.setdefault(one.key, []).append(one)
        return self._by_key.get(key, [])

    def _passed(self, key, at):
        """Whether nothing waited for it: the catalog put it off, or its own run waited for people."""
        put_off = any(one == key and begins <= at < until for one, begins, until in self.town.put_off)
        return put_off or any(one.waited(at) for one in self._of(key))

    # --- the table ------------------------------------------------------------------------------------------------

    def table(self):
        """Markdown, a row for each provider."""
        head = ("provider", "secrets", "rotated", "longest", "leaks", "days in time", "overdue, and said")
        rows = [head, tuple("---" for _ in head)]
        for provider in sorted({entry.provider for entry in self.town.entries.values()}):
            runs = [one for one in self.routine if one.provider == provider and one.proven is not None]
            longest = max((one.ended - one.begun for one in runs if one.ended is not None), default=timedelta())
            rows.append((
                provider, sum(entry.provider == provider for entry in self.town.entries.values()), len(runs),
                f"{longest / DAY:.1f} d", sum(one.provider == provider for one in self.leaks),
                *(self.days[provider, state] for state in ("in time", "overdue, and said")),
            ))  # fmt: skip
        stops, killed = self.town.counts["stops"], self.town.killed
        lines = [f"| {' | '.join(str(cell) for cell in row)} |" for row in rows]
        return "\n".join(
            [*lines, "", f"{killed} workers killed, {stops} schedules stopped, {len(self.town.put_off)} put off"]
        )


def open_at(text, at):
    """By the clock on the wall alone: in the hour that comes twice both times count as open."""
    days, hours, zone = text.split()
    local = at.astimezone(ZoneInfo(zone))
    first, _, last = days.partition("-")
    opens, closes = hours.split("-")
    on = (local.weekday() - WEEK.index(first)) % 7 <= (WEEK.index(last or first) - WEEK.index(first)) % 7
    return on and opens <= f"{local:%H:%M}" < closes
