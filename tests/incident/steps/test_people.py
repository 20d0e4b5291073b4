"""Given an incident, when people move its steps, tasks and words: what is recorded, and why something is not."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.clocks import working_day_end
from bot.incident.closing.open_items import acceptable, secrets_among
from bot.incident.lanes import HALT, REPORT_LANE, new_lane, old_lane
from bot.incident.offers import Urgency, available, unblocked
from bot.incident.old_value.schedule import AFTER_CLOSE, unstaged
from bot.incident.operations import Op
from bot.incident.schedule import pending
from bot.incident.steps.rules import BEING_WRITTEN, next_step, settling, step_digest, waiting_steps
from bot.model.capabilities import Makes, RevokedBy
from bot.model.keys import KeyRef
from bot.model.playbooks import Playbook, PlaybookStep
from bot.model.secrets import Data, Kill, Outage
from bot.phrases.events import sentence
from tests.support.consents import SHOWN
from tests.support.incidents import (
    ANNA,
    BEN,
    BOT_TOKEN,
    CHLOE,
    PLAYBOOK,
    START,
    STRANGER,
    Story,
    World,
    capabilities,
    declaration,
    entry,
    no_notice,
    probe,
    wanted,
)

NAME = "openai-api-key"
PERSON = capabilities(makes=Makes.PERSON, revokes=RevokedBy.PERSON, identifies=False, snapshots=False)


def at_rest():
    return Story(declaration()).run(60)


def done(story=None):
    return (story or at_rest()).complete()


# --- words ----------------------------------------------------------------------------------------------------------


def test_anybody_may_note():
    story = Story(declaration())
    noted = e.NoteAdded("seen in a pull request", responder=False)
    assert story.do(c.AddNote("  seen in a pull request "), STRANGER) == (noted,)
    assert story.incident.statements[0].by.name == "slack:U0STRANGER"


@pytest.mark.parametrize(
    "body",
    [
        c.AddNote(BOT_TOKEN),
        c.RecordFinding("finding", f"it was {BOT_TOKEN}"),
        c.AddNote(f"it was {BOT_TOKEN[:5]}\u200b{BOT_TOKEN[5:]}"),
        c.AddNote(f"it was\x1b[31m{BOT_TOKEN}"),
        c.AddNote(f"\x1b[1mit was\x1b[0m\\n{BOT_TOKEN}"),
        c.AddNote(f"token%3D{BOT_TOKEN}"),
        c.AddTask(BOT_TOKEN, "ben"),
        c.AddTask("rotate", BOT_TOKEN),
        c.SkipStep("notify", BOT_TOKEN),
        c.BreakGlass({NAME: SHOWN}, BOT_TOKEN),
        c.AttestDeath(NAME, BOT_TOKEN),
        c.ChooseStrategy(NAME, m.Strategy.OVERLAP, BOT_TOKEN),
    ],
)
def test_a_secret_in_a_text_is_refused_and_nowhere_repeated(body):
    world = World()
    world.look = lambda _: probe("unknown")
    story = Story(declaration(), world=world)
    said = story.refused(body, CHLOE)
    assert "looks like a Slack token, so it was not recorded" in said
    assert "bot submit" in said
    assert BOT_TOKEN not in repr(story.log)


def test_texts_have_a_length():
    assert "at most 3000 fit" in Story(declaration()).refused(c.AddNote("x" * 3001))


def test_findings_are_of_known_kinds():
    story = Story(declaration())
    assert story.do(c.RecordFinding("root-cause", "a .env")) == (e.FindingRecorded("root-cause", "a .env"),)
    assert "finding, impact, root-cause, no-abuse" in story.refused(c.RecordFinding("rumour", "x"))
    assert "may not respond" in story.refused(c.RecordFinding("finding", "x"), STRANGER)


# --- steps ----------------------------------------------------------------------------------------------------------


def by_turn(story, *over):
    """The steps `over` are skipped, and what that brings about has come."""
    for step in over:
        story.do(c.SkipStep(step, "a drill"), CHLOE)
    return story.run(10)


def states(story):
    return {step.definition.id: str(step.state) for step in story.incident.steps}


def test_a_step_opens_in_its_turn_and_brings_its_tasks_with_an_owner_and_a_due_time():
    story = at_rest()
    assert states(story)["investigate"] == "waiting"
    assert not story.incident.tasks
    by_turn(story, "assess", "notify")
    assert states(story)["investigate"] == "open"
    [task] = story.incident.tasks.values()
    assert (task.title, task.owner, task.step) == ("Search the history", "anna", "investigate")
    assert task.due == working_day_end(story.incident.timings, story.now)
    assert task.goes_on, "its step does not wait for it"
    assert "no root cause is recorded" in story.refused(c.CompleteStep("investigate"))
    story.do(c.RecordFinding("root-cause", "a .env was pasted"))
    assert story.do(c.CompleteStep("investigate")) == (e.StepDone("investigate"),)
    assert not [r for r in story.run(60).log if isinstance(r.event, e.TaskAdded) and r.event.step == "investigate"][1:]


@pytest.mark.parametrize(("hours", "due"), [(24, START + timedelta(hours=24)), (0, None)])
def test_a_task_of_a_step_is_due_within_the_time_of_its_step_while_that_is_to_come(hours, due):
    steps = (PlaybookStep("a", "A", within=hours * 3600, tasks=("one", "two")),)
    story = Story(declaration(playbook=Playbook("p", "P", steps))).run(10)
    expected = due or working_day_end(story.incident.timings, START)
    assert [(task.id, task.title, task.due) for task in story.incident.tasks.values()] == [
        ("t1", "one", expected), ("t2", "two", expected),
    ]  # fmt: skip


def test_a_step_that_ends_before_its_turn_brings_its_tasks_and_one_that_is_skipped_does_not():
    story = Story(declaration())
    brought, done = story.do(c.CompleteStep("remediate"))
    assert (brought.title, brought.owner, done) == ("Remove the secret", "anna", e.StepDone("remediate"))
    assert f"task:{brought.task}" in {item.key for item in acceptable(story.incident)}, "the close asks for it"
    assert story.do(c.SkipStep("investigate", "nothing to find"))[1:] == ()


# --- steps of the machine's -------------------------------------------------------------------------------------------


def test_the_machine_ends_its_steps_once_nothing_of_them_is_open():
    story = Story(declaration())
    assert states(story)["rotate"] == states(story)["revoke"] == "open"
    assert {o.subject for o in available(story.incident, story.now) if o.kind is c.CompleteStep} == {
        "assess", "notify", "investigate", "remediate", "document",
    }  # fmt: skip
    said = story.refused(c.CompleteStep("rotate"))
    assert "The bot ends “Rotate” once nothing in it is open: openai-api-key: no new key yet. To skip" in said
    story.run(60)
    assert (states(story)["rotate"], states(story)["revoke"]) == ("done", "done")
    assert {story.incident.step(step).ended.name for step in ("rotate", "revoke")} == {"bot"}
    assert "was marked done by bot" in story.refused(c.CompleteStep("rotate"))


def test_what_opens_of_a_step_of_the_machine_opens_it_again_until_the_close():
    story = at_rest()
    story.do(c.AddSecret(wanted(entry("redis-url"))))
    story.do(c.Tick(), m.BOT)
    assert (states(story)["rotate"], states(story)["revoke"]) == ("open", "open")
    opened = [sentence(r, story.incident) for r in story.log if isinstance(r.event, e.StepReopened)]
    assert "opened “Rotate” again" in opened[0]
    story.run(60)
    assert (states(story)["rotate"], states(story)["revoke"]) == ("done", "done")


def test_what_a_person_skipped_the_machine_does_not_open_again():
    story = Story(declaration())
    story.do(c.SkipStep("rotate", "none is wanted"))
    story.run(60)
    assert (states(story)["rotate"], story.incident.step("rotate").ended.name) == ("skipped", "anna")


def test_a_task_that_is_nobodys_holds_its_step_whenever_it_is_due():
    story = Story(declaration())
    story.record(e.TaskAdded("t1", "Scan the images", "", START + timedelta(days=17), "notify"))
    assert "1 task without an owner (“Scan the images”)" in story.refused(c.CompleteStep("notify"))


def test_a_step_names_the_tasks_that_hold_it_and_what_each_lacks():
    story = Story(declaration())
    story.record(e.TaskAdded("t1", "Scan the images", "", None, "notify"))
    for number in range(2, 6):
        story.record(e.TaskAdded(f"t{number}", f"Look at {number}", "ben", None, "notify"))
    held = story.refused(c.CompleteStep("notify"))
    assert "1 task without an owner and a due time (“Scan the images”): add it, or finish or decline them" in held
    assert "4 tasks without a due time (“Look at 2”, “Look at 3”, “Look at 4” and 1 more): " in held


def test_a_task_needs_a_reason_for_a_later_time_and_for_nothing_else():
    story = Story(declaration())
    story.do(c.AddTask("Search", "ben"))
    story.do(c.ChangeTask("t1", "", START + timedelta(days=2), ""))
    story.do(c.ChangeTask("t1", "mika", None, ""))
    story.do(c.ChangeTask("t1", "", START + timedelta(days=1), " "))
    assert story.incident.tasks["t1"].due == START + timedelta(days=1)
    assert sentence(story.log[-1], story.incident).endswith("gave task t1 to mika, due 2026-11-26 03:00:00 UTC")
    later = c.ChangeTask("t1", "", START + timedelta(days=3), "")
    assert "Give a reason for the later time" in story.refused(later)
    story.do(replace(later, reason="after the release"))


def urged_steps(story):
    offers = unblocked(available(story.incident, story.now), c.CompleteStep)
    return {(offer.kind, offer.subject) for offer in offers if offer.urgency is Urgency.SENSIBLE}


def test_a_step_is_urged_once_all_that_it_asks_for_is_there():
    story = Story(declaration())
    assert (c.CompleteStep, "notify") not in urged_steps(story)  # page not acknowledged yet
    assert story.do(c.CompleteStep("notify")) == (e.StepDone("notify"),)  # and whoever is alone can end it
    story = Story(declaration())
    story.do(c.AddNote("I am here"), BEN)
    assert (c.CompleteStep, "notify") in urged_steps(story)
    for step in ("rotate", "assess", "revoke", "notify", "investigate", "remediate"):
        story.do(c.SkipStep(step, "a drill"))
    assert urged_steps(story) == set()
    story.record(e.ReportWritten(0, "report.md", "0" * 64, "1:0", 1))
    assert urged_steps(story) == set()  # what people alone know is not in it
    story.do(c.WriteNarrative(summary="a key leaked", lessons="look twice"))
    assert urged_steps(story) == {(c.CompleteStep, "document")}
    assert story.do(c.CompleteStep("document")) == (e.StepDone("document"),)


def test_what_a_step_waits_for_is_said():
    story = Story(declaration())
    for step, waits in {
        "rotate": "openai-api-key: no new key yet",
        "assess": "openai-api-key: readers not looked up yet",
        "revoke": "openai-api-key: old key STILL WORKS",
        "document": "no report has been written",
    }.items():
        assert waits in story.refused(c.CompleteStep(step))
    story.run(5)
    assert "old key is not confirmed dead yet" in story.refused(c.CompleteStep("revoke"))


def test_while_the_report_is_written_that_is_what_its_step_waits_for():
    story = Story(declaration())
    story.do(c.RequestReport())
    assert BEING_WRITTEN in story.refused(c.CompleteStep("document"))
    [offer] = unblocked(available(story.incident, story.now), c.RequestReport)
    assert offer.reason == BEING_WRITTEN
    assert c.RequestReport not in {kind for kind, _ in settling(story.incident, story.incident.step("document"))}


def test_a_step_is_skipped_with_a_reason_and_can_be_left_out_of_order():
    story = Story(declaration())
    assert "reason is empty" in story.refused(c.SkipStep("notify", " "))
    story.do(c.SkipStep("notify", "a drill"))
    assert story.incident.step("notify").reason == "a drill"
    assert next_step(story.incident).definition.id == "rotate"
    assert len(waiting_steps(story.incident)) == len(PLAYBOOK.steps) - 1


@pytest.mark.parametrize("body", [c.CompleteStep("notify"), c.SkipStep("notify", "x")])
def test_what_is_over_stays_so_and_says_who_was_there_first(body):
    story = Story(declaration())
    story.do(c.SkipStep("notify", "a drill"), BEN)
    assert "“Tell the team” was marked skipped by ben at 03:00:00 UTC" in story.refused(body)


def test_a_stale_button_explains_itself_and_other_events_do_not_make_one_stale():
    story = Story(declaration())
    shown = step_digest(story.incident.step("notify"))
    story.do(c.AddNote("something else"))
    assert step_digest(story.incident.step("notify")) == shown
    by_turn(story, "assess")
    assert step_digest(story.incident.step("notify")) == shown, "nor does it that its turn has come"
    assert "changed since you saw it. Nothing changed" in story.refused(c.SkipStep("notify", "x", "0" * 16))


def test_an_unknown_step_is_named_with_those_that_are_known():
    assert "Steps: rotate, assess" in Story(declaration()).refused(c.CompleteStep("dance"))


# --- tasks ----------------------------------------------------------------------------------------------------------


def test_tasks_are_added_finished_and_declined():
    story = Story(declaration())
    due = START + timedelta(days=1)
    story.do(c.AddTask("Search", "", due), BEN)
    story.do(c.AddTask("Reduce", "dora"))
    assert [(t.owner, t.due) for t in story.incident.tasks.values()] == [("ben", due), ("dora", None)]
    assert "has passed. Enter a time in the future" in story.refused(
        c.AddTask("Late", "ben", START - timedelta(days=1))
    )
    story.do(c.FinishTask("t1"), BEN)
    assert "reason is empty" in story.refused(c.DeclineTask("t2", ""))
    story.do(c.DeclineTask("t2", "not ours"))
    assert "was done by ben" in story.refused(c.DeclineTask("t1", "x"))
    assert "was declined by anna" in story.refused(c.FinishTask("t2"))
    assert "Tasks: t1, t2." in story.refused(c.FinishTask("t9"))


# --- what people know of a secret -----------------------------------------------------------------------------------


def test_a_death_attested_before_the_snapshot_does_not_hold_up_the_replacement():
    story = Story(declaration())
    claim = story.begin(Op.CAPTURE)
    story.finish(claim, e.OldCaptured(claim.number, NAME, "f" * 12, {}, True, ()))
    story.do(c.AttestDeath(NAME, "the account is closed"), CHLOE)
    story.run(60)
    assert story.secret().new_state is m.New.LIVE


def test_a_person_who_revoked_it_says_so_once_and_the_machine_proves_it():
    story = Story(declaration(wanted(entry(can=PERSON)))).run(1)
    assert story.do(c.ConfirmRevoked(NAME)) == (e.RevokedByPerson(NAME),)
    story.world.killed.add(NAME)
    story.run(60)
    assert story.secret().old_state is m.Old.DEAD
    assert "reported revoked by anna" in story.refused(c.ConfirmRevoked(NAME))
    assert "is revoked by the bot" in Story(declaration()).refused(c.ConfirmRevoked(NAME))


def test_what_the_machine_cannot_revoke_this_time_a_person_can():
    story = Story(declaration())
    claim = story.begin(Op.CAPTURE)
    story.finish(claim, e.OldCaptured(claim.number, NAME, "f" * 12, {}, True, ()))
    story.run(10)
    assert story.do(c.ConfirmRevoked(NAME)) == (e.RevokedByPerson(NAME),)
    story = Story(declaration()).work(only={Op.CAPTURE, Op.SNAPSHOT})
    claim = story.begin(Op.REVOKE)
    story.finish(claim, e.OperationFailed(claim.number, Op.REVOKE, "Refused", "no", None))
    assert story.do(c.ConfirmRevoked(NAME)) == (e.RevokedByPerson(NAME),)
    story.world.killed.add(NAME)
    story.run(60)
    assert story.secret().gone
    assert story.incident.lane(old_lane(NAME)).failure is None


def test_a_value_that_a_person_brings_is_taken_from_the_inbox():
    story = Story(declaration(wanted(entry(can=PERSON)))).run(1)
    story.do(c.AnnounceSubmission(NAME, "a" * 16))
    assert (Op.RECEIVE, NAME) in story.ops()
    story.run(60)
    assert story.secret().new_state is m.New.LIVE
    assert story.secret().new.submitted_by == "anna"
    assert "was already put in place at" in story.refused(c.AnnounceSubmission(NAME, "a" * 16))


def test_a_submission_lifts_a_failure_for_good():
    story = Story(declaration())
    story.work(only={Op.CAPTURE, Op.SNAPSHOT})
    claim = story.begin(Op.ISSUE)
    story.finish(claim, e.OperationFailed(claim.number, Op.ISSUE, "Refused", "no", None))
    events = story.do(c.AnnounceSubmission(NAME, "a" * 16))
    assert [e.kind_of(x) for x in events] == ["submission-announced", "operation-retried"]


def test_several_keys_can_be_it_and_a_person_chooses():
    story = Story(declaration())
    keys = (KeyRef("one"), KeyRef("two"))
    claim = story.begin(Op.CAPTURE)
    story.finish(claim, e.OldCaptured(claim.number, NAME, "f" * 12, {}, True, keys))
    story.run(10)
    assert not story.world.killed
    assert "can be: one, two" in story.refused(c.ChooseCandidate(NAME, "three"))
    assert story.do(c.ChooseCandidate(NAME, "two")) == (e.CandidateChosen(NAME, "two", ANNA.recorded),)
    assert story.do(c.ChooseCandidate(NAME, "two")) == ()
    claim = story.begin(Op.REVOKE)
    assert "is being revoked right now" in story.refused(c.ChooseCandidate(NAME, "one"))
    story.finish(claim)
    assert "is already revoked" in story.refused(c.ChooseCandidate(NAME, "one"))


def test_unknown_scopes_hold_up_making_never_killing_until_a_person_chooses():
    story = Story(declaration(wanted(entry(can=capabilities(copies_scopes=True)))))
    assert "still being read" in story.refused(c.ChooseScopes(NAME, ("mail.send",)))
    story.work(only={Op.CAPTURE, Op.SNAPSHOT})
    assert (Op.READ_SCOPES, NAME) in story.ops()
    claim = story.begin(Op.READ_SCOPES)
    story.finish(claim, e.OperationFailed(claim.number, Op.READ_SCOPES, "Refused", "unknown", None))
    story.run(60)
    assert story.secret().gone
    assert story.secret().new_state is m.New.NONE
    assert "No scopes would mean all rights" in story.refused(c.ChooseScopes(NAME, ()))
    assert "looks like a Slack token" in story.refused(c.ChooseScopes(NAME, (BOT_TOKEN,)))
    story.do(c.ChooseScopes(NAME, ("mail.send",)))
    assert story.run(60).secret().new_state is m.New.NONE
    assert "cannot be the second person" in story.refused(story.proposed(), replace(ANNA, rights=CHLOE.rights))
    story.do(story.proposed(), CHLOE)
    story.run(60)
    assert story.secret().new_state is m.New.LIVE
    assert story.secret().old.snapshot.scopes == ("mail.send",)
    assert "no choice" in story.refused(c.ChooseScopes(NAME, ("mail.send",)))


def test_scopes_can_be_chosen_although_the_kill_was_faster_than_the_snapshot():
    story = Story(declaration(wanted(entry(can=capabilities(copies_scopes=True)))))
    story.work(only={Op.CAPTURE})
    claim = story.begin(Op.SNAPSHOT)
    story.finish(claim, e.OperationFailed(claim.number, Op.SNAPSHOT, "Refused", "no", None))
    story.now += timedelta(seconds=story.incident.timings.snapshot)
    story.work(only={Op.PROVE, Op.REVOKE})
    claim = story.begin(Op.READ_SCOPES)
    story.finish(claim, e.OperationFailed(claim.number, Op.READ_SCOPES, "Refused", "gone", None))
    story.do(c.ChooseScopes(NAME, ("mail.send",)))
    story.do(story.proposed(), CHLOE)
    assert (Op.ISSUE, NAME) in story.ops()
    assert story.secret().old.snapshot.scopes == ("mail.send",)


def test_an_older_value_leaked_and_the_current_one_is_replaced_when_asked():
    story = Story(declaration(wanted(replace=False))).run(60)
    assert story.secret().new_state is m.New.NOT_NEEDED
    assert story.incident.worries == ()
    assert story.do(c.AskReplacement(NAME)) == (e.ReplacementAsked(NAME, ANNA.recorded),)
    assert story.do(c.AskReplacement(NAME)) == ()
    story.run(60)
    assert story.secret().new_state is m.New.LIVE


# --- retry ----------------------------------------------------------------------------------------------------------


def test_retry_is_for_what_has_failed_for_good():
    story = Story(declaration())
    assert "Nothing needs a retry: the bot already retries what failed" in story.refused(c.Retry())
    claim = story.begin(Op.CAPTURE)
    story.finish(claim, e.OperationFailed(claim.number, Op.CAPTURE, "Missing", "not there", None))
    assert "an operation needs a person" in story.incident.milestones
    assert (Op.CAPTURE, NAME) not in story.ops()
    assert story.do(c.Retry()) == (e.OperationRetried(old_lane(NAME)),)
    assert (Op.CAPTURE, NAME) in story.ops()


def test_retry_lifts_a_stop():
    world = World()
    world.dead_bystanders = ("billing",)
    story = Story(declaration(), world=world).run(60)
    assert story.incident.halted
    assert not {op for op, _ in story.ops()} & {Op.PROVE, Op.ISSUE}
    world.dead_bystanders = ()
    assert e.OperationRetried(HALT) in story.do(c.Retry(HALT))
    story.run(60)
    assert story.secret().gone


def test_a_revocation_that_did_not_take_is_tried_once_more():
    world = World()
    story = Story(declaration(), world=world)
    world.look = lambda _: probe("live")
    story.run(700)
    assert story.secret().old.overdue
    assert "an old key is still not confirmed dead" in story.incident.milestones
    assert story.do(c.Retry(old_lane(NAME))) == (e.OperationRetried(old_lane(NAME)),)
    del world.look
    story.run(60)
    assert story.secret().gone


def test_a_value_of_ours_that_is_rejected_is_not_made_again_and_again():
    story = Story(declaration())
    story.work(only={Op.CAPTURE, Op.SNAPSHOT, Op.ISSUE})
    claim = story.begin(Op.VERIFY)
    story.finish(claim, e.ValueRejected(claim.number, NAME, "another account"))
    assert "an operation needs a person" in story.incident.milestones
    story.run(300)
    assert story.world.keys == 1
    assert story.secret().new.orphans == {"key-1": True}
    assert story.do(c.Retry()) == (e.OperationRetried(new_lane(NAME)),)
    story.run(60)
    assert story.secret().new.key_id == "key-2"
    assert story.secret().new_state is m.New.LIVE


# --- closing --------------------------------------------------------------------------------------------------------


def test_an_incident_with_everything_done_is_closed_by_one():
    story = done()
    assert "may not command" in story.refused(c.Close(), ANNA)
    assert story.do(c.Close(), CHLOE) == (e.IncidentClosed(),)
    story.run(10)
    assert story.incident.report.decisions
    assert story.incident.page.word == "resolved"


def test_open_steps_hold_up_the_close():
    assert "“Assess impact”, “Tell the team”" in at_rest().refused(c.Close(), CHLOE)


def alive(story=None):
    story = story or Story(declaration(wanted(strategy=m.Strategy.OVERLAP)))
    story.run(1)
    for step in story.incident.steps:
        story.do(c.SkipStep(step.definition.id, "x"), CHLOE)
    return story


def test_closing_over_what_is_alive_needs_a_reason_and_a_second_person():
    story = alive()
    assert "openai-api-key: old key STILL WORKS" in story.refused(c.Close(), CHLOE)
    assert "a second person must approve" in story.refused(c.Close("it is a toy"), CHLOE)
    (made,) = story.close_over("it is a toy", CHLOE)
    assert made.what == "closure"
    assert story.incident.open
    assert "cannot be the second person" in story.refused(story.proposed(), CHLOE)
    story.agree(BEN)
    assert story.incident.closed.name == "ben"
    assert secrets_among(story.incident.accepted_items) == (NAME,)
    assert story.incident.accepted_reason == "it is a toy"


def test_a_closure_is_approved_over_what_it_named_and_nothing_more():
    story = alive()
    story.close_over("it is a toy", CHLOE)
    story.do(c.AddSecret(wanted(entry("redis"))), ANNA)
    assert "more items are open than were proposed" in story.refused(story.proposed(), BEN)


def test_a_closure_is_not_approved_over_steps_that_were_opened_again():
    story = alive()
    story.close_over("x", CHLOE)
    story.record(e.StepReopened("assess"))
    assert "1 steps are open again" in story.refused(story.proposed(), BEN)


@pytest.mark.parametrize("body", [c.AddNote("x"), c.KillNow(NAME, SHOWN), c.Close(), c.RecordFinding("finding", "x")])
def test_what_is_closed_takes_nothing_more(body):
    story = done()
    story.do(c.Close(), CHLOE)
    assert "was closed by chloe at" in story.refused(body, CHLOE)


def test_after_the_close_reports_retries_and_the_decision_on_notification_still_go():
    story = done(Story(declaration(wanted(entry(data=Data.PERSONAL)))).run(60))
    story.close_over()
    assert story.do(no_notice()) != ()
    claim = story.begin(Op.REPORT)
    story.finish(claim, e.OperationFailed(claim.number, Op.REPORT, "SecretInReport", "line 3", None))
    assert story.do(c.Retry()) == (e.OperationRetried(REPORT_LANE),)
    claim = story.begin(Op.REPORT)
    story.finish(claim, e.OperationFailed(claim.number, Op.REPORT, "SecretInReport", "line 3", None))
    assert story.do(c.RequestReport()) == (e.ReportRequested(), e.OperationRetried(REPORT_LANE))
    story.run(1)
    assert story.incident.report.requested_at is None


def test_reopening_begins_anew():
    story = done()
    assert "is open" in story.refused(c.Reopen("x"), CHLOE)
    story.do(c.Close(), CHLOE)
    story.run(3600)
    assert story.secret().old.probes_after_close == 2
    assert "may not command" in story.refused(c.Reopen("it answers"), BEN)
    story.do(c.Reopen("it answers"), CHLOE)
    assert story.incident.open
    assert story.secret().old.probes_after_close == 0
    assert story.incident.responded is None, "whoever opens it again knows already"
    assert (Op.PAGE, story.incident.id) in story.ops()


def test_a_dead_value_that_answers_reopens_and_pages_with_nobody_having_answered():
    story = done()
    story.do(c.Close(), CHLOE)
    story.run(10)
    story.world.killed.clear()
    story.run(16 * 60)
    assert story.incident.open
    assert story.secret().old_state is m.Old.REVOKING
    assert story.secret().old.overdue
    assert story.incident.page.triggered_at is not None
    assert story.incident.page.acknowledged_at is None


def test_what_was_accepted_alive_does_not_reopen_by_being_alive():
    story = alive()
    story.close_over("it is a toy", CHLOE)
    story.agree(BEN)
    story.run(31 * 24 * 3600)
    assert not story.incident.open
    assert story.secret().old.probes_after_close == len(AFTER_CLOSE)


def test_looks_after_the_close_end_even_if_the_value_cannot_be_had():
    story = done()
    story.do(c.Close(), CHLOE)
    story.run(10)
    for _ in AFTER_CLOSE:
        story.now += timedelta(days=31)
        claim = story.begin(Op.PROVE)
        story.finish(claim, e.OperationFailed(claim.number, Op.PROVE, "Missing", "gone", None))
    story.now += timedelta(days=8)
    assert (Op.PROVE, NAME) not in story.ops()


def test_a_staged_old_value_is_deleted_after_its_last_look():
    target = m.Target(m.TargetKind.CONFIRMED, "f" * 12, current=False, staged=True)
    story = Story(declaration(wanted(target=target)))
    claim = story.begin(Op.CAPTURE)
    key = (KeyRef("id"),)
    story.finish(claim, e.OldCaptured(claim.number, NAME, "f" * 12, {}, False, key))
    story.run(60)
    done(story).do(c.Close(), CHLOE)
    story.run(29 * 24 * 3600)
    assert not unstaged(story.incident, story.secret())
    story.run(2 * 24 * 3600)
    assert unstaged(story.incident, story.secret())
    assert not pending(story.incident, story.now + timedelta(days=365))


def test_a_submitted_value_waits_until_the_leaked_one_is_known_to_compare_it_with():
    story = Story(declaration())
    story.do(c.AnnounceSubmission(NAME, "a" * 16))
    assert (Op.RECEIVE, NAME) not in story.ops()
    story.work(only={Op.CAPTURE})
    assert (Op.RECEIVE, NAME) in story.ops()


def test_all_secrets_are_one_request_unless_one_is_not_known_for_too_long():
    names = ("a-key", "b-key", "c-key")
    risky = {"outage": Outage.DOWN, "kill": Kill.IRREVERSIBLE}
    story = Story(declaration(*(wanted(entry(name, **risky)) for name in names)))
    for name in names[:2]:
        work = next(w for w in pending(story.incident, story.now) if w.op is Op.CAPTURE and w.subject == name)
        (started,) = (x for x in story.do(c.Begin(work, "w1"), m.BOT) if isinstance(x, e.OperationStarted))
        story.finish(started.claim)
    story.do(c.Tick(), m.BOT)
    assert story.incident.request is None
    assert (Op.TICK, story.incident.id) not in story.ops()
    story.now += timedelta(seconds=story.incident.timings.snapshot)
    story.do(c.Tick(), m.BOT)
    assert set(story.incident.request.plans) == {"a-key", "b-key"}
    story.work(only={Op.CAPTURE, Op.TICK})
    assert set(story.incident.request.plans) == set(names)
