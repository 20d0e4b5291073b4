"""What a close would ask for is an item from the first minute on, and is done or accepted by name."""

from dataclasses import replace

import pytest

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.access.readers import contained, unaccounted
from bot.incident.closing.open_items import OpenItem, acceptable, left_digest, open_items
from bot.incident.lanes import old_lane
from bot.incident.offers import available, unblocked
from bot.incident.operations import Op
from bot.incident.shown import tag_of
from bot.incident.steps.rules import blockers
from bot.incident.updates.rules import reached
from bot.model.capabilities import Makes, RevokedBy
from bot.model.keys import Leftover
from bot.model.playbooks import Milestone
from bot.model.reads import Read
from bot.model.secrets import Data
from bot.phrases.closing import closed_by, open_words
from bot.phrases.events import sentence
from bot.phrases.marks import plain
from bot.phrases.readers import left_words
from bot.report.page_one import is_over
from tests.support.incidents import (
    ANNA,
    BEN,
    CHLOE,
    START,
    STRANGER,
    Story,
    capabilities,
    declaration,
    entry,
    probe,
    wanted,
)
from tests.support.typed import typed_now

NAME = "openai-api-key"
LAPTOP = "arn:aws:iam::111122223333:user/contractor-laptop"
ROLE = "arn:aws:sts::111122223333:assumed-role/api/api"


def keys(story):
    return [item.key for item in open_items(story.incident)]


def read_by(story, *principals):
    reads = tuple(Read(START, each, "192.0.2.1", "cli", "GetParameter", "/x") for each in principals)
    story.record(e.UsageRead(0, NAME, "CloudTrail", START, story.now, reads, (), False))
    return story


def over(story):
    """All steps skipped: the close is next."""
    for step in story.incident.steps:
        story.do(c.SkipStep(step.definition.id, "later"), CHLOE)
    return story


def test_all_of_it_is_known_at_the_declaration():
    story = Story(declaration(wanted(entry(data=Data.PERSONAL, checklist={"webhooks": "Look at the webhooks."}))))
    assert {f"old:{NAME}", f"new:{NAME}", f"checks:{NAME}", f"usage:{NAME}"} <= set(keys(story))
    assert {"impact", "root-cause", "notification:authority", "page", "step:assess"} <= set(keys(story))
    assert {"step:rotate", "step:revoke"}.isdisjoint(keys(story)), "the keys are asked for, one by one"


def test_what_is_done_is_no_item_any_more():
    story = Story(declaration()).run(120)
    assert {f"old:{NAME}", f"new:{NAME}", "page"}.isdisjoint(keys(story))
    story.do(c.RecordFinding("impact", "nothing was called with it"))
    story.do(c.RecordFinding("root-cause", "unknown, because no log goes back so far"))
    assert {"impact", "root-cause"}.isdisjoint(keys(story))
    story.complete()
    assert keys(story) == []
    assert story.do(c.Close(), CHLOE) == (e.IncidentClosed(),)


def test_who_closes_early_reads_at_once_all_that_is_open():
    story = Story(declaration(wanted(entry(checklist={"webhooks": "Look at the webhooks."}))))
    read_by(story.run(120), LAPTOP)
    [refusal] = story.do(c.Close("it is late", ("impact",)), CHLOE)
    refused = refusal.reason
    assert refused.startswith("Not closed: “")
    assert "not done or skipped. Also open: " in refused
    for item in open_items(story.incident):
        named = item.words.removeprefix("step ").removesuffix(" is not done or skipped")
        assert (named in refused) is (item.key != "impact"), item


def test_every_item_is_called_something_where_there_is_little_room():
    checklist = {"webhooks": "Look at the webhooks.", "users": "Look at the users."}
    story = Story(declaration(wanted(entry(data=Data.PERSONAL, checklist=checklist))))
    story.world.pager = False
    assert all(item.label for item in open_items(story.incident))
    words = [plain(each) for each in open_words(open_items(story.incident))]
    assert {
        "1 key that still works",
        "2 backdoor checks",
        "1 new key not in place",
        "no one paged",
        "root cause",
        "5 steps",
    } <= set(words)


