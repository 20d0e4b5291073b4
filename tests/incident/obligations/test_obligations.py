"""The law's clocks: who decides on what by when, what was decided on which facts, and what was sent how late."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.clocks import notification
from bot.incident.closing.open_items import open_items
from bot.incident.due import DueKind, dues
from bot.incident.obligations.rules import aware_at, facts_of, notice_clocks
from bot.incident.reminders import reminder_at
from bot.incident.severity import by_facts, severity
from bot.model.secrets import Data, Outage
from bot.phrases.closing import open_words
from tests.support.incidents import (
    ANNA,
    AUTHORITY,
    BEN,
    CHLOE,
    INSURER,
    OBLIGATIONS,
    START,
    STRANGER,
    Story,
    declaration,
    entry,
    wanted,
)
from tests.support.typed import typed_now

DETECTED = START - timedelta(minutes=2)
HOUR = timedelta(hours=1)
NOTIFY, NOT_REQUIRED = m.NoticeOutcome.NOTIFY, m.NoticeOutcome.NOT_REQUIRED


def next_reminder(incident):
    decisions = [each for each in dues(incident) if each.kind is DueKind.DECISION]
    return min((reminder_at(incident, each) for each in decisions), default=None)


def due(incident, now):
    return tuple(each for each in dues(incident) if each.at <= now + HOUR)


def told(data=Data.PERSONAL, obligations=OBLIGATIONS, **changes):
    return Story(declaration(wanted(entry(data=data)), obligations=obligations, **changes))


def clock(story, name="authority"):
    return next(each for each in notice_clocks(story.incident) if each.obligation.id == name)


def items(story):
    return {item.key: item for item in open_items(story.incident) if item.key.startswith("notification")}


@pytest.mark.parametrize(
    ("data", "public", "environment", "names"),
    [
        (Data.PERSONAL, True, "production", {"authority", "people", "insurer", "review"}),
        (Data.PAYMENT, True, "production", {"authority", "insurer", "review"}),
        (Data.CHILDREN, False, "staging", {"authority", "review"}),
        (Data.NONE, True, "staging", {"review"}),
    ],
)
def test_facts_switch_obligations_on(data, public, environment, names):
    story = told(data, public=public, environment=environment)
    assert {each.obligation.id for each in notice_clocks(story.incident)} == names


def test_time_runs_from_the_detection_and_the_decision_is_due_at_two_thirds_of_it():
    found = clock(told())
    assert (found.decide_by, found.due) == (DETECTED + 48 * HOUR, DETECTED + 72 * HOUR)
    assert clock(told(), "insurer").due == START + 24 * HOUR
    assert clock(told(), "people").due is None


def test_what_runs_from_containment_begins_with_the_last_dead_value():
    story = told()
    assert clock(story, "review").due is None
    story.run(120)
    dead = story.secret().old.contained_at
    assert clock(story, "review").due == dead + 240 * HOUR


def test_where_somebody_vouches_for_the_death_it_begins_with_their_word():
    story = told()
    story.world.controls = False
    story.run(120)
    assert clock(story, "review").due is None
    story.do(c.AttestDeath("openai-api-key", "the account is closed"), CHLOE)
    assert clock(story, "review").due == story.now + 240 * HOUR


def test_a_person_records_since_when_it_is_known():
    story = told()
    before = DETECTED - 5 * HOUR
    story.do(c.RecordAwareness(before, "the researcher wrote to us then"), ANNA)
    assert aware_at(story.incident) == before
    assert clock(story).due == before + 72 * HOUR
    assert "Nothing changed" in story.refused(c.RecordAwareness(before, "again"), BEN)
    assert "is in the future" in story.refused(c.RecordAwareness(story.now + HOUR, "soon"), BEN)


def test_the_terminal_is_told_a_line_that_it_takes():
    story = told().run(60)
    lines = typed_now(story.incident, story.now)
    decisions = [line for line in lines if " notice:" in line]
    assert decisions
    assert all("--by NAME --note TEXT" in line for line in decisions)


def test_a_notice_stays_open_until_it_was_sent_and_late_is_told_as_late():
    story = told()
    assert items(story)["notification:authority"].settled_by is c.DecideNotice
    assert "Record that decision first" in story.refused(c.RecordNoticeSent("authority", "case 4711"), ANNA)
    story.do(c.DecideNotice("authority", NOTIFY, "data was read", "the officer"), ANNA)
    owed = items(story)["notification:authority"]
    assert (owed.settled_by, owed.due) == (c.RecordNoticeSent, DETECTED + 72 * HOUR)
    story.now += 80 * HOUR
    (sent,) = story.do(c.RecordNoticeSent("authority", "case 4711", DETECTED + 75 * HOUR, "nobody was there"), ANNA)
    assert sent.delay == "nobody was there"
    assert clock(story).late_by == 3 * HOUR
    assert "notification:authority" not in items(story)
    assert "was sent at" in story.refused(c.DecideNotice("authority", NOT_REQUIRED, "no"), ANNA)


def test_a_notice_was_not_sent_before_anybody_knew():
    story = told()
    story.do(c.DecideNotice("authority", NOTIFY, "data was read", "the officer"), ANNA)
    refused = story.refused(c.RecordNoticeSent("authority", "case 4711", DETECTED - HOUR), ANNA)
    assert f"is before it was known ({DETECTED:%Y-%m-%d %H:%M} UTC)" in refused
    story.do(c.RecordAwareness(DETECTED - 2 * HOUR, "the researcher wrote to us then"), ANNA)
    story.do(c.RecordNoticeSent("authority", "case 4711", DETECTED - HOUR), ANNA)


def test_notices_that_nobody_sent_are_counted_in_words():
    story = told()
    for name in ("authority", "insurer"):
        story.do(c.DecideNotice(name, NOTIFY, "data was read"), ANNA)
    assert "2 unsent notices" in " ".join(open_words(open_items(story.incident)))


def test_a_decision_keeps_the_facts_that_it_was_made_on_and_new_ones_open_it_again():
    story = told()
    before = facts_of(story.incident)
    (decided,) = story.do(c.DecideNotice("authority", NOT_REQUIRED, "made-up data"), ANNA)
    assert (decided.decider, decided.facts) == ("anna", before)
    assert "notification:authority" not in items(story)
    assert "Nothing changed" in story.refused(c.DecideNotice("authority", NOT_REQUIRED, "again"), BEN)
    story.do(c.RecordFinding("no-abuse", "nothing in the log"), BEN)
    assert clock(story).changed == ()
    story.do(c.RecordAbuse("openai-api-key", "calls from outside"), BEN)
    assert clock(story).changed == ("abuse seen: yes",)
    assert "this is new: abuse seen: yes" in items(story)["notification:authority"].words
    story.do(c.DecideNotice("authority", NOT_REQUIRED, "they saw the model's answers alone"), BEN)
    assert "notification:authority" not in items(story)


def test_that_nobody_has_said_whether_it_was_used_is_not_called_unknown_and_that_it_is_unknown_is_no_news():
    story = told()
    assert "abuse seen: not answered yet" in facts_of(story.incident)
    story.do(c.DecideNotice("authority", NOT_REQUIRED, "made-up data"), ANNA)
    story.do(c.RecordFinding("abuse-unknown", "the logs are gone"), BEN)
    assert "abuse seen: unknown" in facts_of(story.incident)
    assert clock(story).changed == ()


def test_a_decision_that_an_older_log_keeps_as_made_while_it_was_unknown_stands():
    story = told()
    facts = tuple(fact.replace("not answered yet", "unknown") for fact in facts_of(story.incident))
    story.record(e.NoticeDecided("authority", NOT_REQUIRED, "made-up data", "anna", facts), "anna")
    assert clock(story).changed == ()


def test_the_law_outlasts_the_close():
    story = told(obligations=(AUTHORITY,)).run(120)
    story.complete().close_over()
    assert not story.incident.open
    assert [each.key for each in dues(story.incident)] == ["decision:authority"]
    assert not [event for event in story.do(c.DecideNotice("authority", NOTIFY, "read"), ANNA) if _refusal(event)]
    assert [each.key for each in dues(story.incident)] == ["notice:authority"]


def _refusal(event):
    return isinstance(event, e.CommandRefused)


def test_whoever_has_no_right_decides_nothing():
    story = told()
    for body in (c.DecideNotice("authority", NOTIFY, "x"), c.RecordAwareness(START, "x")):
        assert "may not" in story.refused(body, STRANGER)


def test_one_text_does_not_decide_on_notices():
    assert "no such finding. Known" in told().refused(c.RecordFinding("notification", "nobody"), ANNA)


def test_the_next_decision_is_the_one_that_people_are_reminded_of():
    story = told()
    assert notification(story.incident).due == START + 16 * HOUR
    for name in ("insurer", "authority"):
        story.do(c.DecideNotice(name, NOT_REQUIRED, "made-up data"), ANNA)
    assert notification(story.incident).decided.text == "not-required, decided by anna: made-up data"


def test_one_decision_stands_for_no_other_that_is_due_at_the_same_time():
    """Customers and card schemes both have 24 hours: what was decided on one says nothing of the other."""
    story = told(obligations=(AUTHORITY, replace(AUTHORITY, id="lead")))
    for outcome in (NOT_REQUIRED, NOTIFY):
        story.do(c.DecideNotice("lead", outcome, "looked at it"), ANNA)
        assert notification(story.incident).decided is None
        assert next_reminder(story.incident) == DETECTED + 36 * HOUR


def test_a_decision_that_nobody_makes_silences_no_later_one():
    story = told(obligations=(AUTHORITY, INSURER))
    story.run(80 * 3600)
    reminders = [recorded.event for recorded in story.log if isinstance(recorded.event, e.Reminded)]
    insurer, authority = START + 16 * HOUR, DETECTED + 48 * HOUR
    told_of = {due: [not each.early for each in reminders if each.at == due] for due in (insurer, authority)}
    assert told_of == {insurer: [False, True, True, True], authority: [False, True, True]}
    story.do(c.DecideNotice("insurer", NOT_REQUIRED, "made-up data"), ANNA)
    assert next_reminder(story.incident) > story.now, "the authority's is over as well"
    story.do(c.DecideNotice("authority", NOT_REQUIRED, "made-up data"), ANNA)
    assert next_reminder(story.incident) is None
    story.do(c.RecordAbuse("openai-api-key", "calls from outside"), BEN)
    assert next_reminder(story.incident) == insurer - 12 * HOUR


# --- what is due ----------------------------------------------------------------------------------------------------


def test_steps_tasks_and_decisions_are_due_in_one_list():
    story = told()
    story.do(c.AddTask("scan images", "ben", story.now + 20 * HOUR), ANNA)
    assert [(each.kind, each.subject, each.legal) for each in dues(story.incident)] == [
        (DueKind.DECISION, "insurer", True),
        (DueKind.TASK, "t1", False),
        (DueKind.DECISION, "authority", True),
    ]
    assert due(story.incident, story.now) == ()
    (overdue,) = due(story.incident, story.now + 16 * HOUR)
    assert overdue.overdue(story.now + 16 * HOUR)
    assert len(due(story.incident, story.now + 19 * HOUR)) == 2


# --- severity and tasks ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "public", "expected"),
    [
        ({}, False, m.Severity.SEV3),
        ({}, True, m.Severity.SEV2),
        ({"outage": Outage.DOWN}, False, m.Severity.SEV2),
        ({"data": Data.PERSONAL}, False, m.Severity.SEV2),
        ({"data": Data.PERSONAL}, True, m.Severity.SEV1),
        ({"data": Data.CHILDREN}, False, m.Severity.SEV1),
    ],
)
def test_severity_follows_the_facts(changes, public, expected):
    story = Story(declaration(wanted(entry(**changes)), public=public))
    assert severity(story.incident) is expected


def test_abuse_is_the_gravest():
    story = Story(declaration(public=False))
    story.do(c.RecordAbuse("openai-api-key", "calls from outside"), BEN)
    assert by_facts(story.incident) == (m.Severity.SEV1, "abuse was seen")


def test_abuse_is_open_until_somebody_says_yes_no_or_unknown():
    story = Story(declaration())
    assert "abuse" in {item.key for item in open_items(story.incident)}
    story.do(c.RecordFinding("abuse-unknown", "no log goes back so far"), ANNA)
    assert "abuse" not in {item.key for item in open_items(story.incident)}
    story.do(c.RecordAbuse("openai-api-key", "calls from outside"), BEN)
    assert "is already recorded" in story.refused(c.RecordFinding("no-abuse", "none"), ANNA)


def test_a_task_is_given_to_somebody_else_and_another_time():
    story = Story(declaration())
    story.do(c.AddTask("scan images", "ben"), ANNA)
    by = story.now + 20 * HOUR
    assert "has passed" in story.refused(c.ChangeTask("t1", "anna", story.now - HOUR, "away"), ANNA)
    assert "already" in story.refused(c.ChangeTask("t1", "ben", None, "away"), ANNA)
    story.do(c.ChangeTask("t1", "anna", by, "ben is away"), ANNA)
    task = story.incident.tasks["t1"]
    assert (task.owner, task.due) == ("anna", by)


def test_what_is_not_required_so_far_is_decided_again_on_its_date():
    story = told()
    again = story.now + timedelta(days=2)
    story.do(c.DecideNotice("authority", NOT_REQUIRED, "nothing is known yet", "the officer", again), ANNA)
    clock = next(each for each in notice_clocks(story.incident) if each.obligation.id == "authority")
    assert (clock.decided, clock.open, clock.next_due) == (True, True, again)
    item = items(story)["notification:authority"]
    assert (item.settled_by, item.due) == (c.DecideNotice, again)
    assert f"is not required so far, decide again by {again:%Y-%m-%d %H:%M} UTC" in item.words
    assert (DueKind.LOOK, "authority", False) in [
        (each.kind, each.subject, each.legal) for each in dues(story.incident)
    ]
    story.do(c.DecideNotice("authority", NOT_REQUIRED, "the logs show nothing", "the officer"), BEN)
    assert "notification:authority" not in items(story)
    later = c.DecideNotice("authority", NOTIFY, "it was read", again=again)
    assert "Leave out the date" in story.refused(later, ANNA)
    past = c.DecideNotice("insurer", NOT_REQUIRED, "again", again=story.now)
    assert "has passed. Enter a time in the future" in story.refused(past, ANNA)


def test_notices_are_answered_with_notices_only():
    story = told()
    notify = c.DecideNotice("authority", NOTIFY, "data was read")
    mixed = c.Settle((notify, c.CompleteStep("notify")))
    assert story.refused(mixed, ANNA) == "Answer notices together with notices only. Nothing was recorded."
    assert not story.incident.notices
    assert len(story.do(c.Settle((notify, c.DecideNotice("insurer", NOT_REQUIRED, "made up"))), ANNA)) == 2
