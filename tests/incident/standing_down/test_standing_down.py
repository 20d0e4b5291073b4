"""Standing down: when people may sleep, what is left for the day, and what wakes them again."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.hours import by_day, is_day, working_day_end
from bot.incident.lanes import access_lane
from bot.incident.offers import available, unblocked
from bot.incident.operations import Op
from bot.incident.standing_down import rules
from bot.model.keys import Leftover
from bot.model.reads import Read
from bot.model.secrets import Data
from bot.model.timings import Timings
from bot.phrases.closing import declined_together
from bot.phrases.marks import plain
from bot.phrases.standing_down import left_words
from bot.phrases.states import headline
from tests.support.incidents import (
    ANNA,
    BEN,
    CHLOE,
    OBLIGATIONS,
    STRANGER,
    Story,
    capabilities,
    declaration,
    entry,
    wanted,
)

NAME = "openai-api-key"


def contained(*secrets, **changes):
    """Proven dead and replaced: all that machines can do is done."""
    return Story(declaration(*secrets, **changes)).run(180)


@pytest.fixture
def asleep():
    story = contained()
    story.do(c.StandDown(), BEN)
    return story.run(10)


def sent(story):
    return [r.event.action for r in story.log if isinstance(r.event, e.PageSent) and not r.event.fallback]


def ended(story):
    return [r.event.why for r in story.log if isinstance(r.event, e.StandDownEnded)]


def test_it_is_offered_to_responders_only_once_all_that_machines_can_do_is_done():
    story = Story(declaration())
    assert "its old value is not proven dead" in story.refused(c.StandDown(), BEN)
    assert unblocked(available(story.incident, story.now), c.StandDown) == []
    story.run(180)
    [offer] = unblocked(available(story.incident, story.now), c.StandDown)
    assert offer.whom == "anybody with respond"
    assert "may not respond" in story.refused(c.StandDown(), STRANGER)


def test_the_page_is_resolved_the_incident_stays_open_and_what_is_left_is_for_the_day(asleep):
    incident = asleep.incident
    assert (incident.page.word, incident.open, sent(asleep)[-1]) == ("resolved", True, "resolve")
    tasks = {task.item: task for task in incident.tasks.values()}
    assert {"impact", "root-cause"} <= set(tasks)
    assert {task.owner for task in tasks.values()} == {"ben"}
    assert {task.due for task in tasks.values()} == {datetime(2026, 11, 25, 20, tzinfo=UTC)}
    left = f"{len(tasks)} tasks left, the first due 2026-11-25 20:00 UTC"
    assert f"Stood down by ben: page resolved, probing goes on; {left}" in plain(headline(incident))
    assert "stood down already" in asleep.refused(c.StandDown(), CHLOE)


def test_whoever_settles_what_a_task_is_about_has_done_it(asleep):
    [task] = [task.id for task in asleep.incident.tasks.values() if task.item == "impact"]
    asleep.do(c.RecordFinding("impact", "completions could be bought"), CHLOE)
    asleep.run(1)
    assert not asleep.incident.tasks[task].open
    assert ended(asleep) == []


def of_personal_data():
    return contained(wanted(entry(data=Data.PERSONAL)), obligations=OBLIGATIONS)


def words_of(story, part):
    [words] = [words for words in left_words(story.incident, story.now) if part in words]
    return words


def test_a_task_of_the_day_says_its_own_time_alone_and_since_when_the_laws_is_over():
    story = of_personal_data()
    story.do(c.DecideNotice("authority", m.NoticeOutcome.NOTIFY, "data was read"), ANNA)
    words = words_of(story, "Notice to the authority")
    assert words == "“Notice to the authority” is to be sent (due Wed 2026-11-25 20:00 UTC)"
    story.now += timedelta(days=2, hours=12)
    words = words_of(story, "Notice to the authority")
    assert words == "“Notice to the authority” is to be sent (due Sat 2026-11-28 02:58 UTC)"
    story.now += timedelta(days=1)
    words = words_of(story, "Notice to the authority")
    assert words.startswith("“Notice to the authority” is to be sent, overdue since 2026-11-28 02:58 UTC (due Mon ")


def test_the_tasks_of_the_day_are_told_in_the_order_of_their_times_those_of_the_law_first():
    story = of_personal_data()
    assert [words.partition(":")[0].partition(" (due")[0] for words in left_words(story.incident, story.now)] == [
        "no decision on “Notice to the insurer”",
        "no decision on “Notice to the authority”",
        "no decision on “Final report”",
        "no decision on “Notice to people”",
        "no impact recorded",
        "no root cause recorded, nor why it is unknown",
        "nobody has said whether somebody used it",
    ]
    assert words_of(story, "insurer").endswith("(due Wed 2026-11-25 19:00 UTC)")
    assert words_of(story, "authority").endswith("(due Wed 2026-11-25 20:00 UTC)")


def task_of(story, item):
    [task] = [task for task in story.incident.tasks.values() if task.item == item]
    return task


@pytest.mark.parametrize("closed", [False, True])
def test_a_task_about_a_notice_ends_with_it_and_not_before(closed):
    story = of_personal_data()
    story.do(c.DecideNotice("authority", m.NoticeOutcome.NOTIFY, "data was read"), ANNA)
    story.do(c.StandDown(), BEN)
    if closed:
        story.complete()
        story.close_over("enough", CHLOE)
        assert not story.incident.open
    task = task_of(story, "notification:authority")
    for body in (c.FinishTask(task.id), c.DeclineTask(task.id, "no")):
        assert "ends with what it stands for: “Notice to the authority”" in story.refused(body, BEN)
    assert task.id not in {offer.subject for offer in ends_of_tasks(story)}
    story.do(c.RecordNoticeSent("authority", "case 4711"), BEN)
    story.run(1)
    assert not task_of(story, "notification:authority").open
    undecided = task_of(story, "notification:insurer")
    assert undecided.open
    story.do(c.DecideNotice("insurer", m.NoticeOutcome.NOT_NOTIFIABLE, "no cover"), BEN)
    story.run(1)
    assert not task_of(story, "notification:insurer").open


def ends_of_tasks(story):
    return unblocked(available(story.incident, story.now), c.FinishTask, c.DeclineTask)


SETTLED_BY = {
    "impact": c.RecordFinding("impact", "completions could be bought"),
    "root-cause": c.RecordFinding("root-cause", "a build log"),
    "abuse": c.RecordFinding("no-abuse", "the usage page shows our own calls alone"),
    f"checks:{NAME}": c.EndCheck(NAME, "webhooks", m.CheckOutcome.CLEAR, "nobody made one"),
}


@pytest.mark.parametrize("item", SETTLED_BY)
def test_a_task_that_stands_for_what_is_open_is_not_ticked_but_ends_with_it(item):
    story = contained(wanted(entry(checklist={"webhooks": "Look at the webhooks."})))
    story.do(c.StandDown(), BEN)
    task = task_of(story, item)
    assert task.id not in {offer.subject for offer in ends_of_tasks(story)}
    for body in (c.FinishTask(task.id), c.DeclineTask(task.id, "no")):
        assert f"Task {task.id} ends with what it stands for" in story.refused(body, BEN)
    story.do(SETTLED_BY[item], BEN)
    story.run(1)
    assert not task_of(story, item).open


def test_what_nobody_can_settle_after_the_close_is_declined_with_a_reason_and_never_done():
    story = contained()
    story.do(c.StandDown(), BEN)
    for step in story.incident.steps:
        story.do(c.SkipStep(step.definition.id, "enough"), CHLOE)
    story.close_over("enough", CHLOE)
    assert not story.incident.open
    task = task_of(story, "root-cause")
    assert "Reopen the incident to settle that, or decline the task with a reason." in story.refused(
        c.FinishTask(task.id), BEN
    )
    assert [offer.kind for offer in ends_of_tasks(story) if offer.subject == task.id] == [c.DeclineTask]
    story.do(c.DeclineTask(task.id, "nobody can tell any more"), BEN)
    assert task_of(story, "root-cause").declined.name == "ben"
    assert ("ben", "nobody can tell any more") in declined_together(story.incident)
    story.do(c.Reopen("somebody can after all"), CHLOE)
    story.do(c.RecordFinding("root-cause", "a gist of last year"), BEN)
    assert ("ben", "nobody can tell any more") not in declined_together(story.incident), "it was done otherwise"


def test_a_task_whose_item_is_settled_after_the_close_ends():
    story = contained(wanted(entry(data=Data.PERSONAL)))
    story.do(c.StandDown(), BEN)
    story.complete()
    story.close_over("enough", CHLOE)
    assert task_of(story, "notification").open
    story.do(c.RecordFinding("notification", "nobody was affected"), BEN)
    story.run(1)
    assert not task_of(story, "notification").open


def test_a_task_that_stands_for_checks_ends_with_the_last_of_them_after_the_close():
    story = contained(wanted(entry(checklist={"webhooks": "Look at them.", "keys": "Look for more."})))
    story.do(c.StandDown(), BEN)
    story.complete()
    story.close_over("enough", CHLOE)
    story.agree(BEN)
    assert not story.incident.open
    task = task_of(story, f"checks:{NAME}")
    for item in ("webhooks", "keys"):
        assert task_of(story, task.item).open
        assert f"Task {task.id} ends with what it stands for" in story.refused(c.FinishTask(task.id), BEN)
        story.do(c.EndCheck(NAME, item, m.CheckOutcome.CLEAR, "nobody made one"), BEN)
        story.run(1)
    assert not task_of(story, task.item).open


def test_a_task_that_stands_for_nothing_keeps_its_tick(asleep):
    asleep.do(c.AddTask("take it out of the history", "ben"), ANNA)
    [task] = [task.id for task in asleep.incident.tasks.values() if not task.item]
    assert [offer.kind for offer in ends_of_tasks(asleep) if offer.subject == task] == [c.FinishTask, c.DeclineTask]
    asleep.do(c.FinishTask(task), BEN)
    assert asleep.incident.tasks[task].done.name == "ben"


def test_dead_values_and_consumers_are_looked_at_all_night_and_nobody_is_told_that_nothing_is_new(asleep):
    before = asleep.incident.page
    start = len(asleep.log)
    asleep.run(4 * 3600)
    asked = [r.event.claim.op for r in asleep.log[start:] if isinstance(r.event, e.OperationStarted)]
    assert asked.count(Op.PROVE) == 8
    assert 7 <= asked.count(Op.CONFIRM) <= 8
    assert Op.PAGE not in asked
    assert asleep.incident.page == before


def live_again(story):
    story.world.killed.clear()


def failing(story):
    story.world.failing.add("checkout")


@pytest.mark.parametrize(
    ("happens", "why"), [(live_again, rules.ALIVE_AGAIN), (failing, "a consumer fails with a replacement")]
)
def test_what_gets_worse_pages_anew_with_an_alert_of_its_own_once(asleep, happens, why):
    happens(asleep)
    asleep.run(3600)
    assert ended(asleep) == [why]
    told = sent(asleep)[sent(asleep).index("resolve") + 1 :]
    assert told[:2] == ["trigger", "alert"]
    assert asleep.incident.alerts.count(why) == 1
    assert asleep.incident.stood_down is None
    assert asleep.incident.page.word == "triggered", "whoever slept has not answered"
    assert "Stood down" not in headline(asleep.incident)
    asleep.do(c.AddNote("I am here"), ANNA)
    assert asleep.incident.answered_by == "anna"


def test_abuse_and_a_further_secret_wake_people_too(asleep):
    asleep.do(c.RecordAbuse(NAME, "calls from an address in no region of ours"), BEN)
    asleep.run(1)
    assert len(ended(asleep)) == 1
    other = contained()
    other.do(c.StandDown(), BEN)
    other.do(c.AddSecret(wanted(entry("redis"))), BEN)
    other.run(1)
    assert ended(other) == [rules.ALIVE_AGAIN]


@pytest.mark.parametrize("outcome", [None, m.ReaderOutcome.UNEXPLAINED])
def test_nobody_sleeps_while_a_reader_is_not_explained(outcome):
    story = contained()
    seen = story.incident.usage[NAME]
    reader = "arn:aws:iam::111122223333:user/contractor"
    reads = (Read(story.now, reader, "192.0.2.1", "boto3", "GetParameter", "/production/x"),)
    story.record(e.UsageRead(0, NAME, seen.source, seen.since, seen.until, reads, (), False))
    if outcome is not None:
        story.do(c.AccountReader(reader, outcome, "asked her: it was not her"), BEN)
    assert "user/contractor read it and is not explained" in story.refused(c.StandDown(), BEN)
    story.do(c.AccountReader(reader, m.ReaderOutcome.EXPLAINED, "her nightly job"), BEN)
    story.do(c.StandDown(), BEN)
    assert story.incident.stood_down is not None


def inspecting():
    """Of a provider at which the machine itself looks for what an attacker may have left."""
    keys = {"keys": "Look for keys newer than the exposure."}
    return Story(declaration(wanted(entry(can=capabilities(inspects=True), checklist=keys, inspects=("keys",)))))


def all_but_that_look(story):
    for _ in range(40):
        story.work(only=set(Op) - {Op.INSPECT})
        story.now += timedelta(seconds=5)
    assert (story.secret().old_state, story.secret().inspected_at) == (m.Old.DEAD, None)
    return story


def test_nobody_sleeps_while_something_of_an_attacker_may_open_a_door():
    story = inspecting()
    story.world.left_behind = (Leftover("keys", "id-666", "backup"),)
    story.run(180)
    assert "something found at its provider" in story.refused(c.StandDown(), BEN)


def not_seen(story):
    """Somebody has compared the leaked value, and it is another one than the one that was ended."""
    story.do(c.CompareValue(NAME, same=False, seen=story.secret().old.fingerprint), BEN)


def test_nobody_sleeps_over_another_value_than_the_one_that_was_ended():
    story = contained()
    not_seen(story)
    assert f"{NAME}: {rules.ANOTHER_LEAKED}" in story.refused(c.StandDown(), BEN)


def test_nobody_sleeps_before_the_machine_has_looked_at_what_was_left():
    story = all_but_that_look(inspecting())
    refused = story.refused(c.StandDown(), BEN)
    assert f"{NAME}: what it may have left at its provider has not been looked at" in refused
    story.run(180)
    story.do(c.StandDown(), BEN)
    assert story.incident.stood_down is not None


def test_a_look_that_failed_for_good_keeps_nobody_awake():
    story = all_but_that_look(inspecting())
    claim = story.begin(Op.INSPECT)
    story.finish(claim, e.OperationFailed(claim.number, Op.INSPECT, "Refused", "HTTP 403", None))
    story.run(5)
    story.do(c.StandDown(), BEN)
    assert story.incident.stood_down is not None


def found_by_a_later_look(story):
    story.world.left_behind = (Leftover("keys", "id-666", "backup"),)
    story.do(c.Retry(access_lane(NAME)), BEN)


def not_explained_after_all(story):
    reader = "arn:aws:iam::111122223333:user/contractor"
    story.do(c.AccountReader(reader, m.ReaderOutcome.UNEXPLAINED, "asked her again: it was not her"), BEN)


@pytest.mark.parametrize(
    ("happens", "why"),
    [
        (not_seen, rules.ANOTHER_LEAKED),
        (found_by_a_later_look, rules.LEFT_BEHIND),
        (not_explained_after_all, rules.UNEXPLAINED),
    ],
)
def test_what_somebody_finds_out_while_people_sleep_pages_anew(happens, why):
    story = inspecting().run(180)
    seen, reader = story.incident.usage[NAME], "arn:aws:iam::111122223333:user/contractor"
    reads = (Read(story.now, reader, "192.0.2.1", "boto3", "GetParameter", "/production/x"),)
    story.record(e.UsageRead(0, NAME, seen.source, seen.since, seen.until, reads, (), False))
    story.do(c.AccountReader(reader, m.ReaderOutcome.EXPLAINED, "her nightly job"), BEN)
    story.do(c.StandDown(), BEN)
    story.run(10)
    assert story.incident.stood_down is not None

    happens(story)
    story.run(10)
    assert ended(story) == [why]
    assert story.incident.alerts.count(why) == 1
    told = sent(story)[sent(story).index("resolve") + 1 :]
    assert told[:2] == ["trigger", "alert"]


def test_the_close_ends_it_and_the_owner_can_be_named():
    story = contained()
    story.do(c.StandDown("chloe"), BEN)
    assert {task.owner for task in story.incident.tasks.values() if task.item} == {"chloe"}
    story.complete()
    story.close_over("done", CHLOE)
    story.run(1)
    assert (story.incident.stood_down, story.incident.page.word) == (None, "resolved")


# --- day and night ---------------------------------------------------------------------------------------------------


BERLIN = Timings(time_zone="Europe/Berlin")


def utc(*numbers):
    return datetime(*numbers, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "morning"),
    [
        (utc(2026, 11, 25, 3), utc(2026, 11, 25, 7)),
        (utc(2026, 11, 25, 12), utc(2026, 11, 25, 12)),
        (utc(2026, 11, 25, 19), utc(2026, 11, 26, 7)),
        (utc(2026, 7, 1, 19), utc(2026, 7, 2, 6)),
        (utc(2026, 3, 28, 20), utc(2026, 3, 29, 6)),  # the night that is an hour shorter
        (utc(2026, 10, 24, 20), utc(2026, 10, 25, 7)),  # and the one that is an hour longer
        (utc(2026, 10, 25, 1, 30), utc(2026, 10, 25, 7)),  # half past two by the clock, the second time
    ],
)
def test_the_morning_comes_by_the_clock_on_the_wall(at, morning):
    assert by_day(BERLIN, at) == morning
    assert is_day(BERLIN, by_day(BERLIN, at))
    assert not is_day(BERLIN, morning - timedelta(seconds=1)) or at == morning


@pytest.mark.parametrize(
    ("at", "end"),
    [
        (utc(2026, 11, 25, 3), utc(2026, 11, 25, 19)),  # Wednesday, before the day begins
        (utc(2026, 11, 25, 12), utc(2026, 11, 26, 19)),
        (utc(2026, 11, 27, 20), utc(2026, 11, 30, 19)),  # Friday evening: Monday
        (utc(2026, 11, 28, 3), utc(2026, 11, 30, 19)),
        (utc(2026, 3, 27, 20), utc(2026, 3, 30, 18)),  # summer time begins in between
    ],
)
def test_the_next_working_day_ends_by_the_clock_on_the_wall(at, end):
    assert working_day_end(BERLIN, at) == end