def test_several_are_called_what_people_call_several():
    broken = [OpenItem(f"glass:{name}", f"{name}: broken glass not reviewed", label="broken glass") for name in "ab"]
    assert [plain(each) for each in open_words(broken[:1])] == ["1 broken glass"]
    assert [plain(each) for each in open_words(broken)] == ["2 keys with broken glass"]


def test_a_page_that_no_pager_has_taken_is_an_item():
    story = Story(declaration())
    story.world.pager = False
    assert "page" in keys(story)


def test_what_stood_there_too_and_was_left_alone_is_open_until_it_is_added_or_accepted():
    left = tuple(m.LeftAlone(name, m.WhyLeft.PUBLIC) for name in ("anon-key", "redis"))
    story = Story(declaration(left_alone=left)).run(120)
    words = {item.key: item.words for item in open_items(story.incident)}
    assert words["left-alone:anon-key"].endswith("left out, being public by design")
    assert words["left-alone:redis"].endswith("redis: was in the same place and left out, being public by design")
    story.do(c.AddSecret(wanted(entry("redis"))), CHLOE)
    assert "left-alone:redis" not in keys(story)
    assert "left-alone:anon-key" in {item.key for item in acceptable(story.incident)}


# --- readers --------------------------------------------------------------------------------------------------------


def test_each_reader_is_an_item_until_somebody_accounts_for_it():
    story = read_by(Story(declaration()), LAPTOP, ROLE)
    assert unaccounted(story.incident) == (LAPTOP, ROLE)
    story.do(c.AccountReader(ROLE, m.ReaderOutcome.OURS), ANNA)
    story.do(c.AccountReader(LAPTOP, m.ReaderOutcome.EXPLAINED, "ben exported it on Monday"), ANNA)
    assert unaccounted(story.incident) == ()
    assert not [key for key in keys(story) if key.startswith("reader:")]


def test_a_look_at_the_readers_from_before_the_death_is_not_enough():
    story = Story(declaration()).run(120)
    assert f"usage:{NAME}" not in keys(story), "it was looked up before its death, and after it"
    before = replace(story.incident.usage[NAME], after_containment=False)
    story.incident = replace(story.incident, usage={NAME: before})
    assert (Op.USAGE, NAME) in story.ops()
    (item,) = [item for item in open_items(story.incident) if item.key == f"usage:{NAME}"]
    assert item.words == f"{NAME}: readers not looked up since the old key died"


def test_a_reader_whom_nobody_can_explain_stays_open_and_says_so():
    story = read_by(Story(declaration()), LAPTOP)
    story.do(c.AccountReader(LAPTOP, m.ReaderOutcome.UNEXPLAINED, "the contractor does not answer"), ANNA)
    (item,) = [item for item in open_items(story.incident) if item.key.startswith("reader:")]
    assert item.key == f"reader:{tag_of(LAPTOP)}"
    assert item.words == f"user/contractor-laptop read {NAME}: UNEXPLAINED"


def test_a_reader_can_be_named_by_the_end_of_its_arn():
    story = read_by(Story(declaration()), LAPTOP)
    (said,) = story.do(c.AccountReader("contractor-laptop", m.ReaderOutcome.OURS), ANNA)
    assert said == e.ReaderAccounted(LAPTOP, m.ReaderOutcome.OURS)
    assert "was called ours by anna" in story.refused(c.AccountReader(LAPTOP, m.ReaderOutcome.OURS))


@pytest.mark.parametrize("outcome", [m.ReaderOutcome.EXPLAINED, m.ReaderOutcome.UNEXPLAINED])
def test_an_explanation_is_written_down(outcome):
    story = read_by(Story(declaration()), LAPTOP)
    assert "Write in the note" in story.refused(c.AccountReader(LAPTOP, outcome))


def test_only_readers_that_were_seen_are_accounted_for_and_only_by_responders():
    story = read_by(Story(declaration()), LAPTOP)
    assert "is not one of the readers seen" in story.refused(c.AccountReader("user/eve", m.ReaderOutcome.OURS))
    assert "may not respond" in story.refused(c.AccountReader(LAPTOP, m.ReaderOutcome.OURS), STRANGER)


# --- steps that want a record -----------------------------------------------------------------------------------------


