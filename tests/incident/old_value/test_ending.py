"""Given a secret, when people decide about its end: kill, approve, reject, break glass, attest."""

from datetime import timedelta

import pytest

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.approval.basis import kill_allowed, second_person
from bot.incident.approval.plan import kill_wanted, plan_of
from bot.incident.closing.open_items import secrets_among
from bot.incident.lanes import FALLBACK_LANE, old_lane
from bot.incident.operations import Op
from bot.incident.schedule import pending
from bot.model.capabilities import Makes, RevokedBy
from bot.model.keys import KeyRef
from bot.model.playbooks import Action, Playbook, PlaybookStep
from bot.model.secrets import Kill, Outage, Part
from bot.model.timings import Timings
from bot.phrases.plans import step_words
from tests.support.consents import SHOWN
from tests.support.incidents import (
    ANNA,
    BEN,
    BOT_TOKEN,
    CHLOE,
    STRANGER,
    Story,
    World,
    capabilities,
    declaration,
    entry,
    probe,
    wanted,
)

OVERLAP = m.Strategy.OVERLAP
NAME = "openai-api-key"
FATAL = entry(kill=Kill.IRREVERSIBLE, outage=Outage.DOWN)


def overlap():
    return Story(declaration(wanted(strategy=OVERLAP))).run(1)


def digest(story):
    return story.incident.request.digest


# --- kill -----------------------------------------------------------------------------------------------------------


def test_one_responder_is_enough_for_a_kill():
    story = overlap()
    assert not kill_allowed(story.incident, story.secret(), story.now)
    (asked,) = story.do(c.KillNow(NAME, SHOWN))
    assert (asked.secret, asked.slot, asked.rights) == (NAME, True, (m.Right.RESPOND,))
    assert kill_wanted(story.secret())
    assert kill_allowed(story.incident, story.secret(), story.now)
    assert (Op.REVOKE, NAME) in story.ops()


def test_a_kill_is_found_under_way_done_or_waiting():
    story = Story(declaration())
    assert "was requested by anna at 03:00:00 UTC and is under way." in story.refused(c.KillNow(NAME, SHOWN), BEN)
    story.run(60)
    assert "old key is dead. Revoked HTTP 204. Nothing more to revoke." in story.refused(c.KillNow(NAME, SHOWN), BEN)
    fatal = Story(declaration(wanted(FATAL)))
    said = fatal.refused(c.KillNow(NAME, SHOWN))
    assert "It needs a second approver, because revoking it cannot be undone and stops the product: anyone" in said


def test_an_unknown_secret_is_named_with_those_that_are_known():
    assert "Its secrets: openai-api-key." in Story(declaration()).refused(c.KillNow("redis", SHOWN))


def test_what_only_a_person_can_revoke_is_not_killed_by_button():
    story = Story(declaration(wanted(entry(can=capabilities(revokes=RevokedBy.PERSON)))))
    assert "can only be revoked by a person" in story.refused(c.BreakGlass({NAME: SHOWN}, "now"))
    story = Story(declaration(wanted(entry(can=capabilities(revokes=RevokedBy.PERSON)), OVERLAP)))
    assert "Then press “I revoked it”" in story.refused(c.KillNow(NAME, SHOWN))


@pytest.mark.parametrize(
    "body", [c.KillNow(NAME, SHOWN), c.BreakGlass({NAME: SHOWN}, "now"), c.Retry(), c.AskReplacement(NAME)]
)
def test_a_stranger_may_not_respond(body):
    assert "may not respond to incidents" in Story(declaration()).refused(body, STRANGER)


# --- the second person ----------------------------------------------------------------------------------------------


def test_why_a_second_person_is_needed():
    asks = Playbook("p", "P", (PlaybookStep("revoke", "Revoke", actions=(Action.REVOKE,), approval=True),))
    reasons = {
        "the playbook asks for it": Story(declaration(playbook=asks)),
        "revoking it cannot be undone and stops the product": Story(declaration(wanted(FATAL))),
        "it comes at the end of an overlap": overlap(),
        "one person may revoke at most 3 old keys in production within 12 hours": Story(
            declaration(*(wanted(entry(f"k{n}")) for n in range(3)), wanted())
        ),
        "": Story(declaration()),
    }
    for reason, story in reasons.items():
        assert second_person(story.incident, story.secret(), story.now) == reason


