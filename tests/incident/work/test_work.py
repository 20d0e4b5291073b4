"""Given claims and outcomes of workers: whose counts, what is swept up, what runs next and when."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from msgspec import structs

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.clocks import clocks
from bot.incident.consumers.schedule import wanted_versions
from bot.incident.lanes import LaneKind, new_lane, old_lane
from bot.incident.operations import Op, Work
from bot.incident.overlap.rules import overlap_end
from bot.incident.schedule import agenda, due, pending
from bot.model.capabilities import Makes
from bot.model.secrets import Consumer
from tests.support.incidents import (
    ANNA,
    BEN,
    CHLOE,
    START,
    Story,
    World,
    capabilities,
    declaration,
    entry,
    probe,
    wanted,
)

NAME = "openai-api-key"
OVERLAP = m.Strategy.OVERLAP


def kinds(events):
    return [e.kind_of(event) for event in events]


def failed(claim, retry_at=None, error="Unreachable"):
    return e.OperationFailed(claim.number, claim.op, error, "no answer", retry_at)


def captured(**changes):
    story = Story(declaration(wanted(entry(**changes))))
    return story.work(only={Op.CAPTURE})


def before_issue(**changes):
    return Story(declaration(wanted(entry(**changes)))).work(only={Op.CAPTURE, Op.SNAPSHOT})


# --- claims ---------------------------------------------------------------------------------------------------------


def test_a_lane_is_held_by_one_worker_at_a_time():
    story = Story(declaration())
    work = next(w for w in pending(story.incident, story.now) if w.op is Op.CAPTURE)
    assert kinds(story.do(c.Begin(work, "w1"), m.BOT)) == ["operation-started"]
    assert story.do(c.Begin(work, "w2"), m.BOT) == ()
    assert (Op.CAPTURE, NAME) not in story.ops()


def test_work_that_is_no_longer_wanted_is_not_begun():
    story = Story(declaration())
    work = next(w for w in pending(story.incident, story.now) if w.op is Op.CAPTURE)
    assert story.do(c.Begin(replace(work, op=Op.REVOKE), "w1"), m.BOT) == ()
    story.work(only={Op.CAPTURE})
    assert story.do(c.Begin(work, "w1"), m.BOT) == ()


def test_a_dead_workers_claim_is_taken_over_by_number():
    story = Story(declaration())
    work = next(w for w in pending(story.incident, story.now) if w.op is Op.CAPTURE)
    story.do(c.Begin(work, "w1"), m.BOT)
    assert story.do(c.Begin(work, "w2", instead_of=99), m.BOT) == ()
    assert kinds(story.do(c.Begin(work, "w2", instead_of=1), m.BOT)) == ["claim-lost", "operation-started"]
    assert story.incident.lane(old_lane(NAME)).claim.worker == "w2"
    assert story.incident.lane(old_lane(NAME)).claim.attempt == 2


def test_a_lane_knows_what_is_done_and_when():
    """No operation needs a field of its own for that."""
    story = Story(declaration())
    first = story.begin(Op.CAPTURE)
    story.finish(first, failed(first, story.now))
    second = story.begin(Op.CAPTURE)
    story.finish(second, e.OperationYielded(second.number, Op.CAPTURE, story.now))
    assert story.incident.lane(old_lane(NAME)).done == {}
    story.finish(story.begin(Op.CAPTURE))
    assert story.incident.lane(old_lane(NAME)).done == {Op.CAPTURE: story.now}


def test_a_take_over_of_work_that_is_not_wanted_any_more_only_frees_the_lane():
    story = Story(declaration())
    claim = story.begin(Op.CAPTURE)
    story.record(e.OldProbed(0, NAME, probe("dead"), probe("live", "control"), (probe("dead", "other"),)))
    assert kinds(story.do(c.Begin(_work_of(claim, story.now), "w2", instead_of=claim.number), m.BOT)) == ["claim-lost"]
    assert story.incident.lane(old_lane(NAME)).claim is None


def _work_of(claim, now):
    return Work(claim.op, claim.lane, claim.subject, now, claim.attempt, claim.detail)


def test_the_outcome_of_a_lost_claim_is_refused_and_what_it_made_is_swept_up():
    story = before_issue()
    claim = story.begin(Op.ISSUE)
    late = story.world.answer(story.incident, claim)
    story.do(c.Begin(_work_of(claim, story.now), "w2", instead_of=claim.number), m.BOT)
    assert story.secret().new.sweep_at == story.now + timedelta(seconds=story.incident.timings.sweep_wait)
    assert kinds(story.finish(claim, late)) == ["outcome-refused"]
    second = story.incident.lane(new_lane(NAME)).claim
    story.finish(second)
    assert story.secret().new.key_id == "key-2"
    story.run(30)
    assert story.secret().new.sweep_at is not None
    story.run(60)
    assert story.secret().new.sweep_at is None
    assert Op.SWEEP in story.incident.lane(new_lane(NAME)).done


def test_a_late_outcome_is_swept_up_even_after_the_close():
    story = before_issue()
    claim = story.begin(Op.ISSUE)
    late = story.world.answer(story.incident, claim)
    story.do(c.Begin(_work_of(claim, story.now), "w2", instead_of=claim.number), m.BOT)
    story.finish(story.incident.lane(new_lane(NAME)).claim)
    story.run(120)
    story.complete().do(c.Close(), CHLOE)
    assert kinds(story.finish(claim, late)) == ["outcome-refused"]
    due_at = story.now + timedelta(seconds=story.incident.timings.sweep_wait)
    assert story.secret().new.sweep_at == due_at
    story.run(120)
    assert story.secret().new.sweep_at is None


@pytest.mark.parametrize(
    ("outcome", "sweeps"),
    [
        (e.ValueVerified(99, NAME, "x"), False),
        (e.OrphansFound(99, NAME, ("k",)), True),
        (e.OperationFailed(99, Op.ISSUE, "Unreachable", "x", None), True),
        (e.OperationYielded(99, Op.PROVE, START), False),
    ],
)
def test_only_a_late_outcome_that_may_have_left_a_key_leads_to_a_sweep(outcome, sweeps):
    story = Story(declaration())
    assert kinds(story.do(c.Finish(outcome, new_lane(NAME)), m.BOT)) == ["outcome-refused"]
    assert (story.secret().new.sweep_at is not None) is sweeps


@pytest.mark.parametrize(
    "outcome", [e.AccessRevoked(99, NAME, "HTTP 204"), e.OperationFailed(99, Op.REVOKE, "Unreachable", "x", None)]
)
def test_a_late_revocation_is_logged_as_one(outcome):
    [late] = Story(declaration()).do(c.Finish(outcome, old_lane(NAME)), m.BOT)
    assert (e.kind_of(late), late.op) == ("outcome-refused", Op.REVOKE)


def test_a_lost_claim_on_a_lane_without_a_secret_sweeps_nothing():
    story = Story(declaration())
    story.do(c.Finish(e.OrphansFound(99, NAME, ("k",)), new_lane("unknown")), m.BOT)
    assert story.secret().new.sweep_at is None


@pytest.mark.parametrize(("error", "sweeps"), [("Unreachable", True), ("Unexpected", True), ("Refused", False)])
def test_a_create_whose_outcome_is_unknown_arms_the_sweep(error, sweeps):
    story = before_issue()
    claim = story.begin(Op.ISSUE)
    story.finish(claim, failed(claim, story.now + timedelta(seconds=1), error))
    assert (story.secret().new.sweep_at is not None) is sweeps
    story.run(200)
    assert story.secret().new_state is m.New.LIVE
    assert story.secret().new.sweep_at is None


def test_work_that_was_handed_back_waits_without_blame():
    story = before_issue()
    claim = story.begin(Op.ISSUE)
    later = story.now + timedelta(seconds=20)
    story.finish(claim, e.OperationYielded(claim.number, Op.ISSUE, later))
    assert story.incident.lane(new_lane(NAME)).failure is None
    assert (Op.ISSUE, NAME) not in story.ops()
    story.run(40)
    assert story.secret().new_state is m.New.LIVE


def test_failures_are_counted_until_the_operation_succeeds():
    story = before_issue()
    for count in (1, 2, 3):
        claim = story.begin(Op.ISSUE)
        assert claim.attempt == count
        story.finish(claim, failed(claim, story.now + timedelta(seconds=5)))
        failure = story.incident.lane(new_lane(NAME)).failure
        assert (failure.count, failure.first_at) == (count, START + timedelta(milliseconds=20))
        story.now += timedelta(seconds=5)
    story.run(1)
    assert story.incident.lane(new_lane(NAME)).failure is None
    assert story.secret().new.name.endswith("_4")


# --- orphans --------------------------------------------------------------------------------------------------------


def test_orphans_are_doomed_ended_and_never_adopted():
    story = before_issue()
    claim = story.begin(Op.ISSUE)
    story.finish(claim, e.OrphansFound(claim.number, NAME, ("lost-1", "lost-2")))
    assert story.secret().new.orphans == {"lost-1": False, "lost-2": False}
    claim = story.begin(Op.END_ORPHAN)
    assert claim.detail == "lost-1"
    story.finish(claim)
    assert story.secret().new.orphans == {"lost-1": True, "lost-2": False}
    story.run(60)
    assert story.secret().new.key_id not in story.secret().new.orphans
    assert all(story.secret().new.orphans.values())


def test_a_key_of_ours_that_a_persons_value_replaces_is_ended():
    story = before_issue()
    story.work(only={Op.ISSUE})
    story.do(c.AnnounceSubmission(NAME, "a" * 16))
    story.run(60)
    assert story.secret().new.source == "person"
    assert story.secret().new.orphans == {"key-1": True}


def test_a_password_of_ours_that_a_persons_value_replaces_is_ended():
    story = before_issue(can=capabilities(makes=Makes.INSTALL))
    story.work(only={Op.INSTALL})
    name = story.secret().new.name
    story.do(c.AnnounceSubmission(NAME, "a" * 16))
    story.run(60)
    assert story.secret().new.orphans == {name: True}


def test_a_bad_submission_does_not_hold_up_what_the_machine_makes():
    story = before_issue()
    story.do(c.AnnounceSubmission(NAME, "a" * 16))
    claim = story.begin(Op.RECEIVE)
    story.finish(claim, e.ValueRejected(claim.number, NAME, "it is the old key itself"))
    assert not story.secret().new.held
    story.run(60)
    assert story.secret().new_state is m.New.LIVE


# --- snapshot and kill ----------------------------------------------------------------------------------------------


def test_the_kill_waits_for_the_snapshot_five_seconds_at_most():
    story = captured()
    assert story.ops() >= {(Op.SNAPSHOT, NAME)}
    claim = story.begin(Op.SNAPSHOT)
    story.finish(claim, failed(claim, story.now + timedelta(seconds=60)))
    assert due(story.incident, story.now) <= START + timedelta(seconds=5.1)
    story.now = START + timedelta(seconds=5)
    # One short look first: without it the death could never be proven. Whatever comes of that, the kill is next.
    claim = story.begin(Op.PROVE)
    story.finish(claim, failed(claim, story.now + timedelta(seconds=60)))
    assert (Op.REVOKE, NAME) in story.ops()


def test_a_kill_without_a_snapshot_has_its_baseline_from_the_short_look():
    story = captured()
    claim = story.begin(Op.SNAPSHOT)
    story.finish(claim, failed(claim, None, "Unauthorized"))
    story.run(120)
    assert story.secret().old_state is m.Old.DEAD


def test_a_snapshot_that_failed_for_good_holds_up_neither_kill_nor_replacement():
    story = captured()
    claim = story.begin(Op.SNAPSHOT)
    story.finish(claim, failed(claim, None, "Unauthorized"))
    story.run(60)
    assert NAME in story.world.killed
    assert story.secret().new_state is m.New.LIVE


def test_snapshot_and_kill_do_not_take_turns_at_failing():
    story = captured()
    claim = story.begin(Op.SNAPSHOT)
    story.finish(claim, failed(claim, story.now + timedelta(seconds=1)))
    story.now += timedelta(seconds=6)
    story.finish(story.begin(Op.PROVE))
    for _ in range(3):
        claim = story.begin(Op.REVOKE)
        story.finish(claim, failed(claim, story.now + timedelta(seconds=1)))
        assert not {op for op, _ in story.ops()} & {Op.SNAPSHOT, Op.REVOKE}
        story.now += timedelta(seconds=1)
    assert story.incident.lane(old_lane(NAME)).failure.count == 3


def test_a_revocation_that_failed_for_good_stays_shown_while_looking_goes_on():
    story = before_issue()
    claim = story.begin(Op.REVOKE)
    story.finish(claim, failed(claim, None, "Refused"))
    story.run(150)
    looks = [r for r in story.log if isinstance(r.event, e.OldProbed)]
    assert len(looks) == 2
    claim = _next(story, Op.PROVE)
    story.finish(claim, failed(claim, story.now + timedelta(seconds=5)))
    failure = story.incident.lane(old_lane(NAME)).failure
    assert (failure.op, failure.final) == (Op.REVOKE, True)
    story.run(150)
    assert not story.world.killed
    story.do(c.Retry())
    story.run(60)
    assert story.secret().gone


def _next(story, op):
    while op not in {found for found, _ in story.ops()}:
        story.now = due(story.incident, story.now)
    return story.begin(op)


def test_where_revoking_needs_the_replacement_only_staging_comes_before_it():
    story = before_issue(can=capabilities(revoke_needs_replacement=True))
    assert (Op.REVOKE, NAME) not in story.ops()
    story.work(only={Op.ISSUE})
    assert (Op.REVOKE, NAME) in story.ops()


def test_a_key_that_is_not_found_is_not_revoked():
    story = Story(declaration())
    claim = story.begin(Op.CAPTURE)
    story.finish(claim, e.OldCaptured(claim.number, NAME, "f" * 12, {}, True, ()))
    story.run(60)
    assert not story.world.killed
    story = Story(declaration(wanted(entry(can=capabilities(identifies=False)))))
    story.run(60)
    assert story.world.killed


# --- overlap --------------------------------------------------------------------------------------------------------


def test_an_overlap_ends_when_its_time_is_over_and_somebody_has_agreed():
    story = Story(declaration(wanted(strategy=OVERLAP))).run(1)
    end = overlap_end(story.incident, story.secret())
    assert end == story.secret().new.live_at + timedelta(seconds=story.incident.timings.overlap)
    story.approve(m.Actor("ben", frozenset(m.Right)))
    story.work(until=end - timedelta(seconds=1))
    assert not story.world.killed
    story.run(120 + (end - story.now).total_seconds())
    revoked = next(r.at for r in story.log if isinstance(r.event, e.AccessRevoked))
    assert revoked >= end
    assert overlap_end(story.incident, replace(story.secret(), strategy=m.Strategy.KILL_FIRST)) is None


# --- proof ----------------------------------------------------------------------------------------------------------


def looked(story, liveness, control="live", after=30.0):
    """One more look at the old key."""
    story.now += timedelta(seconds=after)
    claim = _next(story, Op.PROVE)
    accepted = None if control is None else probe(control, "control: new")
    return kinds(story.finish(claim, e.OldProbed(claim.number, NAME, probe(liveness), accepted)))


def revoked(baseline="live"):
    world = World()
    world.look = lambda _: probe(baseline)
    story = Story(declaration(), world=world).work(only={Op.CAPTURE, Op.SNAPSHOT})
    while (Op.REVOKE, NAME) not in story.ops():
        story.now += timedelta(seconds=1)  # an unclear answer is asked for again
        story.work(only={Op.PROVE})
    return story.work(only={Op.REVOKE})


PROVEN = ["old-probed", "old-proven-dead"]


def test_two_refusals_far_enough_apart_with_controls_are_a_proof():
    story = revoked()
    assert looked(story, "dead", after=0) == ["old-probed"]
    first = story.now
    assert looked(story, "dead", after=0) == PROVEN
    assert story.now >= first + timedelta(seconds=30)
    assert story.secret().old.contained_at == first
    assert story.secret().old_state is m.Old.DEAD


def test_two_refusals_too_close_together_are_none():
    story = revoked()
    looked(story, "dead", after=0)
    story.now += timedelta(seconds=29)
    story.record(e.OldProbed(0, NAME, probe("dead"), probe("live", "control: new")))
    assert story.secret().old_state is m.Old.REVOKING
    assert looked(story, "dead") == PROVEN


def test_a_living_answer_between_begins_the_run_anew():
    story = revoked()
    looked(story, "dead")
    looked(story, "live")
    assert story.secret().old.refusals is None
    assert looked(story, "dead") == ["old-probed"]
    assert looked(story, "dead") == PROVEN


def test_an_unknown_answer_does_not_count_and_what_came_before_it_does_not_either():
    story = revoked()
    looked(story, "dead")
    assert looked(story, "unknown") == ["old-probed"]
    assert looked(story, "dead") == ["old-probed"]
    assert looked(story, "dead") == PROVEN


@pytest.mark.parametrize("control", [None, "unknown", "dead"])
def test_a_refusal_without_an_accepted_control_says_nothing(control):
    story = revoked()
    for _ in range(3):
        assert looked(story, "dead", control) == ["old-probed"]
    assert story.secret().old.refusals is None
    looked(story, "dead")
    assert looked(story, "dead") == PROVEN


def test_what_was_never_seen_alive_is_unproven_and_looked_at_more_slowly():
    story = revoked("dead")
    looked(story, "dead")
    assert looked(story, "dead") == ["old-probed"]
    assert story.secret().old_state is m.Old.UNPROVEN
    assert due(story.incident, story.now) is not None
    assert looked(story, "live", after=0) == ["old-probed"]
    looked(story, "dead")
    assert looked(story, "dead") == PROVEN


def test_a_living_answer_while_the_revocation_spreads_is_a_baseline():
    story = revoked("unknown")
    assert story.secret().old.baseline_at is None
    looked(story, "live", after=0)
    looked(story, "dead")
    assert looked(story, "dead") == PROVEN


def test_a_dead_bystander_stops_all_lanes():
    story = revoked()
    claim = _next(story, Op.PROVE)
    story.finish(
        claim,
        e.OldProbed(claim.number, NAME, probe("dead"), probe("live", "control"), (probe("dead", "the new key"),)),
    )
    assert "the new key was rejected" in story.incident.halted
    assert not {w.lane for w in agenda(story.incident, story.now)} & {old_lane(NAME), new_lane(NAME)}


# --- what goes first ------------------------------------------------------------------------------------------------


def test_no_kill_waits_for_the_proof_of_another():
    story = Story(declaration(wanted(entry("openai-1")), wanted(entry("openai-2"))))
    for op in (Op.CAPTURE, Op.SNAPSHOT, Op.REVOKE):
        story._one(next(w for w in pending(story.incident, story.now) if (w.op, w.subject) == (op, "openai-1")))
    kills = [(w.op, w.subject) for w in pending(story.incident, story.now) if w.lane.kind is LaneKind.OLD]
    assert kills == [(Op.CAPTURE, "openai-2"), (Op.PROVE, "openai-1")]


def test_the_value_that_is_nearest_to_being_live_comes_first():
    names = ("openai-1", "openai-2", "openai-3")
    story = Story(declaration(*(wanted(entry(name, consumers=())) for name in names)))
    story.work(only={Op.CAPTURE, Op.SNAPSHOT})
    _until_promoted(story, names[2])
    story._one(next(w for w in pending(story.incident, story.now) if (w.op, w.subject) == (Op.ISSUE, names[1])))
    making = [(w.op, w.subject) for w in pending(story.incident, story.now) if w.lane.kind is LaneKind.NEW]
    assert making == [(Op.VERIFY_LIVE, names[2]), (Op.VERIFY, names[1]), (Op.ISSUE, names[0])]


# --- consumers, page, channel, usage --------------------------------------------------------------------------------


def test_a_function_waits_a_moment_to_take_two_values_at_once():
    story = Story(declaration(wanted(), wanted(entry("redis"))))
    story.work(only={Op.CAPTURE, Op.SNAPSHOT})
    claim = next(w for w in pending(story.incident, story.now) if (w.op, w.subject) == (Op.ISSUE, NAME))
    story._one(claim)
    for op in (Op.VERIFY, Op.PROMOTE):
        story._one(next(w for w in pending(story.incident, story.now) if (w.op, w.subject) == (op, NAME)))
    assert Op.REFRESH not in {op for op, _ in story.ops()}
    story.now += timedelta(seconds=1)
    assert Op.REFRESH in {op for op, _ in story.ops()}


def _until_promoted(story, name):
    for op in (Op.ISSUE, Op.VERIFY, Op.PROMOTE):
        story._one(next(w for w in pending(story.incident, story.now) if (w.op, w.subject) == (op, name)))


def _several(number):
    """A story of so many values that one function reads, and their names."""
    names = [f"openai-{place}" for place in range(number)]
    story = Story(declaration(*(wanted(entry(name)) for name in names)))
    return story.work(only={Op.CAPTURE, Op.SNAPSHOT}), names


def _refresh_at(story):
    """When the function is refreshed, as things stand."""
    return next(w.ready_at for w in agenda(story.incident, story.now) if w.op is Op.REFRESH)


def test_a_function_takes_at_once_all_values_that_come_within_a_moment_of_each_other():
    story, names = _several(4)
    for name in names[:3]:
        _until_promoted(story, name)
        assert _refresh_at(story) == story.secret(name).new.promoted_at + timedelta(seconds=1)
        story.now += timedelta(seconds=0.9)
    story.work(only={Op.ISSUE, Op.VERIFY, Op.PROMOTE})
    assert _refresh_at(story) <= story.now, "no other value is on its way"
    story.run(60)
    [refreshed] = [r.event for r in story.log if isinstance(r.event, e.FunctionRefreshed)]
    assert set(refreshed.versions) == {f"/production/{name}" for name in names}
    assert all(story.secret(name).restored for name in names)


def test_it_waits_a_moment_only_however_many_values_are_still_coming():
    story, names = _several(9)
    for name in names[:-1]:
        _until_promoted(story, name)
        assert _refresh_at(story) <= story.secret(names[0]).new.promoted_at + timedelta(seconds=5)
        story.now += timedelta(seconds=0.9)
    assert (Op.REFRESH, "checkout") in story.ops()


def test_what_is_being_written_into_a_parameter_is_waited_for_a_little_longer():
    story, names = _several(2)
    _until_promoted(story, names[0])
    first = story.secret(names[0]).new.promoted_at
    for op in (Op.ISSUE, Op.VERIFY):
        story._one(next(w for w in pending(story.incident, story.now) if w.op is op))
    claim = story.begin(Op.PROMOTE)
    story.now += timedelta(seconds=4)
    assert _refresh_at(story) == first + timedelta(seconds=5)
    story.finish(claim)
    assert _refresh_at(story) <= story.now
    refresh = story.begin(Op.REFRESH)
    assert set(wanted_versions(story.incident, "checkout")) == {f"/production/{name}" for name in names}
    story.finish(refresh)
    assert {op for op, _ in story.ops() if op in {Op.REFRESH, Op.VERIFY_LIVE}} == {Op.VERIFY_LIVE}


def test_a_worker_that_dies_while_it_writes_keeps_the_function_no_longer():
    story, names = _several(2)
    _until_promoted(story, names[0])
    first = story.secret(names[0]).new.promoted_at
    for op in (Op.ISSUE, Op.VERIFY):
        story._one(next(w for w in pending(story.incident, story.now) if w.op is op))
    claim = story.begin(Op.PROMOTE)
    story.record(e.ClaimLost(claim.number, claim.op, claim.lane))
    assert _refresh_at(story) == first + timedelta(seconds=1)
    story.run(60)
    assert all(story.secret(name).restored for name in names)


def test_what_is_put_in_place_while_a_function_is_updated_is_proven_in_it_by_another_update():
    story, names = _several(2)
    _until_promoted(story, names[0])
    story.now += timedelta(seconds=1)
    refresh = story.begin(Op.REFRESH)
    seen = story.incident
    _until_promoted(story, names[1])
    story.finish(refresh, World().refreshed(seen, refresh))
    assert (Op.VERIFY_LIVE, names[0]) in story.ops()
    assert (Op.VERIFY_LIVE, names[1]) not in story.ops()
    story.run(60)
    assert len([r for r in story.log if isinstance(r.event, e.FunctionRefreshed)]) == 2
    assert all(story.secret(name).restored for name in names)


def test_both_values_are_refreshed_in_one_go():
    story = Story(declaration(wanted(), wanted(entry("redis")))).run(60)
    refreshed = [r.event for r in story.log if isinstance(r.event, e.FunctionRefreshed)]
    assert [set(event.versions) for event in refreshed] == [{"/production/openai-api-key", "/production/redis"}]


def test_a_value_that_a_person_must_bring_keeps_no_function_waiting():
    person = entry("stripe", can=capabilities(makes=Makes.PERSON))
    story = Story(declaration(wanted(), wanted(person)))
    story.work(only={Op.CAPTURE, Op.SNAPSHOT, Op.ISSUE, Op.VERIFY, Op.PROMOTE})
    assert (Op.REFRESH, "checkout") in story.ops()


def test_a_function_keeps_the_greatest_version_it_was_seen_with():
    story = Story(declaration())
    story.record(e.FunctionRefreshed(0, "checkout", {"/a": 3, "/b": 1}, True, ""))
    story.record(e.FunctionRefreshed(0, "checkout", {"/a": 2, "/b": 5}, True, ""))
    assert story.incident.functions["checkout"].versions == {"/a": 3, "/b": 5}


def test_the_page_goes_out_at_the_declaration_and_follows_the_incident():
    story = Story(declaration())
    story.work(only={Op.OPEN_CHANNEL})
    assert (Op.PAGE, story.incident.id) in story.ops()
    story.run(10)
    assert story.incident.page.word == "triggered"
    story.do(c.AddNote("I am on it"), ANNA)
    story.run(10)
    assert story.incident.page.word == "triggered", "she declared it: the page is for the others"
    story.do(c.AddNote("I am on it"), BEN)
    story.run(10)
    assert story.incident.page.word == "acknowledged"
    assert Story(declaration()).incident.page.word == "none"


def test_the_page_waits_for_the_channel_but_not_for_long():
    story = Story(declaration())
    assert Op.PAGE not in {op for op, _ in story.ops()}
    story.now += timedelta(seconds=5)
    assert Op.PAGE in {op for op, _ in story.ops()}


def test_usage_is_read_at_once_and_again_after_the_containment():
    story = captured()
    assert (Op.USAGE, NAME) in story.ops()
    story.run(60)
    assert len([r for r in story.log if isinstance(r.event, e.UsageRead)]) == 2
    assert story.incident.usage[NAME].after_containment


def test_the_age_of_an_incident_counts_from_its_declaration():
    assert Story(declaration()).incident.age(START + timedelta(seconds=5)) == timedelta(seconds=5)


def test_nothing_comes_due_of_a_closed_incident():
    story = Story(declaration()).run(60).complete()
    story.do(c.Close(), CHLOE)
    assert story.do(c.Tick(), m.BOT) == ()


def test_a_key_that_was_never_put_in_place_does_not_outlive_the_incident():
    story = before_issue().work(only={Op.ISSUE})
    for step in story.incident.steps:
        story.do(c.SkipStep(step.definition.id, "x"), CHLOE)
    story.close_over("enough", CHLOE)
    story.agree(m.Actor("ben", frozenset(m.Right)))
    assert story.secret().new.orphans == {"key-1": False}
    story.run(10)
    assert story.secret().new.orphans == {"key-1": True}


class Unwell(World):
    """Consumers say that they are unwell until they are `well`."""

    well = False

    def answer(self, incident, claim):
        if claim.op is Op.VERIFY_LIVE:
            return e.ValueLive(claim.number, claim.subject, self.well, "checkout: health HTTP 503")
        if claim.op is Op.CONFIRM:
            return e.ConsumersAsked(claim.number, claim.subject, self.well, "checkout: health asked again")
        return super().answer(incident, claim)


class TestConsumersThatAreNotWellYet:
    """A function may be unwell over another secret that it reads; what is live is then confirmed later."""

    @pytest.fixture
    def story(self):
        return Story(declaration(wanted(entry())), world=Unwell()).run(120)

    def test_they_are_asked_again_and_restored_counts_from_when_they_are_well(self, story):
        assert story.secret().new_state is m.New.UNCONFIRMED
        live = story.secret().new.live_at
        story.world.well = True
        story.run(60)
        assert story.secret().new_state is m.New.LIVE
        assert story.secret().new.live_at == live
        assert clocks(story.incident, story.secret()).restored == story.secret().new.asked_at > live
        assert Op.CONFIRM not in {op for op, _ in story.ops()}

    def test_not_for_ever_as_often(self, story):
        story.run(2 * story.incident.timings.retry_for)
        before = story.secret().new.asked_at
        story.run(3 * 3600)
        asked = [r.at for r in story.log if isinstance(r.event, e.ConsumersAsked) and r.at > before]
        assert {later - at for at, later in pairwise([before, *asked])} == {timedelta(minutes=30)}

    def test_but_whenever_one_of_them_has_been_refreshed(self, story):
        story.run(2 * story.incident.timings.retry_for)
        story.world.well = True
        function = story.secret().entry.consumers[0].function
        story.record(e.FunctionRefreshed(99, function, {"/production/other": 7}, True, "all traffic"))
        story.run(60)
        assert story.secret().new_state is m.New.LIVE

    def test_nobody_is_asked_who_has_no_address(self):
        silent = structs.replace(entry(), consumers=(Consumer("checkout"),))
        story = Story(declaration(wanted(silent)), world=Unwell()).run(120)
        assert story.secret().new_state is m.New.UNCONFIRMED
        assert Op.CONFIRM not in story.incident.lane(new_lane(NAME)).attempts


class Unclear(World):
    """The old key's first looks give no clear answer."""

    def __init__(self, looks) -> None:
        super().__init__()
        self.looks = looks

    def look(self, name):
        self.looks -= 1
        return probe("unknown") if self.looks >= 0 else super().look(name)