def test_assessing_wants_an_impact_and_investigating_a_cause():
    story = Story(declaration()).run(60)
    wants = {step.definition.id: " ".join(blockers(story.incident, step)) for step in story.incident.steps}
    assert "no impact is recorded" in wants["assess"]
    assert "no root cause is recorded" in wants["investigate"]
    assert "no impact is recorded" in story.refused(c.CompleteStep("assess"))
    story.do(c.RecordFinding("impact", "nothing was called with it"))
    assert story.do(c.CompleteStep("assess")) == (e.StepDone("assess"),)


# --- the close ------------------------------------------------------------------------------------------------------


def test_a_close_over_open_items_names_each_of_them():
    story = over(read_by(Story(declaration()).run(120), LAPTOP))
    left = acceptable(story.incident)
    assert [item.key for item in left] == [f"reader:{tag_of(LAPTOP)}", "impact", "root-cause", "abuse"]
    assert "user/contractor-laptop read" in story.refused(c.Close("enough"), CHLOE)
    some = (f"reader:{tag_of(LAPTOP)}", "impact")
    assert "Not closed: no root cause recorded" in story.refused(c.Close("enough", some), CHLOE)
    every = tuple(item.key for item in left)
    assert "is empty" in story.refused(c.Close("", every), CHLOE)
    (closed,) = story.do(c.Close("the contractor left", every, left_digest(left)), CHLOE)
    assert [item.key for item in closed.items] == list(every)
    assert closed.reason == "the contractor left"
    assert story.incident.accepted_items == closed.items
    assert story.incident.closed.name == "chloe"


def test_what_was_opened_since_the_form_was_shown_is_not_accepted_by_it():
    story = over(Story(declaration()).run(120))
    shown = tuple(item.key for item in acceptable(story.incident))
    read_by(story, LAPTOP)
    assert "contractor-laptop" in story.refused(c.Close("enough", shown), CHLOE)


def test_what_got_worse_since_the_form_was_shown_is_not_accepted_by_it():
    story = over(Story(declaration(wanted(strategy=m.Strategy.OVERLAP))).run(120))
    worse = acceptable(story.incident)
    (old,) = (item for item in worse if item.key == f"old:{NAME}")
    better = tuple(replace(item, details=item.details[:1]) if item is old else item for item in worse)
    keys = tuple(item.key for item in worse)
    said = story.refused(c.Close("enough", keys, left_digest(better)), CHLOE)
    assert said == "Not closed: the open items changed since you saw them. Look again, then decide."
    assert isinstance(story.do(c.Close("enough", keys, left_digest(worse)), CHLOE)[0], e.ProposalMade)


def test_a_key_at_risk_among_the_items_takes_a_second_person():
    story = over(Story(declaration(wanted(strategy=m.Strategy.OVERLAP))).run(1))
    (proposed,) = story.close_over("it is a toy")
    assert f"old:{NAME}" in proposed.items
    assert story.incident.open
    read_by(story, LAPTOP)
    assert "more items are open than were proposed" in story.refused(story.proposed(), BEN)
    story.close_over("it is a toy")
    _, closed = story.agree(BEN)
    assert {item.key for item in closed.items} >= {f"old:{NAME}", "impact", "root-cause"}
    assert closed.reason == "it is a toy"


def by_hand():
    """A key that only a person can end, of which chloe has proposed to close over its missing proof."""
    can = capabilities(revokes=RevokedBy.PERSON, makes=Makes.PERSON)
    story = Story(declaration(wanted(entry(can=can), replace=False)), CHLOE).run(30)
    story.do(c.ConfirmRevoked(NAME), ANNA)
    story.world.killed.add(NAME)
    story.world.controls = False
    over(story.run(30)).close_over()
    assert "old key NOT CONFIRMED DEAD" in story.incident.proposal.subject
    return story


def test_what_two_agree_to_as_unproven_is_not_closed_over_alive():
    story = by_hand()
    story.world.killed.clear()
    story.world.controls = True
    story.run(120)
    assert story.secret().old_state is m.Old.ALIVE
    refusal = story.refused(story.proposed(), BEN)
    assert f"more items are open than were proposed. {NAME}: old key STILL WORKS. Propose it again." in refusal
    story.close_over()
    proposer = story.incident.proposal.by
    _, closed = story.agree(BEN)
    assert isinstance(closed, e.IncidentClosed)
    assert (closed.proposer, story.incident.closer, story.incident.closed.name) == (proposer, proposer, "ben")
    assert closed_by(story.incident) == f"{proposer}, ben agreed"
    assert f"{proposer} closed the incident, ben agreed, accepting" in sentence(story.log[-1], story.incident)


