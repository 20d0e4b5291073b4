"""When a planned rotation may touch anything: hours by the clock on somebody's wall, and days on which nothing moves.

    Tue-Thu 09:00-16:00 Europe/Berlin
    2026-12-18..2027-01-06

A window belongs to one local day: it opens in the first moment in which that day's clock shows its beginning or later,
and closes in the first in which it shows its end or later. So it is one piece whatever the clock does. Of an hour that
is skipped in spring nothing is left, and a window that lies within it does not open on that day; of an hour that comes
twice in autumn the first one counts. A window does not pass midnight: ``24:00`` ends a day, and two windows that meet
there are one. A freeze is whole days, in the zone of each window; where there are no windows, in UTC.

Zones are those of the IANA database: the system's, or those of `tzdata`, with which the program is installed.
"""

from __future__ import annotations

import difflib
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
EXAMPLE = "Tue-Thu 09:00-16:00 Europe/Berlin"
EXAMPLE_FREEZE = "2026-12-18..2027-01-06"
LONGEST_FREEZE = timedelta(days=180)
"""A longer one is a wrong year more often than a wish: keys would grow old in it unseen."""
_DAY = timedelta(days=1)
_BEFORE, _BEYOND = timedelta(days=40), timedelta(days=400)
"""What a year's spans take in before its first day and after it."""
_WINDOW = re.compile(r"(?P<days>\S+) +(?P<opens>\d{1,2}:\d{2}) ?- ?(?P<closes>\d{1,2}:\d{2}) +(?P<zone>\S+)")
_FREEZE = re.compile(r"(?P<first>\d{4}-\d{2}-\d{2})(?: ?\.\. ?(?P<last>\d{4}-\d{2}-\d{2}))?")
_END_OF_DAY = 24 * 60
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Window:
    """Hours of some days of the week, in minutes since midnight by the clock on the wall. `days` are as `weekday`
    counts them.
    """

    days: tuple[int, ...]
    opens: int
    closes: int
    zone: str

    def __str__(self) -> str:
        return f"{_days_words(self.days)} {_clock_words(self.opens)}-{_clock_words(self.closes)} {self.zone}"

    def on(self, day: date) -> Span | None:
        """When it is open on that local day (UTC); None if it is not."""
        if day.weekday() not in self.days:
            return None
        opens, closes = _reached(day, self.opens, self.zone), _reached(day, self.closes, self.zone)
        return Span(opens, closes) if opens < closes else None


@dataclass(frozen=True)
class Freeze:
    """Days on which nothing is begun, both ends included."""

    first: date
    last: date

    def __str__(self) -> str:
        return f"{self.first}" if self.first == self.last else f"{self.first}..{self.last}"


@dataclass(frozen=True)
class Span:
    """From `opens` until before `closes`, UTC."""

    opens: datetime
    closes: datetime


@dataclass(frozen=True)
class Windows:
    """Windows and freezes as they stand in the catalog, in their canonical spelling: logs keep them like this. Without
    windows it is open always, but for the freezes. Times are UTC.
    """

    when: tuple[str, ...] = ()
    freeze: tuple[str, ...] = ()

    @property
    def always(self) -> bool:
        """Whether nothing is ever closed."""
        return not self.when and not self.freeze

    def is_open(self, now: datetime) -> bool:
        """Whether something may be begun at `now`."""
        return self.next_open(now) == now

    def next_open(self, now: datetime) -> datetime:
        """`now` where it is open, else when it opens next."""
        if self.always:
            return now
        for year in range(now.year, now.year + _years(self)):
            spans = _spans(self, year)
            index = bisect_right(spans, now, key=lambda span: span.closes)
            if index < len(spans):
                return max(now, spans[index].opens)
        return _NEVER

    def opened_at(self, now: datetime) -> datetime | None:
        """When the window opened that is open at `now`, or some weeks before this year where it has been open longer;
        None if none is, or if it is always open.
        """
        spans = _spans(self, now.year) if not self.always else ()
        index = bisect_right(spans, now, key=lambda span: span.closes)
        return spans[index].opens if index < len(spans) and spans[index].opens <= now else None

    def last_open(self, until: datetime) -> datetime:
        """`until` where it is open just before it, else when it closed last before it: the latest moment by which
        something can be done that must be done by `until`.
        """
        if self.always:
            return until
        for year in range(until.year, until.year - _years(self), -1):
            spans = _spans(self, year)
            index = bisect_left(spans, until, key=lambda span: span.opens)
            if index > 0:
                return min(until, spans[index - 1].closes)
        return datetime.min.replace(tzinfo=UTC)

    @property
    def words(self) -> str:
        """``Tue-Thu 09:00-16:00 Europe/Berlin, not on 2026-12-18..2027-01-06``."""
        when = " or ".join(self.when) or "at any time"
        return f"{when}, not on {', '.join(self.freeze)}" if self.freeze else when


ALWAYS = Windows()
"""Nothing is closed."""


# --- reading ----------------------------------------------------------------------------------------------------------


