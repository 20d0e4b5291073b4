"""Each is reminded 14, 7 and 1 days before, then daily: once a stage, and by one message a day."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cli.rotate import due_of
from bot.planned.ages.age import Age, CountsFrom
from bot.planned.ages.due import Told, reminder, stage_of
from bot.planned.ages.looks import Looked
from tests.planned.ages.test_due import AT, due, entry
from tests.support.searches import search

DAY = timedelta(days=1)


def rotation(left, name="openai-api-key", now=AT, limit=90):
    """One whose due date lies `left` days after AT, as it looks at `now`."""
    age = Age(CountsFrom.VERSION, AT + (left - limit) * DAY)
    return due(age, entry(name, limit), now=now)


@pytest.mark.parametrize(
    ("left", "stage"),
    [
        (20, ""), (14, "14 before"), (13, "14 before"), (7, "7 before"), (2, "7 before"), (1, "1 before"),
        (0.5, "1 before"), (0, "overdue 2026-11-27"), (-30, "overdue 2026-11-27"),
    ],
)  # fmt: skip
def test_stages(left, stage):
    found = stage_of(rotation(left), AT, AT.date())
    assert found.startswith(stage) if stage else found == ""


def test_nobody_is_told_of_what_may_be_young_since_its_age_could_not_be_asked():
    asked, unasked = due(Age(), entry("a")), due(Age(missing=("ssm: throttled",)), entry("b"))
    found = reminder([asked, unasked], Told(), AT, AT.date())
    assert [each.secret for each in found.rotations] == ["a"]
    assert due_of(Looked((asked, unasked), AT), "production") == ["a"]


def days_told(left, days, hours=(9, 12, 17)):
    """On which days someone is told, of a secret that is due `left` days after AT and never rotated."""
    told, found = Told(), []
    for day in range(days):
        for hour in hours:
            now = AT.replace(hour=0) + day * DAY + timedelta(hours=hour)
            sent = reminder([rotation(left, now=now)], told, now, now.date())
            if sent is not None:
                told = sent.told
                found.append(day)
    return found


def test_fourteen_seven_and_one_day_before_and_then_daily():
    assert days_told(left=20, days=24) == [6, 13, 19, 20, 21, 22, 23]


def test_who_was_not_there_for_days_is_told_once_what_is_true_now():
    now = AT + 5 * DAY
    first = reminder([rotation(10, now=now)], Told(), now, now.date())
    assert first.news == ("production/openai-api-key",)
    assert reminder([rotation(10, now=now)], first.told, now + DAY, (now + DAY).date()) is None


def test_one_message_a_day_has_all_that_is_due():
    found = reminder([rotation(-1, "a"), rotation(6, "b"), rotation(60, "c")], Told(), AT, AT.date())
    assert [each.secret for each in found.rotations] == ["a", "b"]
    later = AT + timedelta(hours=3)
    assert reminder([rotation(1, "d", later), rotation(6, "b", later)], found.told, later, later.date()) is None


def test_a_new_date_is_told_anew():
    told = reminder([rotation(7)], Told(), AT, AT.date()).told
    later = AT + 100 * DAY
    again = reminder([rotation(107, now=later)], told, later, later.date())
    assert again.news == ("production/openai-api-key",)


@search(40)
@given(st.lists(st.booleans(), min_size=40, max_size=40), st.integers(0, 30))
def test_whenever_somebody_looks_nothing_is_told_twice_and_nothing_overdue_kept_back(looks, left):
    told, seen = Told(), []
    for day, look in enumerate(looks):
        now = AT + day * DAY
        if not look:
            continue
        one = rotation(left, now=now)
        sent = reminder([one], told, now, now.date())
        if sent is not None:
            seen.append(stage_of(one, now, now.date()))
            told = sent.told
        if one.due_at <= now:
            assert sent is not None
    assert len(seen) == len(set(seen))