def test_what_only_got_better_is_closed_over():
    brought = entry(can=capabilities(makes=Makes.PERSON))
    story = over(Story(declaration(wanted(brought, m.Strategy.OVERLAP))).run(1))
    story.close_over()
    assert "old key STILL WORKS" in story.incident.proposal.subject
    assert "no new key yet" in story.incident.proposal.subject
    old, new = story.secret().old, story.secret().new
    unproven, staged = replace(old, revoked_at=story.now), replace(new, staged="/s")
    secret = replace(story.secret(), old=unproven, new=staged)
    story.incident = replace(story.incident, secrets={NAME: secret})
    words = {item.key: item.words for item in acceptable(story.incident)}
    assert words[f"old:{NAME}"] == f"{NAME}: old key NOT CONFIRMED DEAD"
    assert words[f"new:{NAME}"].startswith(f"{NAME}: new key staged")
    _, closed = story.agree(BEN)
    assert isinstance(closed, e.IncidentClosed)


def checked():
    """Dead and replaced; one item of the checklist is open, and chloe has proposed to close over that."""
    checks = {"checklist": {"keys": "Keys.", "users": "Users.", "hooks": "Hooks."}, "inspects": ("keys",)}
    story = over(Story(declaration(wanted(entry(can=capabilities(inspects=True), **checks))), CHLOE).run(600))
    story.close_over()
    assert "2 of 3 backdoor checks open: users, hooks" in story.incident.proposal.subject
    return story


@pytest.mark.parametrize("item", ["keys", "users"])
def test_a_check_at_which_something_is_found_meanwhile_is_not_closed_over(item):
    story = checked()
    found = (Leftover(item, "AKIA2", "a second access key"),)
    story.record(e.AccessInspected(0, NAME, START, (item,), found))
    refusal = story.refused(story.proposed(), BEN)
    assert "more items are open than were proposed" in refusal
    assert f"{item} (1 found)" in refusal


def test_a_check_that_was_accepted_at_the_close_can_be_ended_after_it_and_is_offered():
    story = checked()
    story.agree(BEN)
    offered = {o.subject for o in unblocked(available(story.incident, story.now), c.EndCheck)}
    assert offered == {"users", "hooks"}
    shown = typed_now(story.incident, story.now)
    assert any(f"bot answer {story.incident.id} check:{NAME}/" in each for each in shown)
    (clear,) = story.do(c.EndCheck(NAME, "users", m.CheckOutcome.CLEAR, "looked"), BEN)
    assert clear == e.CheckEnded(NAME, "users", m.CheckOutcome.CLEAR, "looked", late=True)
    (found,) = story.do(c.EndCheck(NAME, "hooks", m.CheckOutcome.HANDLED, "a webhook to elsewhere"), BEN)
    assert "after the close: reopen to investigate" in sentence(story.log[-1], story.incident)
    assert found.late
    assert not story.incident.open
    again = c.EndCheck(NAME, "users", m.CheckOutcome.HANDLED, "there was one after all")
    assert "Reopen it first" in story.refused(again, BEN)
    assert "Reopen it first" in story.refused(replace(again, item="keys"), BEN)
    assert "may not respond" in story.refused(again, STRANGER)


def test_a_check_that_was_ended_meanwhile_keeps_nobody_from_closing():
    story = checked()
    story.do(c.EndCheck(NAME, "users", m.CheckOutcome.CLEAR, "looked"), BEN)
    _, closed = story.agree(BEN)
    assert any(item.words.endswith("1 of 3 backdoor checks open: hooks") for item in closed.items)


def test_reopening_forgets_what_was_accepted():
    story = over(Story(declaration()).run(120))
    story.close_over("enough")
    story.do(c.Reopen("it answers"), CHLOE)
    assert story.incident.accepted_items == ()
    assert {"impact", "root-cause"} <= set(keys(story))