@pytest.mark.parametrize("environment", ["production", "staging"])
def test_the_fourth_kill_by_one_responder_needs_a_second_person(environment):
    secrets = [wanted(entry(f"key-{n}"), OVERLAP) for n in range(4)]
    story = Story(declaration(*secrets, environment=environment)).run(1)
    for n in range(4):
        story.do(c.KillNow(f"key-{n}", SHOWN), after=1)
    assert [kill_allowed(story.incident, story.secret(f"key-{n}"), story.now) for n in range(4)] == [True] * 3 + [False]


def test_of_six_kills_declared_at_once_three_go_and_one_approval_lets_the_others_go():
    story = Story(declaration(*(wanted(entry(f"key-{n}")) for n in range(6)))).run(60)
    assert len(story.world.killed) == 3
    assert len(story.incident.request.plans) == 3
    story.approve(BEN)
    story.run(60)
    assert len(story.world.killed) == 6


def test_a_request_is_made_once_and_again_when_it_lapses():
    story = Story(declaration(wanted(FATAL))).run(1)
    first = story.incident.request
    assert first is not None
    story.run(story.incident.timings.approval_expires)
    kinds = [e.kind_of(r.event) for r in story.log]
    assert kinds.count("approval-expired") == 1
    assert story.incident.request.at > first.at


def test_a_request_is_repeated_when_the_overlap_ends_without_an_answer():
    story = overlap()
    story.run(story.incident.timings.overlap + 1)
    assert [e.kind_of(r.event) for r in story.log].count("approval-requested") == 2
    assert not story.world.killed


def test_an_approval_is_bound_to_the_plan_that_was_shown():
    story = overlap()
    assert "The plan changed since you saw it" in story.refused(c.ApprovePlan("0" * 64), BEN)
    assert "Name the plan by its digest" in story.refused(c.ApprovePlan(""), BEN)
    assert "Name the plan by its digest" in story.refused(c.RejectPlan("", "no"), BEN)
    before = digest(story)
    story.do(c.AddSecret(wanted(entry("redis"), OVERLAP)), ANNA)
    story.run(1)
    assert digest(story) != before
    assert "The plan changed since you saw it" in story.refused(c.ApprovePlan(before), BEN)
    assert story.approve(BEN)[0].plans.keys() == {NAME, "redis"}


def test_an_approval_does_not_survive_a_changed_plan():
    world = World()
    keys = (KeyRef("one"), KeyRef("two"))
    story = Story(declaration(wanted(FATAL)), world=world)
    story.begin(Op.CAPTURE)
    story.record(e.OldCaptured(1, NAME, "f" * 12, {"/production/openai-api-key": 1}, True, keys))
    story.do(c.Tick(), m.BOT)
    story.approve(BEN)
    assert kill_allowed(story.incident, story.secret(), story.now)
    story.do(c.ChooseCandidate(NAME, "two"), ANNA)
    assert not kill_allowed(story.incident, story.secret(), story.now)
    assert "two" in " ".join(step_words(plan_of(story.incident, story.secret())))


def test_a_plan_that_changed_while_its_request_waited_is_not_approved():
    story = overlap()
    shown = digest(story)
    story.record(e.CandidateChosen(NAME, "another"), "anna")
    assert "changed since approval was requested" in story.refused(c.ApprovePlan(shown), BEN)


def test_who_may_not_be_the_second_person():
    story = overlap()
    shown = digest(story)
    assert "may not approve" in story.refused(c.ApprovePlan(shown), ANNA)
    anna = m.Actor("anna", frozenset(m.Right))
    assert "cannot be its second approver" in story.refused(c.ApprovePlan(shown), anna)
    dora = m.Actor("dora", frozenset(m.Right))
    story = Story(declaration(wanted(FATAL, OVERLAP)), by=ANNA).run(1)
    story.do(c.KillNow(NAME, SHOWN), dora)
    story.do(c.Tick(), m.BOT)
    assert "cannot be its second approver" in story.refused(story.approval(), dora)
    assert story.approve(BEN)


def test_an_approval_lapses_unless_the_plan_has_started():
    story = Story(declaration(wanted(FATAL)), world=World())
    story.work(only={Op.CAPTURE, Op.TICK})
    story.approve(BEN)
    lapsed = story.now + timedelta(seconds=story.incident.timings.approval_expires)
    assert kill_allowed(story.incident, story.secret(), story.now)
    assert not kill_allowed(story.incident, story.secret(), lapsed)
    story.work(only={Op.SNAPSHOT})
    story.begin(Op.REVOKE)
    assert kill_allowed(story.incident, story.secret(), lapsed)


