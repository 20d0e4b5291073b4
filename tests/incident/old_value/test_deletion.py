"""A key that was only switched off is evidence until the investigation is over; then it goes."""

from datetime import timedelta

import pytest

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.approval.plan import plan_of
from bot.incident.lanes import HALT, delete_lane, old_lane
from bot.incident.operations import Op
from bot.model.playbooks import Action, Playbook, PlaybookStep
from bot.model.probes import Probe
from bot.model.reads import Read
from bot.phrases.closing import deletion_words
from bot.phrases.plans import step_words, steps_so_far
from tests.support.incidents import BEN, CHLOE, Story, capabilities, declaration, entry, wanted

NAME = "openai-api-key"
LANE = delete_lane(NAME)


def told(playbook=None, **changes):
    secret = entry(can=capabilities(deletes=True), **changes)
    more = {"playbook": playbook} if playbook else {}
    return Story(declaration(wanted(secret), **more)).run(120)


def deleted(story):
    return [r.seq for r in story.log if isinstance(r.event, e.OldDeleted)]


def investigated(story):
    for task in [task for task in story.incident.tasks.values() if task.step == "investigate"]:
        story.do(c.FinishTask(task.id), CHLOE)
    story.do(c.SkipStep("investigate", "nothing to find"), CHLOE)
    return story.run(10)


def failing(story, *, final=True):
    good = story.world.answer

    def answer(incident, claim):
        if claim.op is Op.DELETE_OLD:
            return e.OperationFailed(
                claim.number, claim.op, "Refused", "no", None if final else story.now + timedelta(seconds=3)
            )
        return good(incident, claim)

    story.world.answer = answer
    return story


def test_it_is_kept_until_the_investigation_is_over():
    story = told().run(3600)
    assert deleted(story) == []
    assert story.secret().kept_as_evidence
    investigated(story)
    assert len(deleted(story)) == 1
    assert not story.secret().kept_as_evidence
    story.run(3600)
    assert len(deleted(story)) == 1


def test_the_step_done_lets_go_of_it_too():
    story = told()
    story.run(60)
    assert deleted(story) == []
    story.do(c.RecordFinding("root-cause", "a .env was pasted"), CHLOE)
    story.do(c.CompleteStep("investigate"), CHLOE)
    story.run(10)
    assert len(deleted(story)) == 1


def test_the_step_that_investigates_is_known_by_what_it_does_not_by_its_name():
    steps = (PlaybookStep("rotate", "Rotate", actions=(Action.ROTATE, Action.REVOKE, Action.PROVE)),
             PlaybookStep("forensics", "Forensics", actions=(Action.INVESTIGATE,)),
             PlaybookStep("investigate", "Ask around"))  # fmt: skip
    story = told(Playbook("p", "P", steps))
    story.do(c.SkipStep("investigate", "nobody to ask"), CHLOE)
    story.run(60)
    assert deleted(story) == []
    assert "no root cause is recorded" in story.refused(c.CompleteStep("forensics"), CHLOE)
    story.do(c.RecordFinding("root-cause", "unknown, because no log goes back so far"), CHLOE)
    story.do(c.CompleteStep("forensics"), CHLOE)
    story.run(10)
    assert len(deleted(story)) == 1


def test_a_playbook_without_an_investigation_keeps_nothing_as_evidence():
    actions = (Action.ROTATE, Action.REVOKE, Action.PROVE)
    story = told(Playbook("p", "P", (PlaybookStep("rotate", "Rotate", actions=actions),))).run(60)
    assert len(deleted(story)) == 1


def test_what_is_not_proven_dead_is_never_deleted():
    story = Story(declaration(wanted(entry(can=capabilities(deletes=True)))))
    story.world.controls = False
    story.run(120)
    investigated(story).run(3600)
    assert deleted(story) == []
    story.do(c.AttestDeath(NAME, "seen in the console"), CHLOE)
    story.run(60)
    assert deleted(story) == []


def test_nothing_is_deleted_while_the_target_is_in_doubt():
    story = told()
    story.record(e.OldProbed(99, NAME, Probe("old", "dead", "x"), None, (Probe("bystander: b", "dead", "x"),)))
    assert story.incident.halted
    investigated(story).run(60)
    assert deleted(story) == []
    story.do(c.Retry(HALT))
    story.run(60)
    assert len(deleted(story)) == 1


def test_only_what_was_switched_off_is_deleted():
    story = Story(declaration()).run(120)
    investigated(story).run(60)
    assert deleted(story) == []


