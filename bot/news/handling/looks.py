"""The alerts that one look at a source asks about: the changed ones, or all open ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bot.errors import BotError, OutsideError, Throttled, Unreachable
from bot.logs import Logger
from bot.news.cases.state import Alerts, Stage
from bot.news.handling.records import Records
from bot.news.sources.source import Listed, Ref, Source, ref_of

# What waits by itself since it could not be asked: a source, one of its alerts, a look at it, or the comparing.


AGAIN, AT_LATEST = timedelta(seconds=5), timedelta(minutes=5)
"""Between the first two tries, twice as long each time, and at most; longer where a source says so itself."""
LONGEST = timedelta(hours=1)

_log = Logger(__name__)


@dataclass
class _Pause:
    count: int
    until: datetime
    error: BotError


@dataclass
class Pauses:
    """By name. Another worker remembers none of them, and asks."""

    _pauses: dict[str, _Pause] = field(default_factory=dict)

    def begin(
        self, name: str, error: BotError, now: datetime, at_latest: timedelta = AT_LATEST, first: timedelta = AGAIN
    ) -> None:
        count = self._pauses[name].count + 1 if name in self._pauses else 0
        wait = min(first * 2 ** min(count, 12), at_latest)
        if isinstance(error, Throttled) and error.retry_after is not None:
            wait = max(wait, min(timedelta(seconds=error.retry_after), LONGEST))
        self._pauses[name] = _Pause(count, now + wait, error)
        _log.warning("a source of news cannot be asked", source=name, error=str(error))

    def end(self, name: str) -> None:
        self._pauses.pop(name, None)

    def held(self, name: str, now: datetime) -> BotError | None:
        """Why it may not be asked yet; None where it may."""
        pause = self._pauses.get(name)
        return pause.error if pause is not None and pause.until > now else None

    def why(self, now: datetime) -> str:
        """One reason for anything that waits; empty if nothing does."""
        return next((str(pause.error) for pause in self._pauses.values() if pause.until > now), "")


NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass
class Look:
    """A look that began at `began`, with the name of its cursor. `failed` is what could not be asked so far; `held` are
    alerts that were skipped because they wait alone.
    """

    name: str
    source: Source
    began: datetime
    left: Iterator[Listed | None] = field(default_factory=lambda: iter(()))
    """The alerts to ask about; None at a point where the look may be interrupted."""
    failed: list[OutsideError] = field(default_factory=list)
    held: list[BotError] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        return self.name != self.source.name

    @property
    def silent(self) -> OutsideError | None:
        """The parts of the source that do not answer at all."""
        return next((error for error in self.failed if isinstance(error, Unreachable | Throttled)), None)

    @property
    def short_of(self) -> BotError | None:
        """What the look could not cover."""
        return next(iter((*self.failed, *self.held)), None)


@dataclass
class Agenda:
    """`passed` has, by an alert's key, the stamp with which it needs no other look, and when it was asked about."""

    records: Records
    pauses: Pauses
    clock: Callable[[], datetime]
    passed: dict[str, tuple[str, datetime]] = field(default_factory=dict)

    def changed(self, look: Look, since: datetime) -> Iterator[Listed | None]:
        """Alerts that differ from their last look; unsettled ones that this worker has not seen yet."""
        for one in self._listed(look, since):
            if one is None:
                yield None
                continue
            key = key_of(look.source, one.ref)
            before = self.passed.get(key)
            if one.stamp != before[0] if before is not None else not _settled(self.records.state(), key):
                yield self._unless_held(look, one)
            else:
                self._pass(key, one)
                yield None

    def open(self, look: Look) -> Iterator[Listed | None]:
        """Open alerts that are unknown here, or were closed; then known ones that wait, since the catalog may have
        their value by now; then waiting ones that the source no longer lists, which may be closed there.
        """
        listed, later = set[str](), list[Listed]()
        for one in self._listed(look, None):
            if one is None:
                yield None
                continue
            key, state = key_of(look.source, one.ref), self.records.state()
            listed.add(key)
            if key not in state.reports or state.over(key):
                yield self._unless_held(look, one)
            elif _settled(state, key) or self.passed.get(key, ("", NEVER))[1] > look.began:  # the other look was here
                self._pass(key, one)
                yield None
            else:
                later.append(one)
        if look.silent is not None:
            return
        yield from (self._unless_held(look, one) for one in later)
        if look.short_of is not None and look.source.recurs:
            return  # nothing is over for not being in a list that is not whole
        state = self.records.state()
        for key in state.reports:
            name, _, text = key.partition(":")
            if name != look.source.name or key in listed or state.over(key):
                continue
            if look.source.recurs or not _settled(state, key):
                yield self._unless_held(look, Listed(ref_of(text)))

    def _listed(self, look: Look, since: datetime | None) -> Iterator[Listed | None]:
        """Each once. What has kept the list from being whole is left with the look."""
        seen = set[Listed]()
        try:
            for one in look.source.listed(since):
                if one not in seen:
                    yield one
                if one is not None:
                    seen.add(one)
        except OutsideError as error:
            look.failed.append(error)

    def _unless_held(self, look: Look, one: Listed) -> Listed | None:
        """Nothing for an alert that waits by itself; the look has not come to its end then."""
        held = self.pauses.held(key_of(look.source, one.ref), self.clock())
        if held is None:
            return one
        look.held.append(held)
        return None

    def _pass(self, key: str, one: Listed) -> None:
        """It need not be asked about, and was not."""
        self.passed[key] = (one.stamp, self.passed.get(key, ("", NEVER))[1])


def key_of(source: Source, ref: Ref) -> str:
    """Under which its report is known here."""
    return f"{source.name}:{ref}"


def _settled(state: Alerts, key: str) -> bool:
    """Whether a report needs no other look while it is open at its source."""
    if key not in state.reports or state.over(key):
        return False
    cases = state.cases_of(key)
    if any(case.stage in {Stage.PROPOSED, Stage.HARMLESS} and not case.public for case in cases):
        return False  # strangers may be able to read it by now
    return all(case.stage is not Stage.TRIAGE for case in cases)