def read_window(text: str) -> Window:
    """ValueError with a sentence that says what was expected."""
    match = _WINDOW.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"expected days, hours and a time zone, such as {EXAMPLE}")
    opens, closes = _minutes(match["opens"]), _minutes(match["closes"])
    if opens == _END_OF_DAY:
        raise ValueError("expected a beginning between 00:00 and 23:59")
    if closes <= opens:
        raise ValueError(
            "expected an end after the beginning: a window does not pass midnight, so write two, "
            "such as Mon 22:00-24:00 and Tue 00:00-04:00"
        )
    return Window(_days(match["days"]), opens, closes, _zone_named(match["zone"]))


def read_freeze(text: str) -> Freeze:
    """ValueError with a sentence that says what was expected."""
    match = _FREEZE.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"expected a day such as 2026-12-24, or days such as {EXAMPLE_FREEZE}")
    try:
        first = date.fromisoformat(match["first"])
        last = date.fromisoformat(match["last"] or match["first"])
    except ValueError:
        raise ValueError("expected days that the calendar has, such as 2026-12-24") from None
    if last < first:
        raise ValueError("expected the last day after the first one")
    if last - first >= LONGEST_FREEZE:
        raise ValueError(f"expected at most {LONGEST_FREEZE.days} days: keys grow old in a freeze")
    return Freeze(first, last)


def _days(text: str) -> tuple[int, ...]:
    found: set[int] = set()
    for piece in text.split(","):
        first, dash, last = piece.partition("-")
        begin = _day(first)
        end = _day(last) if dash else begin
        found |= {(begin + step) % 7 for step in range((end - begin) % 7 + 1)}
    return tuple(sorted(found))


def _day(text: str) -> int:
    name = text.capitalize()
    if name not in DAYS:
        raise ValueError(f"expected days of the week, such as Tue-Thu or Mon,Wed: {', '.join(DAYS)}")
    return DAYS.index(name)


def _minutes(text: str) -> int:
    hours, minutes = (int(part) for part in text.split(":"))
    total = hours * 60 + minutes
    if minutes > 59 or total > _END_OF_DAY:
        raise ValueError("expected hours between 00:00 and 24:00")
    return total


def _zone_named(name: str) -> str:
    try:
        _zone(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        near = difflib.get_close_matches(name, available_timezones(), n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise ValueError(f"expected a time zone of the IANA database, such as Europe/Berlin{hint}") from None
    return name


def _days_words(days: tuple[int, ...]) -> str:
    runs: list[list[int]] = []
    for day in days:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ",".join(DAYS[run[0]] if len(run) == 1 else f"{DAYS[run[0]]}-{DAYS[run[-1]]}" for run in runs)


def _clock_words(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


# --- the clock on the wall --------------------------------------------------------------------------------------------


@lru_cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


@lru_cache(maxsize=16384)
def _reached(day: date, minutes: int, zone: str) -> datetime:
    """The first moment (UTC) in which the clock of that zone shows this time of that day, or a later one."""
    if minutes == _END_OF_DAY:
        return _reached(day + _DAY, 0, zone)
    here = _zone(zone)
    local = datetime.combine(day, time(minutes // 60, minutes % 60), here)
    first = local.astimezone(UTC)
    if first.astimezone(here).replace(tzinfo=None) == local.replace(tzinfo=None):
        return first  # of a time that comes twice this is the earlier one (PEP 495, fold 0)
    # Skipped: fold 0 counts by the offset before the jump, fold 1 by the one after it, and the jump is between the two.
    low, high = local.replace(fold=1).astimezone(UTC), first
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        if middle.astimezone(here).replace(tzinfo=None) < local.replace(tzinfo=None):
            low = middle
        else:
            high = middle
    return high


@lru_cache(maxsize=4096)
def _parsed(windows: Windows) -> tuple[tuple[Window, ...], tuple[Freeze, ...]]:
    when = tuple(read_window(text) for text in windows.when) or (Window(tuple(range(7)), 0, _END_OF_DAY, "UTC"),)
    return when, tuple(read_freeze(text) for text in windows.freeze)


def _years(windows: Windows) -> int:
    """How many years a search may have to go: freezes are bounded, and between them each window opens."""
    return 2 + len({day.year for freeze in _parsed(windows)[1] for day in (freeze.first, freeze.last)})


@lru_cache(maxsize=1024)
def _spans(windows: Windows, year: int) -> tuple[Span, ...]:
    """All that is open around that year, in order, what meets or overlaps in one piece."""
    return _merged(_open(_parsed(windows)[0], windows, year))


def _merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """In order, what meets or overlaps in one piece."""
    merged: list[Span] = []
    for span in sorted(spans, key=lambda span: span.opens):
        if merged and span.opens <= merged[-1].closes:
            merged[-1] = Span(merged[-1].opens, max(merged[-1].closes, span.closes))
        else:
            merged.append(span)
    return tuple(merged)


def _open(when: tuple[Window, ...], windows: Windows, year: int) -> Iterator[Span]:
    freezes = _parsed(windows)[1]
    day, until = date(year, 1, 1) - _BEFORE, date(year, 1, 1) + _BEYOND
    while day < until:
        if not any(freeze.first <= day <= freeze.last for freeze in freezes):
            yield from (span for window in when if (span := window.on(day)) is not None)
        day += _DAY