def test_a_reader_whom_nobody_can_explain_by_now_is_not_closed_over():
    story = over(read_by(Story(declaration(), CHLOE), LAPTOP))
    story.close_over()
    assert f"user/contractor-laptop read {NAME}: not identified" in story.incident.proposal.subject
    story.do(c.AccountReader(LAPTOP, m.ReaderOutcome.UNEXPLAINED, "asked everyone"), ANNA)
    refusal = story.refused(story.proposed(), BEN)
    assert "more items are open than were proposed" in refusal
    assert f"user/contractor-laptop read {NAME}: UNEXPLAINED" in refusal
    story.close_over()
    _, closed = story.agree(BEN)
    assert isinstance(closed, e.IncidentClosed)


def test_a_look_at_the_readers_that_began_before_the_death_and_ended_after_it_is_not_enough():
    story = Story(declaration())
    story.work(only={Op.CAPTURE})
    claim = story.begin(Op.USAGE)
    seen = story.world.answer(story.incident, claim)
    story.run(60)
    assert story.secret().gone
    story.finish(claim, seen)
    assert f"usage:{NAME}" in keys(story)
    story.run(1)
    assert f"usage:{NAME}" not in keys(story)


def test_the_readers_are_looked_up_again_once_a_value_that_came_back_to_life_is_dead():
    story = Story(declaration()).run(120)
    assert f"usage:{NAME}" not in keys(story)
    story.record(e.OldProbed(0, NAME, probe("live")))
    assert not story.secret().gone
    looks = sum(isinstance(each.event, e.UsageRead) for each in story.log)
    story.do(c.Retry(old_lane(NAME)), ANNA)
    story.run(240)
    assert story.secret().gone
    assert sum(isinstance(each.event, e.UsageRead) for each in story.log) == looks + 1
    assert f"usage:{NAME}" not in keys(story)


def test_access_is_not_contained_while_nobody_knows_who_read_the_value():
    story = Story(declaration(wanted(entry(NAME)))).run(180)
    story.do(c.RecordFinding("no-abuse", "its usage page shows our own calls alone"), CHLOE)
    incident = story.incident
    assert contained(incident)
    assert Milestone.CONTAINED in reached(incident)
    seen = incident.usage[NAME]
    for unknown in ({}, {NAME: replace(seen, truncated=True)}, {NAME: replace(seen, after_containment=False)}):
        left = replace(incident, usage=unknown)
        assert not contained(left)
        assert Milestone.CONTAINED not in reached(left)
        assert not is_over(left)
        assert left_words(left) == f"no leaked key works; who read {NAME} is unknown"
        [label] = [item.label for item in open_items(left) if item.key == f"usage:{NAME}"]
        cut = unknown.get(NAME) is not None and unknown[NAME].truncated
        assert label == "key with " + ("unidentified readers" if cut else "readers not looked up yet")


# --- the machine's own steps ------------------------------------------------------------------------------------------


def peoples_steps_over(story):
    for step in story.incident.steps:
        if not step.definition.by_itself:
            story.do(c.SkipStep(step.definition.id, "later"), CHLOE)
    return story


def states(story):
    return {step.definition.id: step.state for step in story.incident.steps if step.definition.by_itself}


def test_who_accepts_a_living_key_need_not_skip_the_machines_steps_too():
    story = peoples_steps_over(Story(declaration(wanted(entry(can=capabilities(revokes=RevokedBy.PERSON))))).run(60))
    story.close_over("we switch the product off", CHLOE)
    events = story.agree(BEN)
    assert [type(event) for event in events] == [e.ProposalApproved, e.StepSkipped, e.IncidentClosed]
    assert states(story) == {"rotate": m.StepState.DONE, "revoke": m.StepState.SKIPPED}
    (revoke,) = [step for step in story.incident.steps if step.definition.id == "revoke"]
    assert revoke.reason == "we switch the product off"


def test_reopened_the_machine_ends_them_again():
    story = peoples_steps_over(Story(declaration(wanted(entry(can=capabilities(revokes=RevokedBy.PERSON))))).run(60))
    story.close_over("we switch the product off", CHLOE)
    story.agree(BEN)
    story.do(c.Reopen("it was misused"), CHLOE)
    assert states(story)["revoke"] is m.StepState.OPEN
    story.world.killed.add(NAME)
    story.do(c.ConfirmRevoked(NAME))
    story.run(120)
    assert states(story) == {"rotate": m.StepState.DONE, "revoke": m.StepState.DONE}