def test_a_deletion_that_fails_is_shown_and_holds_nothing_up():
    story = failing(told())
    story.complete().run(10)
    assert story.incident.lane(LANE).failure.final
    assert story.do(c.Close(), CHLOE) == (e.IncidentClosed(),)
    story.run(31 * 24 * 3600)
    assert story.secret().old.probes_after_close == 6


def test_it_is_tried_again_by_itself_and_by_button():
    story = failing(told(), final=False)
    investigated(story)
    assert story.incident.lane(LANE).failure.count > 1
    story = failing(told())
    investigated(story)
    del story.world.answer
    story.do(c.Retry(LANE), BEN)
    story.run(10)
    assert len(deleted(story)) == 1


def test_after_the_deletion_the_looks_after_the_close_go_on():
    story = told().complete().run(10)
    assert len(deleted(story)) == 1
    story.do(c.Close(), CHLOE)
    story.run(31 * 24 * 3600)
    assert story.secret().old.probes_after_close == 6


def test_a_value_that_answers_again_has_not_been_deleted():
    story = told().complete().run(10)
    story.do(c.Close(), CHLOE)
    story.world.killed.clear()
    story.run(3600)
    assert story.incident.open
    assert story.secret().old.deleted_at is None


def test_what_was_reopened_is_kept_until_it_is_closed_again():
    story = told().complete().run(10)
    story.do(c.Close(), CHLOE)
    story.world.killed.clear()
    story.run(3600)
    story.do(c.Retry(old_lane(NAME)))
    story.run(600)
    assert story.secret().old_state is m.Old.DEAD
    assert len(deleted(story)) == 1
    story.do(c.Close(), CHLOE)
    story.run(10)
    assert len(deleted(story)) == 2


@pytest.mark.parametrize(("deletes", "words"), [(True, "switch off the old key"), (False, "revoke the old key")])
def test_the_plan_says_that_it_is_switched_off_first(deletes, words):
    story = Story(declaration(wanted(entry(can=capabilities(deletes=deletes))))).run(1)
    first, *_ = step_words(plan_of(story.incident, story.secret()))
    assert first.startswith(words)
    assert ("delete it once the investigation ends" in first) is deletes


def test_it_is_kept_while_nobody_answers_for_a_reader_or_calls_one_unexplained():
    story = told()
    reads = (Read(story.now, "arn:aws:iam::1:user/stranger", "192.0.2.1", "cli", "GetParameter", "/x"),)
    story.record(e.UsageRead(0, NAME, "CloudTrail", story.now, story.now, reads, (), False))
    investigated(story).run(60)
    assert deleted(story) == []
    story.do(c.AccountReader("stranger", m.ReaderOutcome.UNEXPLAINED, "nobody knows it"), CHLOE)
    story.run(60)
    assert deleted(story) == []
    story.do(c.AccountReader("stranger", m.ReaderOutcome.REMOVED, "its access was taken away"), CHLOE)
    story.run(10)
    assert len(deleted(story)) == 1


def test_it_is_kept_while_a_check_of_it_is_open_and_the_close_lets_go_of_it():
    story = told(checklist={"webhooks": "Look at where events are sent."})
    assert story.secret().due_checks
    investigated(story).run(60)
    assert deleted(story) == []
    story.complete()
    story.close_over("nobody looked")
    story.agree(BEN)
    story.run(10)
    assert not story.incident.open
    assert len(deleted(story)) == 1
    story = told(checklist={"webhooks": "Look at where events are sent."})
    investigated(story).run(60)
    story.do(c.EndCheck(NAME, "webhooks", m.CheckOutcome.CLEAR, "nothing there"), CHLOE)
    story.run(10)
    assert len(deleted(story)) == 1


def test_whoever_marks_the_step_done_is_told_what_is_deleted_then():
    story = told()
    gone = f"The switched-off key of {NAME} is deleted for good then, with its evidence."
    assert deletion_words(story.incident, "investigate") == gone
    assert deletion_words(story.incident, "document") == "", "it ends no investigation"
    reads = (Read(story.now, "arn:aws:iam::1:user/stranger", "192.0.2.1", "cli", "GetParameter", "/x"),)
    story.record(e.UsageRead(0, NAME, "CloudTrail", story.now, story.now, reads, (), False))
    later = f"The switched-off key of {NAME} is deleted for good once its readers and checks are answered."
    assert deletion_words(story.incident, "investigate") == later
    investigated(story)
    assert deletion_words(story.incident, "investigate") == ""


def test_the_plan_calls_it_done_only_once_it_is_deleted():
    story = told()
    first, *_ = steps_so_far(story.incident, story.secret(), story.now)
    assert first.words.endswith("delete it once the investigation ends (switched off)")
    investigated(story)
    first, *_ = steps_so_far(story.incident, story.secret(), story.now)
    assert first.words.endswith("(done)")