def test_an_approval_that_lapsed_unused_is_asked_for_again():
    story = Story(declaration(wanted(FATAL)))
    story.work(only={Op.CAPTURE, Op.TICK})
    story.approve(BEN)
    story.now += timedelta(seconds=story.incident.timings.approval_expires)
    story.do(c.Tick(), m.BOT)
    assert story.incident.request is not None


def test_an_approval_in_time_only_and_once():
    story = overlap()
    shown = digest(story)
    late = story.incident.timings.approval_expires + 1
    assert "expired" in story.refused(c.ApprovePlan(shown), BEN, after=late)
    story = overlap()
    shown = digest(story)
    story.do(c.ApprovePlan(shown), BEN)
    assert "The plan was approved by ben at" in story.refused(c.ApprovePlan(shown), CHLOE)
    assert "Nothing waits for approval." in story.refused(c.RejectPlan(shown, "no"), CHLOE)


def test_a_rejected_plan_is_not_asked_for_again_until_somebody_decides_anew():
    story = overlap()
    story.do(c.RejectPlan(digest(story), "wrong key"), BEN)
    story.run(4000)
    assert story.incident.request is None
    assert not story.world.killed
    story.do(c.KillNow(NAME, SHOWN))
    story.run(60)
    assert story.secret().gone


def test_a_kill_whose_plan_was_rejected_can_be_asked_for_anew():
    story = Story(declaration(wanted(FATAL))).run(1)
    story.do(c.RejectPlan(digest(story), "wrong key"), BEN)
    story.run(10)
    assert story.incident.request is None
    assert [e.kind_of(x) for x in story.do(c.KillNow(NAME, SHOWN), CHLOE)] == ["kill-requested"]
    story.run(10)
    assert "cannot be its second approver" in story.refused(story.approval(), CHLOE)
    story.approve(BEN)
    story.run(60)
    assert story.secret().gone


def test_a_rejection_needs_a_reason_without_a_secret_in_it():
    story = overlap()
    assert "is empty" in story.refused(c.RejectPlan(digest(story), " "), BEN)
    assert "looks like a Slack token" in story.refused(c.RejectPlan(digest(story), BOT_TOKEN), BEN)


# --- break-glass ----------------------------------------------------------------------------------------------------


def test_break_glass_kills_without_the_second_person_and_does_nothing_else():
    story = Story(declaration(wanted(FATAL, OVERLAP))).run(1)
    assert story.do(c.BreakGlass({NAME: SHOWN}, "abuse")) == (e.GlassBroken((NAME,), "abuse"),)
    story.run(40)
    assert story.secret().gone
    assert "break-glass was used" in story.incident.milestones
    assert "Nothing waits" in story.refused(c.ApprovePlan("0" * 64), BEN)


def test_break_glass_needs_a_reason_a_name_and_something_alive():
    story = Story(declaration(wanted(FATAL)))
    assert "reason is empty" in story.refused(c.BreakGlass({NAME: SHOWN}, ""))
    assert "names the secrets" in story.refused(c.BreakGlass({}, "now"))
    story.do(c.BreakGlass({NAME: SHOWN}, "now"))
    assert "Glass was not broken" in story.refused(c.BreakGlass({NAME: SHOWN}, "again"))


# --- strategy and attestation ---------------------------------------------------------------------------------------


def test_towards_kill_first_one_person_is_enough_and_the_kill_is_decided():
    story = overlap()
    events = story.do(c.ChooseStrategy(NAME, m.Strategy.KILL_FIRST, "abuse"))
    assert [e.kind_of(x) for x in events] == ["strategy-chosen", "kill-requested"]
    story.run(60)
    assert story.secret().gone


def test_towards_overlap_a_second_person_must_agree():
    story = Story(declaration(wanted(FATAL)))
    (made,) = story.do(c.ChooseStrategy(NAME, OVERLAP, "customers"), BEN)
    assert isinstance(made, e.ProposalMade)
    assert story.secret().strategy is m.Strategy.KILL_FIRST
    assert "cannot be the second person" in story.refused(story.proposed(), BEN)
    assert "Name the proposal by its digest" in story.refused(c.ApproveProposal(""), CHLOE)
    assert "not the proposal you saw. Look" in story.refused(c.ApproveProposal("0" * 64), CHLOE)
    assert "not the proposal you saw. Look" in story.refused(c.RejectProposal("0" * 64, "no"), CHLOE)
    story.agree(CHLOE)
    assert story.secret().strategy is OVERLAP


