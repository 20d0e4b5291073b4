"""Whoever owes what is overdue is called by the channel's message."""

from datetime import UTC, datetime, timedelta

from bot.incident import commands as c
from bot.incident import events as e
from bot.people import People, Person
from bot.slack.channel_messages import News
from tests.support.incidents import ANNA, Story, declaration

DUE = datetime(2026, 11, 25, 9, tzinfo=UTC)


def test_the_channel_calls_who_owes_what_is_overdue():
    story = Story(declaration()).run(180)
    story.do(c.AddTask("take it out of the history", "ben", DUE), ANNA)
    story.run((DUE + timedelta(minutes=1) - story.now).total_seconds())
    words = News.of(story.incident, People((Person("ben", slack="U0BEN"), Person("chloe", slack="U0CHLOE"))), story.log)
    [message] = [words.message(each) for each in story.log if isinstance(each.event, e.Reminded)]
    assert message.everyone
    assert "U0BEN" in message.lines[0]
    assert "U0CHLOE" not in message.lines[0]
    assert "take it out of the history" in message.lines[0]
