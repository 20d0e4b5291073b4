"""Status updates: to whom, when, on whose word, and once; what the step that tells the team lacks meanwhile."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.access.readers import contained_since
from bot.incident.clocks import by_day
from bot.incident.lanes import update_lane
from bot.incident.model import Actor, ReaderOutcome, Right, Strategy
from bot.incident.offers import Urgency, available, filled, unblocked
from bot.incident.operations import Op
from bot.incident.schedule import pending
from bot.incident.state import UpdateState
from bot.incident.steps.rules import blockers, unsaid
from bot.incident.updates.rules import (
    CORRECTED,
    PROOF,
    audiences,
    draft_at,
    new_milestones,
    next_update_due,
    not_reached,
    reached,
    state_of,
)
from bot.model.playbooks import Audience, Milestone, Preview
from bot.model.reads import Read
from tests.support.incidents import PLAYBOOK, START, Story, declaration, entry, wanted

ANNA, BEN = (Actor(name, frozenset({Right.RESPOND})) for name in ("anna", "ben"))
CHLOE = Actor("chloe", frozenset(Right))
SECURITY = Audience("security", ("C0SEC",), "security", every=3600, preview=Preview.NONE)
STAKEHOLDERS = Audience("stakeholders", ("C0ALL", "C0SUPPORT"), "stakeholders", every=1800)
OWNERS = Audience("owners", (), "owners", (Milestone.DECLARED, Milestone.CLOSED), preview=Preview.NONE, owners=True)


HOUR = timedelta(hours=1)


def told_story(*audience, **more):
    playbook = replace(PLAYBOOK, audience=audience)
    story = Story(declaration(wanted(entry(), Strategy.KILL_FIRST), playbook=playbook, **more), by=ANNA)
    story.do(c.RecordFinding("no-abuse", "its usage page shows our own calls alone"), ANNA)
    return story


def sent(story):
    return [(r.event.audience, r.event.number, r.event.target) for r in story.log if isinstance(r.event, e.UpdateSent)]


def drafted(story, audience):
    events = [r.event for r in story.log if isinstance(r.event, e.UpdateDrafted)]
    return [event.milestone for event in events if event.audience == audience]


def test_nobody_is_told_where_nobody_is_named():
    story = told_story().run(60)
    assert not sent(story)
    assert blockers(story.incident, story.incident.step("notify")) == ()


def test_an_audience_without_a_preview_is_told_at_once_and_at_each_milestone():
    story = told_story(SECURITY).run(600)
    assert sent(story)[0] == ("security", 1, "C0SEC")
    told = state_of(story.incident, "security").told
    assert {Milestone.DECLARED, Milestone.RESTORED} <= set(told), "what comes together is told together"
    assert len(set(sent(story))) == len(sent(story))


def test_a_message_without_a_preview_is_corrected_once_what_it_counts_has_changed():
    story = told_story(SECURITY)
    story.work(only={Op.DRAFT_UPDATE, Op.SEND_UPDATE})
    state = state_of(story.incident, "security")
    assert draft_at(story.incident, SECURITY) == state.draft.drafted_at + HOUR
    opened = replace(story.incident, channel_url="https://slack.example/C1")
    assert draft_at(opened, SECURITY) == state.draft.drafted_at + CORRECTED
    assert draft_at(replace(opened, updates={"stakeholders": state}), STAKEHOLDERS) > state.draft.drafted_at + CORRECTED


def test_a_milestone_waits_a_little_for_the_proof_of_a_key_that_is_refused_already():
    story = told_story(SECURITY).run(600)
    told = UpdateState(told={Milestone.DECLARED: story.incident.declared.at})
    incident = replace(story.incident, updates={"security": told})
    assert draft_at(incident, SECURITY) == max(reached(incident).values())
    [secret] = incident.secrets.values()
    refused = replace(secret, old=replace(secret.old, contained_at=None))
    proving = replace(incident, secrets={secret.name: refused})
    restored = reached(proving)[Milestone.RESTORED]
    assert draft_at(proving, SECURITY) == restored + PROOF, "one text tells both"


def test_between_milestones_it_is_told_every_so_often_and_the_head_knows_when():
    story = told_story(SECURITY).run(600)
    before, due = len(sent(story)), next_update_due(story.incident)
    drafted_at = state_of(story.incident, "security").draft.drafted_at
    assert due == by_day(story.incident.timings, drafted_at + timedelta(hours=1)), "the page is resolved"
    story.run((due - story.now).total_seconds() + 5)
    assert len(sent(story)) == before + 1
    assert drafted(story, "security")[-1] == ""


def test_the_first_one_waits_for_the_commander_and_the_rest_go_by_themselves():
    story = told_story(STAKEHOLDERS).run(30)
    assert not sent(story)
    draft = state_of(story.incident, "stakeholders").draft
    assert next_update_due(story.incident) == draft.drafted_at, "it is overdue while it waits"
    [offer] = unblocked(available(story.incident, story.now), c.ReleaseUpdate)
    assert offer.command == c.ReleaseUpdate("stakeholders", draft.number, draft.text)
    refused = story.refused(c.ReleaseUpdate("stakeholders", draft.number, "All checks pass."), BEN)
    assert "anna is the commander and releases updates" in refused
    story.do(c.ReleaseUpdate("stakeholders", draft.number, "Logins may fail; more at eleven."), ANNA)
    assert story.log[-1].event == e.UpdateReleased(
        "stakeholders", draft.number, "Logins may fail; more at eleven.", edited=True
    )
    story.run(4000)
    assert {target for _, number, target in sent(story) if number == draft.number} == {"C0ALL", "C0SUPPORT"}
    assert max(number for _, number, _ in sent(story)) > draft.number


def test_a_draft_that_was_overtaken_cannot_go_out():
    story = told_story(STAKEHOLDERS)
    story.work(until=story.now + timedelta(seconds=1))
    first = state_of(story.incident, "stakeholders").draft
    story.run(600)
    assert state_of(story.incident, "stakeholders").draft.number > first.number
    assert "Update" in story.refused(c.ReleaseUpdate("stakeholders", first.number, first.text), ANNA)


@pytest.mark.parametrize("who", [CHLOE, BEN], ids=["may command", "took over"])
def test_a_commander_who_is_away_holds_up_no_update(who):
    story = told_story(STAKEHOLDERS).run(600)
    if who is BEN:
        story.do(c.TakeRole("anna does not answer"), BEN)
    draft = state_of(story.incident, "stakeholders").draft
    story.do(c.ReleaseUpdate("stakeholders", draft.number, draft.text), who)
    assert story.run(10).incident.updates["stakeholders"].sent


def test_each_owner_is_told_by_themselves_of_their_own():
    playbook = replace(PLAYBOOK, audience=(OWNERS,))
    secrets = [wanted(entry("a-key", owner="ben")), wanted(entry("b-key", owner="chloe")), wanted(entry("c-key"))]
    story = Story(declaration(*secrets, playbook=playbook), by=ANNA).run(60)
    assert {target for _, _, target in sent(story)} == {"@ben", "@chloe", "@platform"}


@pytest.mark.parametrize("by_itself", [False, True])
def test_the_step_waits_until_all_are_told_and_the_machine_ends_it_where_the_playbook_says_so(by_itself):
    steps = [replace(step, by_itself=by_itself) if step.id == "notify" else step for step in PLAYBOOK.steps]
    playbook = replace(PLAYBOOK, steps=tuple(steps), audience=(SECURITY, STAKEHOLDERS))
    story = Story(declaration(playbook=playbook), by=ANNA).run(600)
    step = story.incident.step("notify")
    assert not step.over
    assert blockers(story.incident, step) == (
        "stakeholders: the update waits for the commander", "stakeholders: the update waits for the commander",
    )  # fmt: skip
    assert "stakeholders: the update waits" in story.refused(c.CompleteStep("notify"), ANNA)
    draft = state_of(story.incident, "stakeholders").draft
    story.do(c.ReleaseUpdate("stakeholders", draft.number, draft.text), ANNA)
    story.run(10)
    assert not story.incident.step("notify").over, "page not acknowledged"
    story.do(c.AddNote("I am here"), BEN)
    story.run(10)
    assert story.incident.step("notify").over is by_itself


def test_an_owner_whom_nobody_can_find_is_named_and_not_looked_for_again():
    story = told_story(OWNERS)
    story.finish(story.begin(Op.DRAFT_UPDATE))
    claim = story.begin(Op.SEND_UPDATE)
    audience, _, number = claim.detail.rpartition("#")
    story.finish(
        claim, e.UpdateSent(claim.number, audience, int(number), "@platform", "the people file has no platform")
    )
    assert not any(work.op is Op.SEND_UPDATE for work in pending(story.incident, story.now))
    assert "owners platform: the people file has no platform" in blockers(story.incident, story.incident.step("notify"))


def failing_story(retry_at=None):
    """Of two channels one does not take the update."""
    story = told_story(replace(STAKEHOLDERS, preview=Preview.NONE))
    story.finish(story.begin(Op.DRAFT_UPDATE))
    claim = next(
        started.claim
        for work in pending(story.incident, story.now)
        if work.op is Op.SEND_UPDATE and work.subject == "C0ALL"
        for started in story.do(c.Begin(work, "w1"), Actor("bot"))
    )
    story.finish(claim, e.OperationFailed(claim.number, claim.op, "Missing", "slack: channel_not_found", retry_at))
    return story


def test_a_channel_that_fails_shows_with_a_retry_and_keeps_no_other_waiting():
    story = failing_story()
    lane = update_lane("stakeholders/C0ALL")
    assert any(offer.command == c.Retry(lane) for offer in unblocked(available(story.incident, story.now), c.Retry))
    before = story.now
    story.work(until=before + timedelta(seconds=1))
    assert "C0SUPPORT" in {target for _, _, target in sent(story)}
    story.run(600)
    assert "C0ALL" in {target for _, _, target in sent(story)}, "the next update is tried there by itself"


def test_those_whom_no_message_reaches_are_told_in_another_way_and_a_person_says_how():
    story = failing_story()
    [offer] = unblocked(available(story.incident, story.now), c.SkipUpdate)
    assert offer.urgency is Urgency.SENSIBLE
    assert "tell them another way" in offer.reason
    story.do(filled(offer.command, "called by telephone"), ANNA)
    assert state_of(story.incident, "stakeholders").skipped.reason == "called by telephone"
    assert not list(not_reached(story.incident, next(audiences(story.incident))))
    assert story.incident.lane(update_lane("stakeholders/C0ALL")).failure is None, "nobody is asked to try it again"
    story.work(until=story.now + timedelta(seconds=5))
    assert not any(number == 1 for _, number, _ in sent(story))
    assert "stakeholders: not sent yet" not in blockers(story.incident, story.incident.step("notify"))


def test_what_is_still_being_tried_need_not_be_waited_for():
    story = failing_story(retry_at=START + timedelta(hours=1))
    [offer] = unblocked(available(story.incident, story.now), c.SkipUpdate)
    assert offer.urgency is Urgency.POSSIBLE


def test_nothing_is_posted_where_slack_is_not_trusted():
    playbook = replace(PLAYBOOK, audience=(SECURITY,))
    story = Story(replace(declaration(wanted(entry()), playbook=playbook), out_of_slack=True), by=ANNA).run(120)
    assert not sent(story)


@pytest.mark.parametrize("text", ["sk-proj-" + "a" * 40, "  ", "x" * 3001], ids=["a key", "nothing", "too long"])
def test_what_a_person_makes_of_a_text_is_checked(text):
    story = told_story(STAKEHOLDERS).run(600)
    draft = state_of(story.incident, "stakeholders").draft
    assert "The update" in story.refused(c.ReleaseUpdate("stakeholders", draft.number, text), ANNA)
    assert not sent(story)


def test_an_update_can_be_skipped_with_a_reason_and_whether_that_is_done_is_for_people_to_say():
    story = told_story(STAKEHOLDERS).run(30)
    draft = state_of(story.incident, "stakeholders").draft
    assert "is the commander" in story.refused(c.SkipUpdate("stakeholders", draft.number, "why"), BEN)
    [offer] = unblocked(available(story.incident, story.now), c.SkipUpdate)
    assert offer.command == c.SkipUpdate("stakeholders", draft.number, "")
    [skipped] = story.do(c.SkipUpdate("stakeholders", draft.number, "a drill, nobody need know"), ANNA)
    assert skipped == e.UpdateSkipped("stakeholders", draft.number, "a drill, nobody need know")
    notify = story.incident.step("notify")
    assert (blockers(story.incident, notify), unsaid(story.incident, notify)) == ((), True)
    assert "was skipped by anna" in story.refused(c.ReleaseUpdate("stakeholders", draft.number, draft.text), ANNA)
    assert next_update_due(story.incident) == draft.drafted_at + timedelta(minutes=30)
    story.run(60)
    assert not sent(story)


def test_where_others_were_told_a_skipped_update_speaks_against_nothing():
    story = told_story(SECURITY, STAKEHOLDERS).run(30)
    assert sent(story)
    draft = state_of(story.incident, "stakeholders").draft
    assert any("the update waits for the commander" in words for words in blockers(story.incident, step_of(story)))
    story.do(c.SkipUpdate("stakeholders", draft.number, "support is closed today"), ANNA)
    story.do(c.AddNote("I am here"), BEN)
    assert (blockers(story.incident, step_of(story)), unsaid(story.incident, step_of(story))) == ((), False)


def step_of(story):
    return story.incident.step("notify")


def test_access_is_contained_no_earlier_than_the_look_at_who_read_it():
    story = told_story(SECURITY).run(600)
    look, gone = story.incident.usage["openai-api-key"].at, story.secret().old.gone_at
    assert reached(story.incident)[Milestone.CONTAINED] == contained_since(story.incident) == look > gone


def test_a_reader_whose_note_is_corrected_is_answered_for_since_the_first_answer():
    story = told_story(replace(SECURITY, every=None)).run(600)
    laptop, name = "arn:aws:iam::111122223333:user/laptop", "openai-api-key"
    seen = (Read(story.now, laptop, "192.0.2.1", "cli", "GetParameter", "/x"),)
    story.record(e.UsageRead(0, name, "CloudTrail", story.now, story.now, seen, (), False))
    assert Milestone.CONTAINED not in reached(story.incident)
    story.do(c.AccountReader(laptop, ReaderOutcome.EXPLAINED, "the migration"), BEN)
    first = reached(story.incident)[Milestone.CONTAINED]
    assert first == story.now
    story.run(600)
    [audience] = audiences(story.incident)
    assert not new_milestones(story.incident, audience)
    for outcome in (ReaderOutcome.EXPLAINED, ReaderOutcome.REMOVED):
        story.do(c.AccountReader(laptop, outcome, "the migration of Monday"), BEN, after=60)
        assert reached(story.incident)[Milestone.CONTAINED] == first
        assert not new_milestones(story.incident, audience)
    story.do(c.AccountReader(laptop, ReaderOutcome.UNEXPLAINED, "it was none"), BEN)
    story.do(c.AccountReader(laptop, ReaderOutcome.REMOVED, "its key is deleted"), BEN, after=60)
    assert reached(story.incident)[Milestone.CONTAINED] == story.now, "it could read meanwhile"
