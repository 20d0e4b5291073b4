"""Moments and days as they are typed."""

from datetime import UTC, datetime

import pytest

from bot.cli.arguments import parse_end


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
