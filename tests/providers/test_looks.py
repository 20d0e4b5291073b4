"""Times in records of providers that do not say in which form they give them."""

from datetime import UTC, datetime

import pytest

from bot.errors import Unexpected
from bot.providers.looks import any_time

AT = datetime(2026, 11, 25, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    "form",
    [
        "2026-11-25T03:00:00Z", "2026-11-25 03:00:00.123456789", "2026-11-25T04:00:00+01:00", 1_795_575_600,
        1_795_575_600.25, 1_795_575_600_000, "1795575600000000", 1_795_575_600_000_000_000,
    ],
)  # fmt: skip
def test_a_time_is_read_as_text_or_number_of_any_size(form):
    assert any_time(form, "supabase", "look").replace(microsecond=0) == AT


@pytest.mark.parametrize("form", ["soon", "", None, [], "9" * 400, float("inf"), float("nan"), -(10**18), 10**30])
def test_what_is_no_time_is_no_answer(form):
    with pytest.raises(Unexpected, match="supabase: look: a time in a form that is not known"):
        any_time(form, "supabase", "look")
