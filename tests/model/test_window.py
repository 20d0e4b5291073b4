"""The hours of planned rotations: by the clock on the wall, in winter and in summer."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.model.window import Window, read_window

OFFICE = Window("Tue-Thu 09:00-16:00 Europe/Berlin")


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["Tue-Thu 09:00-16:00 Europe/Berlin", "tue  9:00 - 16:00  Europe/Berlin", "Sat-Mon 00:00-24:00 America/New_York"],
)
def test_a_window_is_kept_as_it_was_written(text):
    assert read_window(text) == Window(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Tue-Thu 09:00-16:00", "expected days, hours and a time zone, such as Tue-Thu 09:00-16:00 Europe/Berlin"),
        ("Tue-Thu", "expected days, hours and a time zone"),
        ("Tue-Don 09:00-16:00 UTC", "expected days of the week, such as Tue-Thu: Mon, Tue, Wed"),
        ("Tue 09:00-25:00 UTC", "expected hours between 00:00 and 24:00"),
        ("Tue 09:60-12:00 UTC", "expected hours between 00:00 and 24:00"),
        ("Mon 22:00-04:00 UTC", "a window does not pass midnight"),
        ("Mon 09:00-09:00 UTC", "expected an end after the beginning"),
        ("Mon 09:00-12:00 Europe/Berlim", "expected a time zone of the IANA database"),
        ("Mon 09:00-12:00 ../../etc/passwd", "expected a time zone of the IANA database"),
    ],
)
def test_what_is_no_window_is_refused_with_what_was_expected(text, said):
    with pytest.raises(ValueError, match="expected") as refused:
        read_window(text)
    assert said in str(refused.value)


def test_without_hours_it_is_open_always():
    now = at("2026-11-27 03:00")
    assert (Window().next_open(now), Window().opened_at(now), Window().last_open(now)) == (now, None, now)
    assert (Window().words, OFFICE.words) == ("at any time", "Tue-Thu 09:00-16:00 Europe/Berlin")


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-11-24 08:00", "2026-11-24 08:00"),  # the first moment is open
        ("2026-11-24 14:59", "2026-11-24 14:59"),
        ("2026-11-24 15:00", "2026-11-25 08:00"),  # the last is not
        ("2026-11-27 12:00", "2026-12-01 08:00"),
        ("2026-07-06 00:00", "2026-07-07 07:00"),  # in summer the same hours are an hour earlier
    ],
)
def test_when_it_opens_next(now, opens):
    assert OFFICE.next_open(at(now)) == at(opens)


def test_since_when_it_is_open_and_when_it_closed():
    friday, tuesday = at("2026-11-27 12:00"), at("2026-12-01 09:00")
    assert OFFICE.opened_at(friday) is None
    assert OFFICE.opened_at(tuesday) == OFFICE.opened_at(at("2026-12-01 08:00")) == at("2026-12-01 08:00")
    assert OFFICE.last_open(friday) == at("2026-11-26 15:00")
    assert OFFICE.last_open(tuesday) == tuesday


def test_a_day_that_ends_at_midnight_ends_where_the_people_live():
    night = Window("Mon 22:00-24:00 Europe/Berlin")
    assert night.last_open(at("2026-11-24 12:00")) == at("2026-11-23 23:00")


@pytest.mark.parametrize(
    ("hours", "day", "opens", "closes"),
    [
        # 2026-03-29 in Berlin: 02:00 to 03:00 is skipped at 01:00 UTC.
        ("01:00-05:00", "2026-03-29", "2026-03-29 00:00", "2026-03-29 03:00"),
        ("02:30-05:00", "2026-03-29", "2026-03-29 01:30", "2026-03-29 03:00"),
        # 2026-10-25 in Berlin: 02:00 to 03:00 comes twice, from 00:00 UTC and from 01:00 UTC.
        ("01:00-05:00", "2026-10-25", "2026-10-24 23:00", "2026-10-25 04:00"),
        ("02:30-03:30", "2026-10-25", "2026-10-25 00:30", "2026-10-25 02:30"),
    ],
)
def test_it_is_one_piece_whatever_the_clock_does(hours, day, opens, closes):
    window = Window(f"Sun {hours} Europe/Berlin")
    assert window.next_open(at(f"{day} 00:00") - timedelta(hours=3)) == at(opens)
    assert window.last_open(at(f"{day} 12:00")) == at(closes)


def test_what_would_end_before_it_begins_is_not_open_on_that_day():
    """02:30 is skipped and comes to 03:30 by that day's clock."""
    window = Window("Sun 02:30-03:15 Europe/Berlin")
    assert window.next_open(at("2026-03-28 12:00")) == at("2026-04-05 00:30")
