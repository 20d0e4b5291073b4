"""Planned rotations: nobody is woken, the kill rests on what was decided beforehand, and the machine closes them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.approval.basis import kill_basis, rests_on
from bot.incident.approval.consent import unentitled
from bot.incident.approval.planned import entry_digest
from bot.incident.offers import Urgency, available
from bot.incident.operations import Op
from bot.incident.routine import OF_LEAKS
from bot.incident.run_kinds import TRAITS
from bot.incident.schedule import pending
from bot.incident.state import Basis
from bot.model.capabilities import Makes, RevokedBy
from bot.model.playbooks import RunKind
from bot.model.secrets import Consumer, Copy, CopyKind, Data, Kill, Outage
from bot.phrases.closing import reopening_words
from tests.incident.old_value.test_last_use import Telling
from tests.support.consents import SHOWN
from tests.support.incidents import BEN, CHLOE, DORA, Silent, Story, World, capabilities, entry, wanted
from tests.support.rotations import ASK, AUTO, DANA, MACHINE, OVERLAP, rotation

NAME = "openai-api-key"
DAY = timedelta(days=1)
OVERLAPS = m.Strategy.OVERLAP
SWAPS = capabilities(makes=Makes.INSTALL, swaps=True, identifies=False, snapshots=False, revoke_needs_replacement=True)


def run(planned=ASK, *secrets, by=MACHINE, world=None, **more):
    return Story(rotation(*secrets, planned=planned, **more), by, world)


def _agreed(story):
    """Two people have consented once it has begun."""
    story.run(60)
    story.approve(DANA)
    story.approve(DORA)
    return story


def kinds(story):
    return {type(recorded.event) for recorded in story.log}


def started(story):
    return [r.event.claim.op for r in story.log if isinstance(r.event, e.OperationStarted)]


def alerts(story):
    return list(story.incident.alerts)


# --- the whole way ---------------------------------------------------------------------------------------------------


def test_a_rotation_runs_by_itself_to_its_close_and_wakes_nobody():
    story = run(AUTO).run(2 * OVERLAP)
    secret = story.secret()
    assert (secret.old_state, secret.new_state) == (m.Old.DEAD, m.New.LIVE)
    assert story.incident.closed.name == "bot"
    assert [step.state for step in story.incident.steps] == [m.StepState.DONE] * 5
    assert story.incident.report.path
    assert story.incident.report.decisions
    assert not {Op.PAGE, Op.OPEN_CHANNEL, Op.USAGE, Op.INSPECT} & set(started(story))
    assert not alerts(story)


def test_who_opens_a_rotation_again_reads_that_on_call_is_paged_and_so_it_is():
    story = run(AUTO).run(2 * OVERLAP)
    words = reopening_words(story.incident)
    assert words.startswith("Reopening pages on-call, which they were not when this rotation began and outdates")
    assert "notice" not in words
    story.do(c.Reopen("its parameter holds the old key"), CHLOE)
    assert alerts(story) == ["a rotation was opened again: a person asked for it; the log has the reason"]
    story.run(60)
    assert Op.PAGE in started(story)


def test_the_old_value_lives_until_the_overlap_is_over_and_is_proven_dead_after_it():
    story = run(AUTO).run(OVERLAP - 60)
    assert story.secret().new_state is m.New.LIVE
    assert story.secret().old_state is m.Old.ALIVE
    story.run(600)
    [revoked] = [r for r in story.log if isinstance(r.event, e.AccessRevoked)]
    assert revoked.at >= story.secret().new.live_at + timedelta(seconds=OVERLAP)
    looks = [r.event for r in story.log if isinstance(r.event, e.OldProbed)]
    assert [look.probe.liveness for look in looks] == ["live", "dead", "dead"]
    assert all(look.control.liveness == "live" for look in looks)
    assert story.secret().old.baseline_at < revoked.at


def test_a_consumer_that_lived_on_the_old_value_shows_before_the_run_is_closed():
    story = run(AUTO).run(OVERLAP - 60)
    while not story.secret().old.refusals:
        story.run(1)
    story.world.failing.add("checkout")
    story.run(600)
    assert (story.secret().old_state, story.secret().new_state) == (m.Old.DEAD, m.New.FAILING)
    assert story.incident.open
    assert alerts(story)
    story.world.failing.clear()
    story.run(600)
    assert not story.incident.open


@pytest.mark.parametrize("fails", [("checkout",), ()])
def test_a_consumer_that_fails_as_before_is_its_owners_task_and_holds_nothing_up(fails):
    world = World()
    world.failing = world.unwell_before = set(fails)
    story = _agreed(run(ASK, wanted(entry(owner="dana"), OVERLAPS), world=world)).run(2 * OVERLAP)
    assert (story.secret().old_state, story.incident.closed.name) == (m.Old.DEAD, "bot")
    assert not alerts(story)
    assert Op.PAGE not in started(story)
    title = "checkout fails as before the rotation of openai-api-key: fix it, or its health URL"
    tasks = [(task.title, task.owner, task.open) for task in story.incident.tasks.values()]
    assert tasks == ([(title, "dana", True)] if fails else [])
    reminded = [record for record in story.run(7 * DAY.total_seconds()).log if isinstance(record.event, e.Reminded)]
    assert {each.event.owner for each in reminded} == ({"dana"} if fails else set())
    assert all(record.at.hour >= 8 for record in reminded)


def test_a_step_that_verifies_is_not_done_over_what_no_consumer_confirms():
    world = World()
    world.failing = world.unwell_before = {"checkout"}
    story = _agreed(run(world=world)).run(2 * OVERLAP)
    states = {step.definition.id: (step.state, step.reason) for step in story.incident.steps}
    assert states.pop("verify") == (m.StepState.SKIPPED, "no consumer confirms the new key of openai-api-key")
    assert {state for state, _ in states.values()} == {m.StepState.DONE}


def test_each_step_ends_when_its_part_is_done_and_not_before():
    story = run(AUTO)

    def over():
        return [step.definition.id for step in story.incident.steps if step.over]

    for op, done in [(Op.ISSUE, ["generate"]), (Op.PROMOTE, ["generate", "update"])]:
        while op not in started(story):
            assert done[-1] not in over()
            story._one(_next(story))
        while not over() or over()[-1] != done[-1]:
            story._one(_next(story))
        assert over() == done
    story.run(60)
    assert over() == ["generate", "update", "verify"]
    story.run(2 * OVERLAP)
    assert over() == ["generate", "update", "verify", "revoke", "document"]


def _next(story):
    return pending(story.incident, story.now)[0]


def test_a_dead_value_is_looked_at_twice_after_the_close():
    story = run(AUTO).run(2 * OVERLAP)
    closed = story.incident.closed.at
    story.run(40 * 24 * 3600)
    looks = [r.at - closed for r in story.log if isinstance(r.event, e.OldProbed) and r.at > closed]
    assert [round(look / timedelta(hours=1)) for look in looks] == [1, 24]
    assert TRAITS[RunKind.ROTATION].looks_words == "1 hour and 24 hours"


def test_a_value_that_is_accepted_again_reopens_the_run_pages_and_is_left_for_a_person_to_close():
    story = run(AUTO).run(2 * OVERLAP)
    story.world.killed.clear()
    story.run(5400)
    assert story.incident.open
    assert alerts(story)[0] == ("a rotation was opened again: its old key is accepted or stored in a parameter again")
    assert Op.PAGE in started(story)
    story.world.killed.add(NAME)
    story.run(7200)
    assert story.incident.open


def test_what_the_provider_holds_once_is_ended_with_its_successor():
    swapped = wanted(entry(can=SWAPS, owner="dana"), m.Strategy.KILL_FIRST)
    story = run(AUTO, swapped).run(600)
    assert story.secret().old_state is m.Old.ALIVE
    story.approve(DANA)
    story.approve(DORA)
    story.run(600)
    assert story.secret().old_state is m.Old.DEAD
    assert not story.incident.open


# --- on whose word ---------------------------------------------------------------------------------------------------


def test_the_basis_names_the_catalogs_entry_as_it_was_frozen_and_nobody():
    story = run(AUTO).run(2 * OVERLAP)
    basis = story.secret().began_on
    assert (basis.kind, basis.givers) == (m.ConsentKind.PLANNED, ())
    assert basis.entry == entry_digest(story.secret().entry)
    assert rests_on(basis) == f"the catalog, which calls it auto (entry {basis.entry})"


def _irreversible_and_down():
    return wanted(entry(owner="dana", kill=Kill.IRREVERSIBLE, outage=Outage.DOWN), OVERLAPS)


def _of(**fields):
    return wanted(entry(owner="dana", **fields), OVERLAPS)


NOT_COVERED = {
    "the catalog asks": ((ASK,), {}, "the catalog asks for two people"),
    "the revocation cannot be undone and stops the product": (
        (AUTO, _irreversible_and_down()), {}, "cannot be undone and stops the product",
    ),
    "nothing overlaps": ((AUTO, wanted(entry(owner="dana"), m.Strategy.KILL_FIRST)), {}, "without an overlap"),
    "its provider holds one": (
        (AUTO, wanted(entry(owner="dana", can=SWAPS), m.Strategy.KILL_FIRST)), {}, "holds one key at a time",
    ),
    "nothing reads it": ((AUTO, _of(consumers=())), {}, "no consumer can confirm"),
    "a consumer cannot be asked": ((AUTO, _of(consumers=(Consumer("mail"),))), {}, "mail has no health URL"),
    "a consumer has not confirmed": ((AUTO,), {"world": Silent}, "not every consumer has confirmed"),
}  # fmt: skip


@pytest.mark.parametrize("case", NOT_COVERED)
def test_what_the_catalogs_word_does_not_cover_is_asked_of_two_people(case):
    given, more, why = NOT_COVERED[case]
    story = run(*given, **{name: made() for name, made in more.items()}).run(3 * OVERLAP)
    secret = story.secret()
    assert secret.old_state is m.Old.ALIVE
    assert secret.new_state in {m.New.LIVE, m.New.UNCONFIRMED} or secret.strategy is m.Strategy.KILL_FIRST
    missing = kill_basis(story.incident, secret, story.now)
    assert why in missing.why
    assert "its owner dana" in missing.whom
    assert story.incident.request is not None
    story.approve(DANA)
    assert story.secret().old_state is m.Old.ALIVE
    story.approve(DORA)
    story.run(600)
    assert story.secret().old_state is m.Old.DEAD
    assert story.secret().began_on.kind is m.ConsentKind.APPROVAL


@pytest.mark.parametrize(
    ("people", "enough"),
    [((DANA, DORA), True), ((DANA, BEN), True), ((BEN, DORA), True), ((DANA,), False), ((BEN,), False)],
)
def test_two_people_agree_one_of_them_the_owner_or_an_approver(people, enough):
    story = run().run(60)
    for person in people:
        story.approve(person)
    assert isinstance(kill_basis(story.incident, story.secret(), story.now), Basis) is enough


def test_two_of_whom_neither_owns_it_nor_may_approve_are_not_enough():
    story = run().run(60)
    assert "may not approve" in story.refused(story.approval(), DORA)


def test_whoever_begins_it_is_one_of_the_two():
    story = run(by=DANA).run(60)
    story.approve(DORA)
    assert isinstance(kill_basis(story.incident, story.secret(), story.now), Basis)


CHANGES = {
    "the strategy": c.ChooseStrategy(NAME, m.Strategy.KILL_FIRST, "now"),
    "the time": c.KillNow(NAME, SHOWN),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_changed_plan_asks_although_the_catalog_calls_it_auto(what):
    story = run(AUTO).run(60)
    assert isinstance(kill_basis(story.incident, story.secret(), story.now), Basis)
    story.do(CHANGES[what], DORA)
    story.run(60)
    assert story.secret().old_state is m.Old.ALIVE
    assert story.incident.request is not None


def test_nobody_kills_alone_and_no_kill_of_one_responder_is_used_up():
    story = run(by=CHLOE).run(60)
    story.do(c.KillNow(NAME, SHOWN), CHLOE)
    story.run(60)
    assert story.secret().old_state is m.Old.ALIVE
    assert story.secret().slot is None


def test_an_old_key_that_was_used_after_the_new_one_stood_stops_the_kill_and_asks():
    story = run(AUTO, world=Telling()).run(3600)
    story.world.used_at = story.secret().new.promoted_at + timedelta(hours=2)
    story.run(2 * OVERLAP)
    assert story.secret().old_state is m.Old.ALIVE
    assert "was used at" in kill_basis(story.incident, story.secret(), story.now).why
    story.approve(DANA)
    story.approve(DORA)
    story.run(600)
    assert story.secret().old_state is m.Old.DEAD
    assert not alerts(story)


def test_whoever_agreed_before_the_use_was_known_is_asked_anew():
    story = run(world=Telling()).run(3600)
    story.approve(DANA)
    story.approve(DORA)
    assert isinstance(kill_basis(story.incident, story.secret(), story.now), Basis)
    story.world.used_at = story.secret().new.promoted_at + timedelta(hours=2)
    story.run(2 * OVERLAP)
    assert story.secret().old_state is m.Old.ALIVE
    assert not story.secret().consents
    assert story.incident.request is not None


def test_the_catalogs_word_is_nobodys_so_no_lost_right_takes_it_back():
    story = run(AUTO).run(60)
    assert unentitled(story.incident, story.secret(), story.now, lambda _name, _right: False) is None


def test_a_plan_that_was_rejected_does_not_go_on_by_the_catalogs_word():
    story = run(AUTO, world=Telling()).run(3600)
    story.world.used_at = story.secret().new.promoted_at + timedelta(hours=2)
    story.run(OVERLAP)
    story.do(c.RejectPlan(story.digest(), "billing reads it"), BEN)
    story.world.used_at = None
    story.run(OVERLAP)
    assert story.secret().old_state is m.Old.ALIVE


# --- who is woken ----------------------------------------------------------------------------------------------------


def test_a_consumer_that_refuses_the_new_value_pages_and_its_recovery_goes_on_to_the_close():
    story = run(AUTO)
    story.world.failing.add("checkout")
    story.run(120)
    assert "a consumer fails with a replacement" in alerts(story)
    assert [r.event.action for r in story.log if isinstance(r.event, e.PageSent)] == ["alert"]
    story.world.failing.clear()
    story.run(2 * OVERLAP)
    assert not story.incident.open
    assert [r.event.action for r in story.log if isinstance(r.event, e.PageSent)][-1] == "alert-over"


def _failing(op, error="Refused"):
    class Stuck(World):
        def answer(self, incident, claim):
            if claim.op is op:
                return e.OperationFailed(claim.number, op, error, "HTTP 400", None)
            return super().answer(incident, claim)

    return Stuck()


@pytest.mark.parametrize(
    ("op", "pages"), [(Op.ISSUE, False), (Op.VERIFY, False), (Op.PROMOTE, True), (Op.REVOKE, True)]
)
def test_what_fails_stays_retryable_and_pages_only_where_things_are_worse_than_before(op, pages):
    story = run(AUTO, world=_failing(op)).run(2 * OVERLAP)
    assert story.incident.open
    failed = [lane for lane, state in story.incident.lanes.items() if state.failure and state.failure.final]
    assert len(failed) == 1
    assert bool(alerts(story)) is pages
    story.world = World()
    story.do(c.Retry(failed[0]), DORA)
    story.run(2 * OVERLAP)
    assert not story.incident.open


def test_a_revocation_that_does_not_take_pages_once_its_time_is_over():
    class Spreading(World):
        def answer(self, incident, claim):
            outcome = super().answer(incident, claim)
            self.killed.discard(NAME)
            return outcome

    story = run(AUTO, world=Spreading()).run(OVERLAP + 3600)
    assert "an old key is still not confirmed dead" in [text.replace("a old", "an old") for text in alerts(story)]


def declared_slowly(*secrets):
    """A value that only people can end is looked at once an hour."""
    body = rotation(*secrets, planned=AUTO)
    return replace(body, timings=replace(body.timings, watch=3600.0))


def test_what_only_people_can_do_is_reminded_of_once_a_day_and_wakes_nobody():
    can = capabilities(revokes=RevokedBy.PERSON)
    story = Story(declared_slowly(wanted(entry(can=can, owner="dana"), OVERLAPS)), MACHINE).run(OVERLAP - 60)
    asked = [offer for offer in available(story.incident, story.now) if offer.kind is c.ConfirmRevoked]
    assert [offer.urgency for offer in asked] == [Urgency.POSSIBLE]
    story.run(2 * OVERLAP + 120)
    asked = [offer for offer in available(story.incident, story.now) if offer.kind is c.ConfirmRevoked]
    assert [offer.urgency for offer in asked] == [Urgency.NEEDED]
    assert not alerts(story)
    assert len([r for r in story.log if isinstance(r.event, e.PersonAwaited)]) == 3


def test_copies_hold_the_kill_until_somebody_has_settled_them_and_wake_nobody():
    copied = entry(owner="dana", copies=(Copy("ci", CopyKind.CI, "GitHub", "set the secret"),))
    story = run(AUTO, wanted(copied, OVERLAPS)).run(2 * OVERLAP)
    assert story.secret().old_state is m.Old.ALIVE
    assert not alerts(story)
    story.do(c.SettleCopy(NAME, "ci", m.CopyOutcome.UPDATED, ""), DANA)
    story.run(600)
    assert not story.incident.open


def test_data_behind_the_key_starts_no_clock_of_the_law():
    story = run(AUTO, wanted(entry(owner="dana", data=Data.CHILDREN), OVERLAPS)).run(2 * OVERLAP)
    assert not story.incident.open


# --- what is not asked of it -----------------------------------------------------------------------------------------


def test_what_answers_a_leak_is_not_offered_and_is_declined_with_what_to_do_instead():
    story = run(AUTO).run(60)
    assert not [offer for offer in available(story.incident, story.now) if offer.kind in OF_LEAKS]
    why = story.refused(c.BreakGlass({NAME: SHOWN}, "now"), CHLOE)
    assert "is a planned rotation" in why
    assert f"bot declare {NAME}" in why


def test_a_person_can_close_it_over_what_is_open_with_a_second_one():
    story = run(AUTO).run(60)
    for step in story.incident.steps:
        if not step.over:
            story.do(c.SkipStep(step.definition.id, "enough"), CHLOE)
    story.close_over()
    story.agree(BEN)
    assert not story.incident.open
    assert story.secret().old_state is m.Old.ALIVE


def test_its_message_goes_into_the_shared_channel_once_and_not_again_where_that_is_lost():
    story = run(AUTO, channel="C0ROTATIONS").run(60)
    assert started(story).count(Op.OPEN_CHANNEL) == 1
    shared = replace(story.incident, channel="C0ROTATIONS")
    story.incident = shared
    story.do(c.LoseChannel("C0ROTATIONS", "was archived"), m.BOT)
    story.run(60)
    assert started(story).count(Op.OPEN_CHANNEL) == 1