def test_an_unclear_first_look_is_repeated_for_as_long_as_a_kill_waits_for_a_snapshot():
    story = Story(declaration(wanted(entry())), world=Unclear(2)).run(60)
    old = story.secret().old
    assert old.baseline_at is not None
    assert old.baseline_at - old.captured_at < timedelta(seconds=story.incident.timings.snapshot)
    assert story.secret().old_state is m.Old.DEAD


def test_and_no_longer():
    story = Story(declaration(wanted(entry())), world=Unclear(1000)).run(60)
    old = story.secret().old
    assert old.baseline_at is None
    assert old.revoked_at - old.captured_at < timedelta(seconds=story.incident.timings.snapshot + 1)


def before_the_kill():
    """Nothing has seen it alive yet: it is looked at again before the kill."""
    story = captured()
    claim = story.begin(Op.SNAPSHOT)
    story.finish(claim, failed(claim, story.now + timedelta(seconds=60)))
    story.now = START + timedelta(seconds=5)
    return story


def test_a_look_before_the_kill_whose_worker_died_is_made_by_the_next_one():
    story = before_the_kill()
    claim = story.begin(Op.PROVE)
    story.do(c.Begin(_work_of(claim, story.now), "w2", instead_of=claim.number), m.BOT)
    assert story.incident.lane(old_lane(NAME)).claim.op is Op.PROVE
    story.finish(story.incident.lane(old_lane(NAME)).claim)
    assert story.secret().old.baseline_at is not None
    story.run(60)
    assert story.secret().old_state is m.Old.DEAD


def test_a_look_that_was_handed_back_is_made_again_and_one_that_came_to_nothing_is_not():
    story = before_the_kill()
    claim = story.begin(Op.PROVE)
    story.finish(claim, e.OperationYielded(claim.number, Op.PROVE, story.now))
    assert (Op.PROVE, NAME) in story.ops()
    claim = story.begin(Op.PROVE)
    story.finish(claim, failed(claim, story.now + timedelta(seconds=60)))
    assert (Op.REVOKE, NAME) in story.ops()


def test_a_look_that_takes_every_worker_with_it_does_not_keep_the_key_alive():
    story = before_the_kill()
    claim = story.begin(Op.PROVE)
    for worker in ("w2", "w3", "w4"):
        held = story.incident.lane(old_lane(NAME)).claim or claim
        story.do(c.Begin(_work_of(held, story.now), worker, instead_of=held.number), m.BOT)
    assert story.incident.lane(old_lane(NAME)).claim is None, (
        "whose word the revocation rests on is asked about before it"
    )
    assert story.begin(Op.REVOKE)
