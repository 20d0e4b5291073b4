"""Reminders of what is overdue: by day, first to whoever owes it, then to the channel, and quiet once it is done."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.clocks import REMINDED_BEFORE
from bot.incident.due import dues
from bot.incident.hours import by_day
from bot.incident.model import Actor, NoticeOutcome, Right, SnoozeFor, WhyRaised
from bot.incident.offers import available, unblocked
from bot.incident.reminders.rules import waiting
from bot.incident.schedule import agenda
from bot.model.secrets import Data
from tests.support.incidents import ANNA, AUTHORITY, BEN, OBLIGATIONS, PLAYBOOK, Story, declaration, entry, wanted


def reminders(story):
    return [(r.at, r.event.owner) for r in story.log if isinstance(r.event, e.Reminded)]


def raised(story):
    return [(r.at, r.event.why) for r in story.log if isinstance(r.event, e.ReminderRaised)]


def at(hour, day=25):
    return datetime(2026, 11, day, hour, tzinfo=UTC)


def overdue():
    """A task of ben's that is due at five in the morning."""
    story = Story(declaration()).run(180)
    story.do(c.StartStep("notify"), BEN)
    story.do(c.AddTask("take it out of the history", "ben", at(5)), ANNA)
    [task] = [task.id for task in story.incident.tasks.values() if task.due is not None]
    return story, task


def reminded(hour=8):
    """Ben has been reminded at eight, and it is some minutes later."""
    story, task = overdue()
    run_until(story, at(hour) + timedelta(minutes=5))
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


def test_whoever_owes_it_is_told_alone_and_the_channel_an_hour_later_once():
    story, _key = reminded()
    [event] = [r.event for r in story.log if isinstance(r.event, e.Reminded)]
    assert event.direct
    assert raised(story) == []
    run_until(story, at(7, 26))
    assert raised(story) == [(at(9), WhyRaised.UNANSWERED)]


def test_what_is_done_or_moved_within_the_hour_never_reaches_the_channel():
    story, key = reminded()
    story.do(c.ChangeTask(key.removeprefix("task:"), "ben", at(15), "the history is long"), BEN)
    run_until(story, at(14))
    assert raised(story) == []


@pytest.mark.parametrize(("span", "until"), [(SnoozeFor.HOUR, at(9)), (SnoozeFor.MORNING, at(8, 26))])
def test_a_snooze_holds_until_its_end_and_then_its_owner_and_the_channel_are_told(span, until):
    story, key = reminded()
    story.do(c.SnoozeReminder(key, span), BEN)
    end = story.incident.reminded[key].snoozed.until
    assert until <= end <= until + timedelta(minutes=6)
    number = story.incident.reminded[key].number
    run_until(story, end - timedelta(seconds=1))
    assert raised(story) == []
    run_until(story, end + timedelta(hours=3))
    assert raised(story) == [(end, WhyRaised.SNOOZED)]
    assert story.incident.reminded[key].number == number + 1  # a message of its own
    assert story.incident.reminded[key].snoozed is None


def test_a_snooze_that_ends_at_night_waits_for_the_morning():
    story, key = reminded(8)
    run_until(story, at(19) + timedelta(minutes=40))
    story.do(c.SnoozeReminder(key, SnoozeFor.HOUR), BEN)
    run_until(story, at(9, 26))
    assert raised(story)[-1] == (at(8, 26), WhyRaised.SNOOZED)


def test_its_owner_and_every_responder_may_snooze_it_and_nobody_else():
    story, key = reminded()
    owner, stranger = Actor("ben"), Actor("zoe", frozenset({Right.APPROVE}))
    assert "may not respond" in story.refused(c.SnoozeReminder(key, SnoozeFor.HOUR), stranger)
    assert "done, or due later" in story.refused(c.SnoozeReminder("task:t99", SnoozeFor.HOUR), ANNA)
    offers = unblocked(available(story.incident, story.now), c.SnoozeReminder)
    assert [(offer.subject, offer.command.span) for offer in offers] == [(key, span) for span in SnoozeFor]
    story.do(c.SnoozeReminder(key, SnoozeFor.HOUR), owner)
    assert story.log[-1].actor == "ben"


