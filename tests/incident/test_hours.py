"""Day and night where the responders live."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.incident.clocks import by_day, is_day, working_day_end
from bot.model.timings import Timings

BERLIN = Timings(time_zone="Europe/Berlin")


def utc(*numbers):
    return datetime(*numbers, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "morning"),
    [
        (utc(2026, 11, 25, 3), utc(2026, 11, 25, 7)),
        (utc(2026, 11, 25, 12), utc(2026, 11, 25, 12)),
        (utc(2026, 11, 25, 19), utc(2026, 11, 26, 7)),
        (utc(2026, 7, 1, 19), utc(2026, 7, 2, 6)),
        (utc(2026, 3, 28, 20), utc(2026, 3, 29, 6)),  # the night that is an hour shorter
        (utc(2026, 10, 24, 20), utc(2026, 10, 25, 7)),  # and the one that is an hour longer
        (utc(2026, 10, 25, 1, 30), utc(2026, 10, 25, 7)),  # half past two by the clock, the second time
    ],
)
def test_the_morning_comes_by_the_clock_on_the_wall(at, morning):
    assert by_day(BERLIN, at) == morning
    assert is_day(BERLIN, by_day(BERLIN, at))
    assert not is_day(BERLIN, morning - timedelta(seconds=1)) or at == morning


@pytest.mark.parametrize(
    ("at", "end"),
    [
        (utc(2026, 11, 25, 3), utc(2026, 11, 25, 19)),  # Wednesday, before the day begins
        (utc(2026, 11, 25, 12), utc(2026, 11, 26, 19)),
        (utc(2026, 11, 27, 20), utc(2026, 11, 30, 19)),  # Friday evening: Monday
        (utc(2026, 11, 28, 3), utc(2026, 11, 30, 19)),
        (utc(2026, 3, 27, 20), utc(2026, 3, 30, 18)),  # summer time begins in between
    ],
)
def test_the_next_working_day_ends_by_the_clock_on_the_wall(at, end):
    assert working_day_end(BERLIN, at) == end
