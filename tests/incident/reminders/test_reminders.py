"""Reminders of what is overdue: by day, each once a day, and quiet as soon as it is done or moved."""

from datetime import UTC, datetime, timedelta

from bot.incident import commands as c
from bot.incident import events as e
from tests.support.incidents import ANNA, BEN, Story, declaration


def reminders(story):
    return [(r.at, r.event.owner) for r in story.log if isinstance(r.event, e.Reminded)]


def at(hour, day=25):
    return datetime(2026, 11, day, hour, tzinfo=UTC)


def overdue():
    """A task of ben's that is due at five in the morning."""
    story = Story(declaration()).run(180)
    story.do(c.StartStep("notify"), BEN)
    story.do(c.AddTask("take it out of the history", "ben", at(5)), ANNA)
    [task] = [task.id for task in story.incident.tasks.values() if task.due is not None]
    return story, task


def test_what_is_overdue_in_the_night_waits_for_the_morning_and_comes_once_a_day():
    story, task = overdue()
    story.run(timedelta(days=2).total_seconds())
    assert reminders(story) == [(at(8), "ben"), (at(8, 26), "ben")]
    story.do(c.FinishTask(task), BEN)
    story.run(timedelta(days=2).total_seconds())
    assert len(reminders(story)) == 2


def test_nobody_is_woken_by_it_and_a_time_that_is_moved_puts_it_off():
    story, task = overdue()
    before = story.incident.alerts
    story.run(timedelta(hours=6).total_seconds())
    assert (len(reminders(story)), story.incident.alerts) == (1, (*before,))
    story.do(c.ChangeTask(task, "ben", at(15), "the history is long"), BEN)
    story.run(timedelta(hours=12).total_seconds())
    assert [when for when, _ in reminders(story)] == [at(8), at(15)]


def test_a_deadline_of_the_law_wakes_people_at_night():
    story = Story(declaration()).run(180)
    story.record(e.Reminded("notice:authority", "send it", story.now, "", legal=True))
    assert story.incident.alerts[-1] == "a deadline of the law or of a contract is over"