def test_who_cannot_be_reached_by_a_message_of_their_own_is_told_in_the_channel_at_once():
    story, key = reminded()
    story.do(c.RaiseReminder(key, at(5)))
    story.do(c.RaiseReminder(key, at(5)))  # a worker that had died in between
    story.do(c.RaiseReminder(key, at(4)))  # another time by now
    assert [why for _, why in raised(story)] == [WhyRaised.UNREACHABLE]
    run_until(story, at(7, 26))
    assert len(raised(story)) == 1


@pytest.mark.parametrize(("declarer", "commander"), [(ANNA, "anna"), (Actor("dora"), "")])
def test_a_step_is_the_commanders_and_without_one_the_channel_is_told_at_once(declarer, commander):
    within = tuple(replace(step, within=600.0) for step in PLAYBOOK.steps)
    story = Story(replace(declaration(), playbook=replace(PLAYBOOK, steps=within)), declarer).run(180)
    run_until(story, at(12))
    steps = [r.event for r in story.log if isinstance(r.event, e.Reminded) and r.event.key.startswith("step:")]
    assert steps
    assert {event.direct for event in steps} == {bool(commander)}
    assert {event.owner for event in steps} == {commander}
    assert bool(raised(story)) == bool(commander)


def test_a_deadline_of_the_law_wakes_people_at_night_and_cannot_be_put_off():
    story = Story(declaration()).run(180)
    story.record(e.Reminded("notice:authority", "send it", story.now, "", legal=True))
    assert story.incident.alerts[-1] == "a deadline of the law or of a contract is over"


def of_the_authority(decided_at):
    """It is decided, so many hours after the detection, that the authority is told; 72 of them are given."""
    story = Story(declaration(wanted(entry(data=Data.PERSONAL)), obligations=(AUTHORITY,))).run(180)
    run_until(story, story.incident.detected_at + timedelta(hours=decided_at))
    story.do(c.DecideNotice("authority", NoticeOutcome.NOTIFY, "data was read"), ANNA)
    return story, story.incident.detected_at + timedelta(hours=72)


def notices(story):
    return [(r.at, r.event.early) for r in story.log if isinstance(r.event, e.Reminded) and r.event.legal]


def test_people_are_told_of_a_notice_that_is_owed_while_there_is_time_to_send_it():
    story, end = of_the_authority(decided_at=40)
    run_until(story, end + timedelta(hours=25))
    day = timedelta(days=1)
    assert notices(story) == [(end - REMINDED_BEFORE, True), (end, False), (end + day, False)]
    assert [words for words in story.incident.alerts if words.startswith("a deadline")] == [
        "a deadline of the law or of a contract is due on 2026-11-28 at 02:58 UTC",
        *["a deadline of the law or of a contract is over"] * 2,
    ]


def test_who_decides_when_little_time_is_left_is_told_at_its_end():
    story, end = of_the_authority(decided_at=65)
    run_until(story, end + timedelta(hours=1))
    assert notices(story) == [(end, False)]


def test_after_the_close_the_page_says_when_the_notice_is_due_and_that_it_is_over():
    story, end = of_the_authority(decided_at=40)
    story.complete().close_over()
    run_until(story, end + timedelta(hours=25))
    assert [words for words in story.incident.milestones if words.startswith("a deadline")] == [
        "a deadline of the law or of a contract is due on 2026-11-28 at 02:58 UTC",
        "a deadline of the law or of a contract is over",
    ]


def test_a_task_outlasts_the_close_and_so_do_its_reminders():
    story = Story(declaration()).run(3600).complete()
    story.do(c.AddTask("take it out of the history", "ben", at(5)), ANNA)
    story.close_over()
    assert not story.incident.open
    run_until(story, at(12))
    assert reminders(story) == [(at(8), "ben")]
    assert raised(story) == [(at(9), WhyRaised.UNANSWERED)]


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


def test_what_an_older_program_reminded_of_was_told_to_the_channel():
    story, task = overdue()
    run_until(story, at(8) - timedelta(minutes=1))
    story.record(e.Reminded(f"task:{task}", "take it out of the history", at(5), "ben"))
    run_until(story, at(7, 26))
    assert raised(story) == []
    assert list(agenda(story.incident, story.now))


