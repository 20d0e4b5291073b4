"""Times as Slack fills them in for each reader, and as they stand where it fills in nothing."""

import re
from datetime import UTC, datetime

import pytest

from bot.drill.fakes.slack.limits import DATE_TOKENS, check_message
from bot.phrases.marks import day_and_time, deadline, moment, plain
from bot.slack.blocks import section, to_json
from bot.slack.rich_text import notification, paragraph

AT = datetime(2030, 1, 31, 10, 52, tzinfo=UTC)


@pytest.mark.parametrize("phrase", [deadline(AT), moment(AT), moment(AT, seconds=True), day_and_time(AT)])
def test_a_time_names_what_slack_fills_in_and_stands_without_it(phrase):
    blocks = to_json([section(f"It expires {phrase}.")])
    assert check_message(blocks) == []
    [date] = [each for each in paragraph(phrase).to_dict()["elements"] if each["type"] == "date"]
    assert date["timestamp"] == int(AT.timestamp())
    assert set(re.findall(r"\{(\w+)\}", date["format"])) <= DATE_TOKENS
    for text in (date["fallback"], notification(phrase), plain(phrase)):  # an old client, a notification, the terminal
        assert "10:52" in text
        assert "{" not in text


def test_a_deadline_says_how_long_it_is_until_then():
    [date] = paragraph(deadline(AT)).to_dict()["elements"]
    assert date["format"] == "{time} ({ago})"