def test_proposals_are_rejected_and_lapse():
    story = Story(declaration(wanted(FATAL)))
    story.do(c.ChooseStrategy(NAME, OVERLAP, "customers"))
    assert story.do(c.RejectProposal(story.proposed().digest, "no"), BEN) == (e.ProposalRejected(1, "no"),)
    story.do(c.ChooseStrategy(NAME, OVERLAP, "customers"))
    late = story.incident.timings.approval_expires
    assert "expired" in story.refused(story.proposed(), BEN, after=late)
    story.do(c.Tick(), m.BOT)
    assert story.incident.proposal is None


def test_a_strategy_that_is_chosen_already_or_no_longer_matters():
    story = Story(declaration())
    assert "is already set to revoke first" in story.refused(c.ChooseStrategy(NAME, m.Strategy.KILL_FIRST, "x"))
    story.run(60)
    assert "no longer matters" in story.refused(c.ChooseStrategy(NAME, OVERLAP, "x"))


def test_a_death_is_attested_by_name_and_never_against_the_evidence():
    world = World()
    world.look = lambda _: probe("unknown")
    story = Story(declaration(), world=world).run(60)
    assert "may not command" in story.refused(c.AttestDeath(NAME, "saw it"), BEN)
    assert story.do(c.AttestDeath(NAME, "saw it"), CHLOE) == (e.DeathAttested(NAME, "saw it"),)
    assert story.secret().old_state is m.Old.ATTESTED
    assert "was vouched dead by chloe" in story.refused(c.AttestDeath(NAME, "saw it"), CHLOE)
    alive = overlap()
    assert "found that it STILL WORKS" in alive.refused(c.AttestDeath(NAME, "saw it"), CHLOE)
    dead = Story(declaration()).run(60)
    assert "is dead" in dead.refused(c.AttestDeath(NAME, "saw it"), CHLOE)


def test_what_has_not_been_pinned_looked_at_and_revoked_is_not_attested():
    world = World()
    world.look = lambda _: probe("unknown")
    story = Story(declaration(wanted(FATAL)), world=world)
    assert "the leaked key is not known yet" in story.refused(c.AttestDeath(NAME, "saw it"), CHLOE)
    story.work(only={Op.CAPTURE})
    assert "its old key was not checked yet" in story.refused(c.AttestDeath(NAME, "saw it"), CHLOE)
    story.work(only={Op.SNAPSHOT})
    assert "can be revoked and was not. Revoke it first" in story.refused(c.AttestDeath(NAME, "saw it"), CHLOE)


@pytest.mark.parametrize(
    "can",
    [capabilities(revokes=RevokedBy.PERSON), capabilities()],
    ids=["no API revokes it", "the revocation failed for good"],
)
def test_what_cannot_be_revoked_can_be_attested(can):
    world = World()
    world.look = lambda _: probe("unknown")
    story = Story(declaration(wanted(entry(can=can))), world=world)
    story.work(only={Op.CAPTURE, Op.SNAPSHOT})
    if can.revokes is RevokedBy.MACHINE:
        story.now += timedelta(seconds=10)
        claim = story.work(only={Op.PROVE}).begin(Op.REVOKE)
        story.finish(claim, e.OperationFailed(claim.number, Op.REVOKE, "Refused", "no", None))
    story.do(c.AttestDeath(NAME, "saw it"), CHLOE)
    assert story.secret().old_state is m.Old.ATTESTED


def test_an_attested_value_is_looked_at_further_and_never_hides_that_it_lives():
    world = World()
    world.look = lambda _: probe("unknown")
    story = Story(declaration(), world=world).run(60)
    story.do(c.AttestDeath(NAME, "saw it"), CHLOE)
    looks = story.secret().old.probes
    story.run(600)
    assert story.secret().old.probes > looks
    assert not any(op is Op.REVOKE for op, _ in story.ops())
    world.look = lambda _: probe("live")
    story.run(120)
    assert story.secret().old_state is m.Old.REVOKING
    assert story.secret().old.overdue