def of_the_law(*decided):
    """Stood down over what the law asks for: ben has a task for each, of which some have their decision."""
    story = Story(declaration(wanted(entry(data=Data.PERSONAL)), obligations=OBLIGATIONS)).run(180)
    for name in decided:
        story.do(c.DecideNotice(name, NoticeOutcome.NOTIFY, "data was read"), ANNA)
    story.do(c.StandDown(), BEN)
    [task] = [task.id for task in story.incident.tasks.values() if task.item == "notification:authority"]
    return story, f"task:{task}"


@pytest.mark.parametrize("decided", [(), ("authority",)])
def test_a_notice_and_the_task_that_stands_for_it_are_reminded_of_as_one(decided):
    story, task = of_the_law(*decided)
    [authority] = [each for each in dues(story.incident) if each.subject == "authority"]
    story.run(timedelta(days=5).total_seconds())
    law = [
        r.at
        for r in story.log
        if (isinstance(r.event, e.Reminded) and r.event.key == authority.key)
        or (isinstance(r.event, e.NotificationReminded) and r.event.due == authority.at)
    ]
    before = [r.at for r in story.log if isinstance(r.event, e.Reminded) and r.event.key == task]
    assert before
    assert law
    assert not [at for at in before if min(law) <= at < max(law) + timedelta(days=1)]
    assert min(before) < min(law)
    if decided:
        assert task not in {each.key for each, _ in waiting(story.incident)}


def tasks_reminded(story, key):
    return [r.at for r in story.log if isinstance(r.event, e.Reminded) and r.event.key == key]


def test_where_the_time_to_decide_has_run_out_the_task_that_stands_for_it_is_reminded_of_once_a_day():
    """Nobody is told of the decision any more."""
    story = Story(declaration(wanted(entry(data=Data.PERSONAL)), obligations=OBLIGATIONS)).run(180)
    [authority] = [each for each in dues(story.incident) if each.subject == "authority"]
    run_until(story, authority.at + timedelta(hours=1))
    story.do(c.StandDown(), BEN)
    [task] = [task for task in story.incident.tasks.values() if task.item == "notification:authority"]
    story.run(timedelta(days=3).total_seconds())
    when = tasks_reminded(story, f"task:{task.id}")
    morning = by_day(story.incident.timings, task.due)
    assert when[:2] == [morning, morning + timedelta(days=1)]


def test_a_task_from_before_waits_a_day_after_the_time_to_decide_ran_out():
    story, task = of_the_law()
    [authority] = [each for each in dues(story.incident) if each.subject == "authority"]
    run_until(story, authority.at + timedelta(days=3))
    after = [when for when in tasks_reminded(story, task) if when >= authority.at - REMINDED_BEFORE]
    assert after[0] >= authority.at + timedelta(days=1)
    assert after[1] == after[0] + timedelta(days=1)


def told_of_the_decision(story):
    return [(r.at, r.event.over) for r in story.log if isinstance(r.event, e.NotificationReminded)]


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
    story.do(c.RecordFinding("notification", "nobody was affected"), ANNA)
    run_until(story, decision.at + timedelta(days=8))
    assert len(told_of_the_decision(story)) == 5


def test_a_task_that_is_put_off_does_not_put_off_the_decision_that_it_stands_for():
    story = Story(declaration(wanted(entry(data=Data.PERSONAL)))).run(180)
    story.do(c.StandDown(), BEN)
    [task] = [task.id for task in story.incident.tasks.values() if task.item == "notification"]
    [decision] = [each for each in dues(story.incident) if each.subject == "notification"]
    run_until(story, decision.at + timedelta(days=3))
    assert len(told_of_the_decision(story)) == 2, "whose task it is, is reminded daily"
    later = story.now + timedelta(days=5)
    story.do(c.ChangeTask(task, "", later, "counsel is away"), BEN)
    run_until(story, later)
    assert len(told_of_the_decision(story)) > 5


def test_a_task_that_is_due_with_its_notice_is_not_reminded_of_beside_it():
    story, task = of_the_law("authority")
    story.do(c.ChangeTask(task.removeprefix("task:"), "", at(3, 28), "the law says so"), BEN)
    story.run(timedelta(days=5).total_seconds())
    keys = [r.event.key for r in story.log if isinstance(r.event, e.Reminded)]
    assert "notice:authority" in keys
    assert task not in keys
