"""Windows and freezes: by the clock on the wall, through the hours that it skips and shows twice."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from bot.model.windows import Span, Windows, read_freeze, read_window

OFFICE = Windows(("Tue-Thu 09:00-16:00 Europe/Berlin",))


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def on(text, day):
    return read_window(text).on(date.fromisoformat(day))


def span(opens, closes):
    return Span(at(opens), at(closes))


# --- reading ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("Tue-Thu 09:00-16:00 Europe/Berlin", "Tue-Thu 09:00-16:00 Europe/Berlin"),
        ("tue-thu  9:00 - 16:00  Europe/Berlin", "Tue-Thu 09:00-16:00 Europe/Berlin"),
        ("Mon,Wed,Fri 00:00-24:00 UTC", "Mon,Wed,Fri 00:00-24:00 UTC"),
        ("Sat-Mon 10:00-12:30 America/New_York", "Mon,Sat-Sun 10:00-12:30 America/New_York"),
    ],
)
def test_a_window_has_one_spelling(text, canonical):
    assert str(read_window(text)) == canonical
    assert str(read_window(canonical)) == canonical


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Tue-Thu 09:00-16:00", "expected days, hours and a time zone, such as Tue-Thu 09:00-16:00 Europe/Berlin"),
        ("Tue-Thu", "expected days, hours and a time zone"),
        ("Tue-Don 09:00-16:00 UTC", "expected days of the week, such as Tue-Thu or Mon,Wed: Mon, Tue, Wed"),
        ("Tue 09:00-25:00 UTC", "expected hours between 00:00 and 24:00"),
        ("Tue 09:60-12:00 UTC", "expected hours between 00:00 and 24:00"),
        ("Tue 24:00-24:00 UTC", "expected a beginning between 00:00 and 23:59"),
        ("Mon 22:00-04:00 UTC", "does not pass midnight, so write two, such as Mon 22:00-24:00 and Tue 00:00-04:00"),
        ("Mon 09:00-09:00 UTC", "expected an end after the beginning"),
        ("Mon 09:00-12:00 Europe/Berlim", "did you mean Europe/Berlin?"),
        ("Mon 09:00-12:00 ../../etc/passwd", "expected a time zone of the IANA database"),
        ("Mon 09:00-12:00 Europe", "expected a time zone of the IANA database"),
    ],
)
def test_what_is_no_window_is_refused_with_what_was_expected(text, said):
    with pytest.raises(ValueError, match="expected") as refused:
        read_window(text)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("24.12.2026", "expected a day such as 2026-12-24, or days such as 2026-12-18..2027-01-06"),
        ("2026-02-30", "expected days that the calendar has"),
        ("2027-01-06..2026-12-18", "expected the last day after the first one"),
        ("2026-12-18..2036-01-06", "expected at most 180 days: keys grow old in a freeze"),
    ],
)
def test_what_is_no_freeze_is_refused_with_what_was_expected(text, said):
    with pytest.raises(ValueError, match="expected") as refused:
        read_freeze(text)
    assert said in str(refused.value)


def test_a_freeze_is_a_day_or_days():
    assert str(read_freeze("2026-12-24")) == "2026-12-24"
    assert str(read_freeze("2026-12-18 .. 2027-01-06")) == "2026-12-18..2027-01-06"


# --- open and closed --------------------------------------------------------------------------------------------------


def closes_at(windows, now):
    """When the window closes that is open at `now`, to the quarter of an hour; None if none does in a week."""
    if not windows.is_open(now):
        return None
    quarters = (now.replace(minute=now.minute // 15 * 15) + timedelta(minutes=15 * each) for each in range(7 * 96))
    return next((each for each in quarters if not windows.is_open(each)), None)


def test_without_windows_it_is_open_always():
    now = at("2026-11-27 03:00")
    assert Windows().is_open(now)
    assert Windows().next_open(now) == now
    assert Windows().opened_at(now) is None
    assert Windows().last_open(now) == now


def test_the_first_moment_is_open_and_the_last_is_not():
    assert OFFICE.is_open(at("2026-11-24 08:00"))
    assert not OFFICE.is_open(at("2026-11-24 07:59:59"))
    assert OFFICE.is_open(at("2026-11-24 14:59:59"))
    assert not OFFICE.is_open(at("2026-11-24 15:00"))


def test_when_it_opens_and_closes():
    friday = at("2026-11-27 12:00")
    assert OFFICE.next_open(friday) == at("2026-12-01 08:00")
    assert closes_at(OFFICE, friday) is None
    assert closes_at(OFFICE, at("2026-12-01 09:00")) == at("2026-12-01 15:00")
    assert OFFICE.opened_at(friday) is None
    assert (
        OFFICE.opened_at(at("2026-12-01 09:00")) == OFFICE.opened_at(at("2026-12-01 08:00")) == at("2026-12-01 08:00")
    )
    assert OFFICE.last_open(friday) == at("2026-11-26 15:00")
    assert OFFICE.last_open(at("2026-12-01 09:00")) == at("2026-12-01 09:00")


def test_in_summer_the_same_hours_are_an_hour_earlier():
    assert OFFICE.next_open(at("2026-07-06 00:00")) == at("2026-07-07 07:00")


def test_windows_that_meet_at_midnight_are_one():
    night = Windows(("Mon 22:00-24:00 Europe/Berlin", "Tue 00:00-04:00 Europe/Berlin"))
    assert closes_at(night, at("2026-11-23 21:30")) == at("2026-11-24 03:00")


def test_windows_that_overlap_are_one():
    both = Windows(("Mon-Fri 09:00-12:00 UTC", "Mon 11:00-15:00 UTC"))
    assert closes_at(both, at("2026-11-23 09:30")) == at("2026-11-23 15:00")
    assert both.last_open(at("2026-11-24 00:00")) == at("2026-11-23 15:00")


def test_nothing_is_open_in_a_freeze():
    frozen = Windows(OFFICE.when, ("2026-12-18..2027-01-06", "2027-01-12"))
    assert frozen.is_open(at("2026-12-17 14:59"))
    assert not frozen.is_open(at("2026-12-22 09:00"))
    assert frozen.next_open(at("2026-12-17 15:00")) == at("2027-01-07 08:00")
    assert frozen.next_open(at("2027-01-07 15:00")) == at("2027-01-13 08:00")
    assert frozen.last_open(at("2027-01-01 00:00")) == at("2026-12-17 15:00")


def test_a_freeze_without_windows_is_days_in_utc():
    frozen = Windows((), ("2026-12-24",))
    assert closes_at(frozen, at("2026-12-23 12:00")) == at("2026-12-24 00:00")
    assert frozen.next_open(at("2026-12-24 00:00")) == at("2026-12-25 00:00")
    assert closes_at(frozen, at("2026-12-25 12:00")) is None


def test_a_freeze_is_days_where_the_window_is():
    """At 23:30 UTC on the 23rd it is the 24th in Berlin."""
    frozen = Windows(("Mon-Sun 00:00-24:00 Europe/Berlin",), ("2026-12-24",))
    assert frozen.is_open(at("2026-12-23 22:59"))
    assert not frozen.is_open(at("2026-12-23 23:30"))
    assert frozen.is_open(at("2026-12-24 23:00"))


def test_a_year_of_freezes_is_seen_beyond():
    halves = ("2026-01-01..2026-06-29", "2026-06-30..2026-12-26", "2026-12-27..2027-06-24")
    assert Windows(OFFICE.when, halves).next_open(at("2026-01-05 12:00")) == at("2027-06-29 07:00")
    assert Windows(OFFICE.when, halves).last_open(at("2027-06-01 12:00")) == at("2025-12-31 15:00")


def test_what_it_is_in_words():
    assert Windows().words == "at any time"
    assert Windows(OFFICE.when, ("2026-12-24",)).words == "Tue-Thu 09:00-16:00 Europe/Berlin, not on 2026-12-24"


# --- hours that are skipped, and hours that come twice ----------------------------------------------------------------

BERLIN, NEW_YORK, LORD_HOWE = "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"


@pytest.mark.parametrize(
    ("hours", "zone", "day", "expected"),
    [
        # 2026-03-29 in Berlin: 02:00 to 03:00 is skipped at 01:00 UTC.
        ("01:00-05:00", BERLIN, "2026-03-29", span("2026-03-29 00:00", "2026-03-29 03:00")),
        ("02:30-05:00", BERLIN, "2026-03-29", span("2026-03-29 01:00", "2026-03-29 03:00")),
        ("01:00-02:30", BERLIN, "2026-03-29", span("2026-03-29 00:00", "2026-03-29 01:00")),
        ("02:15-02:45", BERLIN, "2026-03-29", None),
        ("02:00-03:00", BERLIN, "2026-03-29", None),
        # 2026-10-25 in Berlin: 02:00 to 03:00 comes twice, from 00:00 UTC and from 01:00 UTC.
        ("01:00-05:00", BERLIN, "2026-10-25", span("2026-10-24 23:00", "2026-10-25 04:00")),
        ("02:15-02:45", BERLIN, "2026-10-25", span("2026-10-25 00:15", "2026-10-25 00:45")),
        ("02:30-03:30", BERLIN, "2026-10-25", span("2026-10-25 00:30", "2026-10-25 02:30")),
        ("01:00-02:30", BERLIN, "2026-10-25", span("2026-10-24 23:00", "2026-10-25 00:30")),
        # New York: skipped on 2026-03-08 at 07:00 UTC, twice on 2026-11-01 from 05:00 UTC.
        ("02:30-04:00", NEW_YORK, "2026-03-08", span("2026-03-08 07:00", "2026-03-08 08:00")),
        ("02:00-02:59", NEW_YORK, "2026-03-08", None),
        ("01:30-03:00", NEW_YORK, "2026-11-01", span("2026-11-01 05:30", "2026-11-01 08:00")),
        # Lord Howe moves by half an hour: 02:00 to 02:30 skipped on 2026-10-04, 01:30 to 02:00 twice on 2026-04-05.
        ("02:10-03:00", LORD_HOWE, "2026-10-04", span("2026-10-03 15:30", "2026-10-03 16:00")),
        ("02:00-02:30", LORD_HOWE, "2026-10-04", None),
        ("01:45-02:15", LORD_HOWE, "2026-04-05", span("2026-04-04 14:45", "2026-04-04 15:45")),
        ("01:30-01:50", LORD_HOWE, "2026-04-05", span("2026-04-04 14:30", "2026-04-04 14:50")),
    ],
)
def test_a_window_is_one_piece_whatever_the_clock_does(hours, zone, day, expected):
    assert on(f"Mon-Sun {hours} {zone}", day) == expected


def test_a_midnight_that_is_skipped_ends_the_day_all_the_same():
    """Cairo skips 00:00 to 01:00 on Friday, 2026-04-24."""
    night = Windows(("Thu 22:00-24:00 Africa/Cairo", "Fri 00:00-02:00 Africa/Cairo"))
    assert night.next_open(at("2026-04-23 12:00")) == at("2026-04-23 20:00")
    assert closes_at(night, at("2026-04-23 21:30")) == at("2026-04-23 23:00")


def test_through_every_hour_of_two_years_the_answers_agree():
    """Each hour is open by one question exactly if it is by the others, and a window never opens twice on one day."""
    windows = Windows(
        ("Sun 01:30-02:45 Europe/Berlin", "Tue-Thu 09:00-16:00 America/New_York"), ("2026-12-18..2027-01-06",)
    )
    now, opened = at("2026-01-01 00:10"), set()
    while now.year < 2028:
        opens = windows.next_open(now)
        assert windows.is_open(now) == (opens == now) == (closes_at(windows, now) is not None)
        assert windows.is_open(opens)
        if not windows.is_open(now):
            assert opens not in opened
            assert windows.opened_at(now) is None
            assert windows.last_open(now) <= now
            opened.add(opens)
            now = opens
        else:
            closes = closes_at(windows, now)
            assert closes > now
            assert windows.opened_at(now) == now
            assert not windows.is_open(closes)
            assert windows.last_open(closes) == closes
            now = closes
    days = [opens.date() for opens in sorted(opened)]
    assert len(days) == len(set(days))
    assert len(days) > 300
    assert timedelta(days=15) < max(b - a for a, b in pairwise(days)) < timedelta(days=30)