def test_what_is_overdue_and_attested_is_not_revoked_again_while_nothing_says_that_it_lives():
    world = World()
    world.look = lambda _: probe("unknown")
    story = Story(declaration(), world=world).run(3600)
    story.do(c.AttestDeath(NAME, "saw it"), CHLOE)
    assert story.secret().old.overdue
    assert "Nothing needs a retry" in story.refused(c.Retry(old_lane(NAME)), CHLOE)
    world.look = lambda _: probe("live")
    story.run(120)
    assert story.do(c.Retry(old_lane(NAME)), CHLOE)


def test_an_attested_value_that_is_proven_dead_after_all_is_dead():
    world = World()
    story = Story(declaration(), world=world).work(only={Op.CAPTURE, Op.SNAPSHOT, Op.REVOKE})
    world.look = lambda _: probe("unknown")
    story.run(5)
    story.do(c.AttestDeath(NAME, "saw it"), CHLOE)
    del world.look
    story.run(300)
    assert story.secret().old_state is m.Old.DEAD


def test_closing_over_an_attested_value_needs_a_second_person():
    world = World()
    world.look = lambda _: probe("unknown")
    story = Story(declaration(), world=world).run(60)
    story.do(c.AttestDeath(NAME, "saw it"), CHLOE)
    for step in story.incident.steps:
        story.do(c.SkipStep(step.definition.id, "x"), CHLOE)
    assert "openai-api-key: old key vouched dead, not confirmed" in story.refused(c.Close(), CHLOE)
    (made,) = story.close_over("the account is gone", CHLOE)
    assert f"attested:{NAME}" in made.items
    story.agree(BEN)
    assert secrets_among(story.incident.accepted_items) == (NAME,)
    story.run(31 * 24 * 3600)
    assert story.incident.closed is not None


def test_a_value_that_answers_again_is_attested_no_more():
    world = World()
    world.look = lambda _: probe("unknown")
    story = Story(declaration(), world=world).run(60)
    story.do(c.AttestDeath(NAME, "saw it"), CHLOE)
    story.record(e.OldProbed(0, NAME, probe("live")))
    assert story.secret().old_state is m.Old.REVOKING
    assert story.secret().old.overdue


def test_a_plan_says_what_will_be_done_in_order():
    def steps(can, **changes):
        story = Story(declaration(wanted(entry(can=can), **changes))).work(only={Op.CAPTURE})
        return step_words(plan_of(story.incident, story.secret()))

    kill_first = steps(capabilities())
    assert kill_first[0] == "revoke the old key id-openai-api-key at OpenAI"
    assert kill_first[2] == "issue a new key at OpenAI"
    assert kill_first[-1] == "check it with its consumers"
    overlapping = steps(capabilities(makes=Makes.INSTALL, revokes=RevokedBy.ITSELF), strategy=OVERLAP)
    assert overlapping[0] == "make a new key and install it at OpenAI"
    assert "wait 15 minutes with both keys accepted" in overlapping
    assert overlapping[-2] == "let the old key revoke itself at OpenAI"
    by_hand = steps(capabilities(makes=Makes.PERSON, revokes=RevokedBy.PERSON))
    assert "a person revokes the old key in OpenAI's console" in by_hand
    assert "a person makes a new key in OpenAI's console and hands it over" in by_hand
    assert "keep the current key" in steps(capabilities(), replace=False)[-1]


def test_short_overlaps_are_told_in_seconds():
    story = Story(declaration(wanted(strategy=OVERLAP), timings=Timings(overlap=5.0)))
    assert "wait 5 seconds with both keys accepted" in step_words(plan_of(story.incident, story.secret()))


def test_every_entry_has_one_part_that_opens_doors():
    pair = entry(parts=(Part("id", "/a", secret=False), Part("key", "/b")))
    assert pair.main.name == "key"


def test_a_note_that_cannot_be_sent_does_not_keep_the_page_from_being_resolved():
    story = Story(declaration(wanted(strategy=OVERLAP)), CHLOE)
    story.run(60)
    story.do(c.AddNote("a responder is here"), BEN)
    claim = story.begin(Op.PAGE)
    story.finish(claim, e.OperationFailed(claim.number, Op.PAGE, "Refused", "pagerduty: HTTP 400", None))
    assert claim.detail == "acknowledge"
    assert FALLBACK_LANE not in {work.lane for work in pending(story.incident, story.now) if work.op is Op.PAGE}

    story.do(c.KillNow("openai-api-key", SHOWN), CHLOE)
    story.run(120)
    assert story.incident.page.word == "resolved"
