"""When a planned rotation may touch anything: hours of some days of the week, by the clock on someone's wall.

    Tue-Thu 09:00-16:00 Europe/Berlin

Zones are those of the IANA database: the system's, or those of `tzdata`, with which the program is installed. A time
that the clock skips in spring is as much later as it jumps; of one that it shows twice in autumn the first counts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
EXAMPLE = "Tue-Thu 09:00-16:00 Europe/Berlin"
_WINDOW = re.compile(
    r"(?P<first>[A-Za-z]{3})(?:-(?P<last>[A-Za-z]{3}))? +"
    r"(?P<opens>\d{1,2}:\d{2}) ?- ?(?P<closes>\d{1,2}:\d{2}) +(?P<zone>\S+)"
)
_END_OF_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Window:
    """The hours as the catalog has them: logs keep them like this. Without text it is open always. Times are UTC."""

    text: str = ""

    @property
    def words(self) -> str:
        return self.text or "at any time"

    def next_open(self, now: datetime) -> datetime:
        """`now` where it is open, else when it opens next."""
        return max(now, self._span(now)[0]) if self.text else now

    def opened_at(self, now: datetime) -> datetime | None:
        """When it opened, if it is open at `now`; None if it is not, or if it is always open."""
        opens = self._span(now)[0] if self.text else None
        return opens if opens is not None and opens <= now else None

    def last_open(self, until: datetime) -> datetime:
        """`until` where it is open just before it, else when it closed last before it: the latest moment by which
        something can be done that must be done by `until`.
        """
        if not self.text:
            return until
        day = until.astimezone(_hours(self.text).zone).date()
        while (span := _open_on(self.text, day)) is None or span[0] >= until:
            day -= timedelta(days=1)
        return min(until, span[1])

    def _span(self, now: datetime) -> tuple[datetime, datetime]:
        """From when until when it is open: the first time that is not over at `now`."""
        day = now.astimezone(_hours(self.text).zone).date()
        while (span := _open_on(self.text, day)) is None or span[1] <= now:
            day += timedelta(days=1)
        return span


ALWAYS = Window()
"""Nothing is closed."""


@dataclass(frozen=True)
class _Hours:
    """`days` as `weekday` counts them; `opens` and `closes` since midnight by the clock on the wall."""

    days: frozenset[int]
    opens: timedelta
    closes: timedelta
    zone: ZoneInfo


@lru_cache(4096)
def _open_on(text: str, day: date) -> tuple[datetime, datetime] | None:
    """From when until when it is open on that local day; None if it is not. Asked again and again of the same days."""
    hours = _hours(text)
    midnight = datetime.combine(day, time(), hours.zone)
    opens, closes = ((midnight + since).astimezone(UTC) for since in (hours.opens, hours.closes))
    return (opens, closes) if day.weekday() in hours.days and opens < closes else None


def read_window(text: str) -> Window:
    """ValueError with a sentence that says what was expected."""
    _hours(text)
    return Window(text)


@lru_cache
def _hours(text: str) -> _Hours:
    match = _WINDOW.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"expected days, hours and a time zone, such as {EXAMPLE}")
    opens, closes = _since_midnight(match["opens"]), _since_midnight(match["closes"])
    if closes <= opens:
        raise ValueError("expected an end after the beginning: a window does not pass midnight")
    first, last = _day(match["first"]), _day(match["last"] or match["first"])
    days = frozenset((first + step) % 7 for step in range((last - first) % 7 + 1))
    return _Hours(days, opens, closes, _zone(match["zone"]))


def _day(name: str) -> int:
    if name.capitalize() not in DAYS:
        raise ValueError(f"expected days of the week, such as Tue-Thu: {', '.join(DAYS)}")
    return DAYS.index(name.capitalize())


def _since_midnight(text: str) -> timedelta:
    hours, minutes = (int(part) for part in text.split(":"))
    found = timedelta(hours=hours, minutes=minutes)
    if minutes > 59 or found > _END_OF_DAY:
        raise ValueError("expected hours between 00:00 and 24:00")
    return found


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("expected a time zone of the IANA database, such as Europe/Berlin") from None
