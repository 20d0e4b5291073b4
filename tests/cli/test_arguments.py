"""Moments and days as they are typed."""

from datetime import UTC, datetime

import pytest

from bot.cli.arguments import parse_end
from bot.errors import Misuse


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("2026-12-31", datetime(2027, 1, 1, tzinfo=UTC)),
        ("2026-12-31T12:00", datetime(2026, 12, 31, 12, tzinfo=UTC)),
        ("", None),
    ],
)
def test_a_date_ends_with_its_day(text, end):
    assert parse_end(text) == end


@pytest.mark.parametrize("text", ["soon", "9999-12-31", "9999-12-31T23:30-05:00", "0001-01-01T00:00+05:00"])
def test_what_is_no_time_is_told_how_to_write_one(text):
    with pytest.raises(Misuse, match="is not a time; expected one like 2026-11-25T03:14"):
        parse_end(text)
