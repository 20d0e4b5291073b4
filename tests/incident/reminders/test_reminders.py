"""Reminders of what is overdue: by day, to whoever owes it and to the channel, and quiet once it is done."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.clocks import REMINDED_BEFORE, by_day
from bot.incident.due import dues
from bot.incident.model import Actor, NoticeOutcome
from bot.incident.offers import available, unblocked
from bot.model.secrets import Data
from tests.support.incidents import ANNA, AUTHORITY, BEN, PLAYBOOK, Story, declaration, entry, no_notice, wanted


def reminders(story):
    return [(r.at, r.event.owner) for r in story.log if isinstance(r.event, e.Reminded)]


def at(hour, day=25):
    return datetime(2026, 11, day, hour, tzinfo=UTC)


def overdue():
    """A task of ben's that is due at five in the morning."""
    story = Story(declaration()).run(180)
    story.do(c.AddNote("I am on it"), BEN)
    story.do(c.AddTask("take it out of the history", "ben", at(5)), ANNA)
    [task] = [task.id for task in story.incident.tasks.values() if task.due is not None]
    return story, task


def reminded():
    """Ben has been reminded at eight, and it is some minutes later."""
    story, task = overdue()
    run_until(story, at(8) + timedelta(minutes=5))
    return story, f"task:{task}"


def run_until(story, when):
    story.run((when - story.now).total_seconds())


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


@pytest.mark.parametrize(("declarer", "commander"), [(ANNA, "anna"), (Actor("dora"), "")])
def test_a_step_is_the_commanders_and_without_one_nobodys(declarer, commander):
    within = tuple(replace(step, within=600.0) for step in PLAYBOOK.steps)
    story = Story(replace(declaration(), playbook=replace(PLAYBOOK, steps=within)), declarer).run(180)
    run_until(story, at(12))
    steps = [r.event for r in story.log if isinstance(r.event, e.Reminded) and r.event.key.startswith("step:")]
    assert steps
    assert {event.owner for event in steps} == {commander}


def test_a_deadline_of_the_law_wakes_people_at_night_and_cannot_be_put_off():
    story = Story(declaration()).run(180)
    story.record(e.Reminded("notice:authority", "send it", story.now, "", legal=True))
    assert story.incident.alerts[-1] == "a legal or contract deadline has passed"


def of_the_authority(decided_at):
    """It is decided, so many hours after the detection, that the authority is told; 72 of them are given."""
    story = Story(declaration(wanted(entry(data=Data.PERSONAL)), obligations=(AUTHORITY,))).run(180)
    run_until(story, story.incident.detected_at + timedelta(hours=decided_at))
    story.do(c.DecideNotice("authority", NoticeOutcome.NOTIFY, "data was read"), ANNA)
    return story, story.incident.detected_at + timedelta(hours=72)


def notices(story):
    told = [r for r in story.log if isinstance(r.event, e.Reminded) and r.event.key.startswith("notice:")]
    return [(r.at, r.event.early) for r in told]


def test_people_are_told_of_a_notice_that_is_owed_while_there_is_time_to_send_it():
    story, end = of_the_authority(decided_at=40)
    run_until(story, end + timedelta(hours=25))
    day = timedelta(days=1)
    assert notices(story) == [(end - REMINDED_BEFORE, True), (end, False), (end + day, False)]
    assert [words for words in story.incident.alerts if words.startswith("a legal or contract deadline")] == [
        "a legal or contract deadline is due on 2026-11-28 at 02:58 UTC",
        *["a legal or contract deadline has passed"] * 2,
    ]


def test_who_decides_when_little_time_is_left_is_told_at_its_end():
    story, end = of_the_authority(decided_at=65)
    run_until(story, end + timedelta(hours=1))
    assert notices(story) == [(end, False)]


def test_after_the_close_the_page_says_when_the_notice_is_due_and_that_it_is_over():
    story, end = of_the_authority(decided_at=40)
    story.complete().close_over()
    run_until(story, end + timedelta(hours=25))
    assert [words for words in story.incident.milestones if words.startswith("a legal or contract deadline")] == [
        "a legal or contract deadline is due on 2026-11-28 at 02:58 UTC",
        "a legal or contract deadline has passed",
    ]


def test_a_task_outlasts_the_close_and_so_do_its_reminders():
    story = Story(declaration()).run(3600).complete()
    story.do(c.AddTask("take it out of the history", "ben", at(5)), ANNA)
    story.close_over()
    assert not story.incident.open
    run_until(story, at(12))
    assert reminders(story) == [(at(8), "ben")]


def moved(task):
    return c.ChangeTask(task, "", at(12, 27), "later")


def declined(task):
    return c.DeclineTask(task, "it is public anyway")


@pytest.mark.parametrize("settle", [c.FinishTask, declined, moved])
def test_what_is_settled_after_the_close_is_reminded_of_no_more(settle):
    story = Story(declaration()).run(3600).complete()
    story.do(c.AddTask("take it out of the history", "ben", at(5)), ANNA)
    task = next(name for name, each in story.incident.tasks.items() if each.open)
    story.close_over()
    run_until(story, at(12))
    assert unblocked(available(story.incident, story.now), c.FinishTask)
    (event,) = story.do(settle(task), ANNA)
    assert not isinstance(event, e.CommandRefused)
    run_until(story, at(11, 27))
    assert reminders(story) == [(at(8), "ben")]


def told_of_the_decision(story):
    told = [r for r in story.log if isinstance(r.event, e.Reminded) and r.event.key.startswith("decision:")]
    return [(r.at, not r.event.early) for r in told]


def test_a_decision_that_nobody_makes_is_reminded_of_daily_by_day_and_pages_once():
    story = Story(declaration(wanted(entry(data=Data.PERSONAL)))).run(180)
    [decision] = dues(story.incident)
    run_until(story, decision.at + timedelta(hours=12))
    before, first, *again = told_of_the_decision(story)
    assert (before, first) == ((decision.at - REMINDED_BEFORE, False), (decision.at, True)), "at night too"
    assert again == []
    alerts = story.incident.alerts
    run_until(story, decision.at + timedelta(days=4))
    morning = by_day(story.incident.timings, decision.at + timedelta(days=1))
    assert told_of_the_decision(story)[2:] == [(morning + timedelta(days=each), True) for each in range(3)]
    assert story.incident.alerts == alerts
    story.do(no_notice("nobody was affected"), ANNA)
    run_until(story, decision.at + timedelta(days=8))
    assert len(told_of_the_decision(story)) == 5
