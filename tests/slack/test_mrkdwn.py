from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.mrkdwn import authored, code, count, day_and_time, escape, moment, printable, shorten, span


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("plain words", "plain words"),
        ("sendgrid_api_key and 2*3*4", "sendgrid_api_key and 2*3*4"),
        ("<!here>", "&lt;!here&gt;"),
        ("a & b", "a &amp; b"),
        ("two\nlines", "two lines"),
        ("*bold*", "\u2217bold\u2217"),
        ("> quote", "\u2060&gt; quote"),
    ],
)
def test_escape(typed, shown):
    assert escape(typed) == shown


@given(st.text())
def test_escaped_text_holds_no_markup(text):
    shown = escape(text)
    assert "<" not in shown
    assert ">" not in shown
    assert "\n" not in shown
    assert "`" not in shown


@given(st.text(alphabet="<>&;ab x"), st.integers(2, 40))
def test_a_cut_never_breaks_an_entity(text, limit):
    cut = shorten(escape(text), limit)
    assert len(cut) <= limit
    assert "&" not in cut.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "")


def test_a_cut_never_breaks_a_date():
    assert shorten("at <!date^1764039600^{time}|03:00 UTC> sharp", 20) == "at …"


def test_code_cannot_be_ended_from_inside():
    assert code("a`b <x>") == "`a\u02cbb &lt;x&gt;`"


def test_authored_keeps_emphasis_and_lines():
    assert authored(" *a*\n<b> ") == "*a*\n&lt;b&gt;"


def test_printable_drops_what_turns_text_round():
    assert printable("a\u202eb\x07c\nd") == "abc\nd"


@pytest.mark.parametrize(
    ("length", "said"),
    [(0, "0 s"), (42, "42 s"), (252, "4 min 12 s"), (11_100, "3 h 5 min"), (timedelta(days=2, hours=4), "2 d 4 h"),
     (3600, "1 h"), (-3, "0 s")],
)  # fmt: skip
def test_span(length, said):
    assert span(length) == said


def test_moments_are_in_the_readers_zone():
    at = datetime(2026, 11, 25, 3, 4, 5, tzinfo=UTC)
    assert moment(at) == "<!date^1795575845^{time}|03:04 UTC>"
    assert moment(at, seconds=True) == "<!date^1795575845^{time_secs}|03:04:05 UTC>"
    assert day_and_time(at) == "<!date^1795575845^{date_short_pretty} {time}|2026-11-25 03:04 UTC>"


def test_count():
    assert [count(1, "task"), count(2, "task"), count(2, "key", "keys!")] == ["1 task", "2 tasks", "2 keys!"]
