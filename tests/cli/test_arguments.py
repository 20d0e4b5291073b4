"""Moments as they are typed."""

from datetime import UTC, datetime

import pytest

from bot.cli.arguments import parse_time
from bot.errors import Misuse


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-12-31", datetime(2026, 12, 31, tzinfo=UTC)),
        ("2026-12-31T12:00+01:00", datetime(2026, 12, 31, 11, tzinfo=UTC)),
        ("", None),
    ],
)
def test_a_time_is_utc_unless_it_says_otherwise(text, at):
    assert parse_time(text) == at


@pytest.mark.parametrize("text", ["soon", "9999-12-31", "9999-12-31T23:30-05:00", "0001-01-01T00:00+05:00"])
def test_what_is_no_time_is_told_how_to_write_one(text):
    with pytest.raises(Misuse, match="is not a time; expected one like 2026-11-25T03:14"):
        parse_time(text)
