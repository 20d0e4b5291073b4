from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.drill.fakes.slack import read
from bot.drill.fakes.slack.limits import check_message
from bot.phrases.marks import (
    Kind,
    authored,
    channel,
    code,
    day_and_time,
    guidance,
    link,
    literal,
    moment,
    parts,
    person,
    plain,
    printable,
    shorten,
)
from bot.phrases.times import after, counted, span
from bot.slack.blocks import section, to_json
from bot.slack.rich_text import notification

AT = datetime(2026, 11, 25, 3, 4, 5, tzinfo=UTC)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
"""What `st.text` gives by itself, without the table of all that UTF-8 can write, which takes five seconds to make."""
HOSTILE = "*b* _i_ ~s~ `c` <!channel> <@U1> <https://evil.example|ok> @here :skull: &amp; > q"


def elements(phrase):
    (block,) = to_json([section(phrase)])
    assert check_message([block]) == []
    return block["elements"][0]["elements"]


def test_what_somebody_typed_is_one_element_of_text_as_it_was_typed():
    assert elements(literal(HOSTILE)) == [{"type": "text", "text": HOSTILE}]


def test_strong_words_are_our_own_only():
    assert elements(f"*ALIVE*: {literal('*x*')}") == [
        {"type": "text", "text": "ALIVE", "style": {"bold": True}},
        {"type": "text", "text": ": *x*"},
    ]


def test_a_command_can_be_copied_as_it_is():
    assert elements(f"run {code('bot submit inc_a rk_`x`')}")[1] == {
        "type": "text", "text": "bot submit inc_a rk_`x`", "style": {"code": True},
    }  # fmt: skip
    assert elements("run `bot list`")[1]["style"] == {"code": True}


def test_strong_words_hold_what_is_marked():
    first, second = elements(f"*{code('a*b')} is alive*")
    assert (first["text"], first["style"]) == ("a*b", {"bold": True, "code": True})
    assert second == {"type": "text", "text": " is alive", "style": {"bold": True}}


def test_times_are_in_the_readers_zone():
    at, later = elements(f"{moment(AT)}{day_and_time(AT)}")
    assert at == {"type": "date", "timestamp": 1795575845, "format": "{time}", "fallback": "03:04 UTC"}
    assert (later["format"], later["fallback"]) == ("{date_short_pretty} {time}", "2026-11-25 03:04 UTC")
    assert plain(moment(AT, seconds=True)) == "03:04:05 UTC"


def test_people_channels_and_links_are_what_they_are():
    assert elements(f"{person('U1')} {channel('C1')} {link('https://x.example/a|b')}") == [
        {"type": "user", "user_id": "U1"}, {"type": "text", "text": " "},
        {"type": "channel", "channel_id": "C1"}, {"type": "text", "text": " "},
        {"type": "link", "url": "https://x.example/a|b"},
    ]  # fmt: skip


def test_a_notification_mentions_by_our_own_marks_only():
    assert notification(f"{person('U1')} *now*: {literal(HOSTILE)}").startswith("<@U1> now: *b*")
    assert "&lt;!channel&gt; &lt;@U1&gt;" in notification(literal(HOSTILE))


@given(TEXT)
def test_no_text_leaves_its_mark(text):
    assert plain(literal(text)) == " ".join(printable(text).split())
    assert all(part["type"] == "text" and "style" not in part for part in elements(f"a{literal(text)}"))


@given(TEXT, st.integers(2, 40))
def test_a_cut_never_breaks_a_mark(text, limit):
    cut = shorten(f"*x* {literal(text)} {code(text)} {moment(AT)}", limit)
    assert len(plain(cut)) <= limit + 2  # the asterisks of a phrase that was cut between them
    assert not [char for char in plain(cut) if "\ue000" <= char <= "\uf8ff"]


def test_a_cut_never_breaks_a_date():
    assert plain(shorten(f"at {moment(AT)} sharp", 6)) == "at …"


def test_a_long_paragraph_is_cut_where_slack_ends():
    assert len(read(to_json([section(literal("x" * 5000))]))) == 3000


def test_authored_keeps_emphasis_and_lines():
    assert elements(authored(" *a*\n<b> ")) == [
        {"type": "text", "text": "a", "style": {"bold": True}}, {"type": "text", "text": "\n<b>"},
    ]  # fmt: skip


def test_printable_drops_what_turns_text_round_and_what_marks_it():
    assert printable("a\u202eb\x07c\nd\ue000") == "abc\nd"


@pytest.mark.parametrize(
    ("length", "said"),
    [(0, "0 s"), (42, "42 s"), (252, "4 min 12 s"), (11_100, "3 h 5 min"), (timedelta(days=2, hours=4), "2 d 4 h"),
     (3600, "1 h"), (-3, "0 s")],
)  # fmt: skip
def test_span(length, said):
    assert span(length) == said


@pytest.mark.parametrize(
    ("length", "said"),
    [(0, "within a second"), (-3, "within a second"), (timedelta(milliseconds=999), "within a second"),
     (1, "after 1 s"), (timedelta(seconds=252), "after 4 min 12 s")],
)  # fmt: skip
def test_after(length, said):
    assert after(length) == said


def test_counted():
    assert [counted(1, "task"), counted(2, "task"), counted(2, "key", "keys!")] == ["1 task", "2 tasks", "2 keys!"]


def test_a_command_keeps_its_backticks_in_plain_text_and_other_code_has_none():
    phrase = f"{code('sk_x')} of `a file`; compare: {code('bot identify inc_x')}, or `bot readers inc_x`."
    assert plain(phrase) == "sk_x of a file; compare: `bot identify inc_x`, or `bot readers inc_x`."


def test_addresses_in_texts_of_our_files_can_be_opened():
    said = guidance("Open https://a.example/b#c. Then https://<name>.example.com")
    assert [(each.kind, each.text) for each in parts(said)][1] == (Kind.LINK, "https://a.example/b#c")
    assert plain(said) == "Open https://a.example/b#c. Then https://<name>.example.com"
