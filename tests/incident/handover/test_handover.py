"""A compromise takes over a planned rotation: what the incident begins with, at each moment of the run."""

from dataclasses import replace

import pytest

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.approval.plan import Does, plan_of
from bot.incident.codec import decode, encode
from bot.incident.handover import handed
from bot.incident.offer import NEEDED
from bot.incident.offers import available, unblocked
from bot.incident.operations import Op
from bot.incident.schedule import due, pending
from bot.incident.state import EARLIER
from bot.phrases.states import headline
from tests.support.consents import SHOWN
from tests.support.incidents import CHLOE, Story, World, capabilities, declaration, entry, fingerprint, wanted
from tests.support.rotations import AUTO, MACHINE, rotation

NAME = "openai-api-key"
RUN, INCIDENT = "inc_run234", "inc_ab3cde"
MAIN = f"/production/{NAME}"
MOMENTS = {
    "nothing": (),
    "captured": (Op.CAPTURE,),
    "seen alive": (Op.CAPTURE, Op.SNAPSHOT),
    "staged": (Op.CAPTURE, Op.SNAPSHOT, Op.ISSUE),
    "verified": (Op.CAPTURE, Op.SNAPSHOT, Op.ISSUE, Op.VERIFY),
    "promoted": (Op.CAPTURE, Op.SNAPSHOT, Op.ISSUE, Op.VERIFY, Op.PROMOTE),
    "live": (Op.CAPTURE, Op.SNAPSHOT, Op.ISSUE, Op.VERIFY, Op.PROMOTE, Op.REFRESH, Op.VERIFY_LIVE),
}


def owned(**can):
    return entry(owner="dana", can=capabilities(**can))


def run_until(moment, **can):
    """A run of one secret, that the catalog calls auto, that has come so far."""
    run = rotation(wanted(owned(**can), m.Strategy.OVERLAP), planned=AUTO)
    story = Story(replace(run, incident=RUN), MACHINE)
    for op in MOMENTS[moment]:
        for _ in range(40):
            if op in {found for found, _ in story.ops()}:
                break
            story.now = due(story.incident, story.now)
        story.finish(story.begin(op))
    return story


def compromise(story, target=None, strategy=m.Strategy.KILL_FIRST, **more):
    """The incident that takes the run over, in the world that the run was in."""
    run, secret = story.incident, story.secret()
    one = wanted(secret.entry, strategy, target=target, **more)
    one = replace(one, handed=handed(run, secret, one.target, replace=one.replace))
    story.do(c.HandOverSecrets(INCIDENT, (NAME,)), CHLOE)
    taken = Story(world=story.world)
    taken.now = story.now
    taken.do(declaration(one), CHLOE)
    return taken


def wants(story):
    return {op for op, subject in story.ops() if subject.startswith(NAME)}


@pytest.mark.parametrize("moment", MOMENTS)
def test_the_run_is_over_and_does_nothing_more_about_the_secret(moment):
    story = run_until(moment)
    compromise(story)
    run = story.incident
    assert not run.open
    assert (run.handed, run.handed_over, run.secrets) == ({NAME: INCIDENT}, INCIDENT, {})
    assert {work.op for work in pending(run, story.now)} <= {Op.TICK, Op.PAGE}


@pytest.mark.parametrize("moment", ["captured", "seen alive", "staged", "verified"])
def test_the_old_value_is_pinned_already_and_its_kill_waits_for_nothing(moment):
    taken = compromise(run_until(moment))
    old = taken.secret().old
    assert old.fingerprint == fingerprint(f"old {NAME}")
    assert (old.versions, old.key_id) == ({MAIN: 1}, f"id-{NAME}")
    assert Op.CAPTURE not in wants(taken)
    if moment != "captured":
        assert old.baseline_at is not None
        assert Op.REVOKE in wants(taken)


@pytest.mark.parametrize("moment", ["staged", "verified"])
def test_no_second_key_is_made_where_the_run_has_one(moment):
    taken = compromise(run_until(moment))
    assert taken.secret().new.key_id == "key-1"
    taken.run(600)
    assert taken.world.keys == 1
    assert taken.secret().settled
    assert not taken.secret().new.orphans


def test_assumed_after_promotion_is_the_new_value_and_the_one_before_it_dies_too():
    story = run_until("live")
    taken = compromise(story)
    assert taken.secret().set_aside == {"key-1"}
    assert taken.secret().old.captured_at is None
    before = taken.incident.secrets[NAME + EARLIER]
    assert (before.old.fingerprint, before.new.wanted) == (fingerprint(f"old {NAME}"), False)
    assert Op.REVOKE in {op for op, subject in taken.ops() if subject == NAME + EARLIER}
    taken.run(600)
    assert taken.secret().settled
    assert taken.incident.secrets[NAME + EARLIER].settled
    assert taken.world.keys == 2, "the one that leaked was the run's new one"


@pytest.mark.parametrize("needs", [True, False])
def test_the_value_before_the_leaked_one_ends_with_the_new_value_of_that_and_gets_none_of_its_own(needs):
    taken = compromise(run_until("live", revoke_needs_replacement=needs))
    before = NAME + EARLIER
    words = f"{before}: its replacement is the new key of {NAME}."
    for _ in range(2):
        offers = available(taken.incident, taken.now)
        assert not [
            each for each in offers if each.kind in {c.AskReplacement, c.AnnounceSubmission} and each.secret == before
        ]
        assert taken.refused(c.AskReplacement(before), CHLOE) == words
        assert taken.refused(c.AnnounceSubmission(before, "a" * 16), CHLOE) == words
        taken.run(900)
    assert taken.secret().settled
    assert taken.incident.secrets[before].settled
    assert taken.world.keys == 2
    (placed,) = [r.event.versions for r in taken.log if isinstance(r.event, e.ValuePromoted)]
    assert taken.secret().new.versions == placed
    assert taken.incident.functions["checkout"].versions == placed


def test_while_it_waits_for_that_nobody_is_asked_to_end_it():
    taken = compromise(run_until("live", revoke_needs_replacement=True))
    taken.work(only={Op.CAPTURE, Op.SNAPSHOT})
    assert Op.REVOKE not in {op for op, subject in taken.ops() if subject == NAME + EARLIER}
    urged = unblocked(available(taken.incident, taken.now), secret=NAME + EARLIER)
    assert not [each for each in urged if each.urgency is NEEDED]


def test_beside_an_overlap_the_value_before_the_leaked_one_ends_once_somebody_decides_it():
    taken = compromise(run_until("live"), strategy=m.Strategy.OVERLAP)
    before = NAME + EARLIER
    taken.run(60)
    secret = taken.incident.secrets[before]
    assert (secret.strategy, secret.old_state) == (m.Strategy.KILL_FIRST, m.Old.ALIVE)
    assert secret.strategy_reason.endswith("before you revoke it, check whether anything still reads it")
    assert Does.WAIT not in {step.does for step in plan_of(taken.incident, secret).steps}
    assert set(taken.incident.request.plans) == {NAME}
    [kill] = unblocked(available(taken.incident, taken.now), c.KillNow, secret=before)
    assert kill.urgency is NEEDED
    assert taken.refused(c.ChooseStrategy(before, m.Strategy.OVERLAP, "let it live"), CHLOE) == (
        f"{before} cannot be replaced first: no new key is wanted."
    )
    taken.do(c.KillNow(before, SHOWN), CHLOE)
    taken.run(60)
    assert taken.incident.secrets[before].settled
    assert taken.secret().old_state is m.Old.ALIVE


def test_an_older_value_that_a_run_replaces_can_overlap_with_what_that_made():
    target = m.Target(m.TargetKind.CONFIRMED, fingerprint(f"old {NAME}"), 1, current=False)
    taken = compromise(run_until("live"), target, m.Strategy.OVERLAP, replace=False)
    assert taken.secret().strategy is m.Strategy.OVERLAP
    assert Does.WAIT in {step.does for step in plan_of(taken.incident, taken.secret()).steps}


def test_the_old_value_that_leaked_in_its_overlap_dies_and_the_new_one_serves_on():
    story = run_until("live")
    target = m.Target(m.TargetKind.CONFIRMED, fingerprint(f"old {NAME}"))
    taken = compromise(story, target)
    assert list(taken.incident.secrets) == [NAME]
    assert Op.REVOKE in wants(taken)
    taken.run(600)
    assert taken.secret().settled
    assert taken.world.keys == 1
    assert taken.secret().new.live_at is not None


def test_a_version_tells_which_of_the_two_leaked():
    story = run_until("live")
    new_version = story.secret().new.versions[MAIN]
    assert compromise(story, m.Target(m.TargetKind.CONFIRMED, version=new_version)).secret().set_aside == {"key-1"}
    story = run_until("live")
    assert compromise(story, m.Target(m.TargetKind.CONFIRMED, version=1)).secret().new.key_id == "key-1"


def test_an_older_value_that_leaked_ends_and_what_the_run_staged_is_ended_as_unused():
    story = run_until("verified")
    taken = compromise(story, m.Target(m.TargetKind.CONFIRMED, "a" * 12, 7), replace=False)
    assert taken.secret().new.orphans == {"key-1": False}
    assert Op.END_ORPHAN not in wants(taken) or taken.secret().new.key_id == ""


def test_after_promotion_an_older_value_that_leaked_takes_the_overlapped_one_with_it():
    taken = compromise(run_until("live"), m.Target(m.TargetKind.CONFIRMED, "a" * 12, 7), replace=False)
    assert list(taken.incident.secrets) == [NAME, NAME + EARLIER]
    assert not taken.secret().new.orphans


def test_a_call_under_way_is_void_its_late_outcome_is_told_and_swept_up():
    story = run_until("seen alive")
    claim = story.begin(Op.ISSUE)
    taken = compromise(story)
    assert taken.secret().new.sweep_at is not None
    (refused,) = story.finish(claim, e.ValueStaged(claim.number, NAME, "k", "key-9", "f" * 12, "/s", "issue"))
    assert refused == e.OutcomeRefused(claim.number, Op.ISSUE, claim.lane)
    assert taken.do(c.NoteLateOutcome(NAME, RUN, Op.ISSUE), m.BOT, after=5) == (
        e.LateOutcomeNoted(NAME, RUN, Op.ISSUE),
    )
    assert (taken.secret().new.sweep_at - taken.now).total_seconds() == taken.incident.timings.sweep_wait
    assert taken.do(c.NoteLateOutcome(NAME, "inc_other2", Op.ISSUE), m.BOT) == ()
    assert taken.do(c.NoteLateOutcome(NAME, RUN, Op.PROVE), m.BOT) == ()


def test_a_promotion_under_way_keeps_its_value_in_use():
    story = run_until("verified")
    story.begin(Op.PROMOTE)
    taken = compromise(story)
    assert taken.secret().new.key_id == "key-1"
    story = run_until("verified")
    story.begin(Op.PROMOTE)
    taken = compromise(story, m.Target(m.TargetKind.CONFIRMED, "a" * 12, 7), replace=False)
    assert not taken.secret().new.orphans, "it may stand in its parameter by now"


def test_a_promotion_that_stopped_half_way_keeps_its_value_in_use():
    story = run_until("verified")
    claim = story.begin(Op.PROMOTE)
    story.finish(claim, e.OperationFailed(claim.number, Op.PROMOTE, "Unauthorized", "ssm: label denied", None))
    taken = compromise(story, m.Target(m.TargetKind.CONFIRMED, "a" * 12, 7), replace=False)
    assert not taken.secret().new.orphans
    assert taken.secret().new.may_serve, "nor does a close end it"


def test_of_several_secrets_the_others_go_on():
    secrets = [wanted(entry(name, owner="dana"), m.Strategy.OVERLAP) for name in (NAME, "redis-url")]
    story = Story(replace(rotation(*secrets, planned=AUTO), incident=RUN), MACHINE)
    story.work(only={Op.CAPTURE})
    story.do(c.HandOverSecrets(INCIDENT, (NAME,)), CHLOE)
    assert story.incident.open
    assert list(story.incident.secrets) == ["redis-url"]
    assert {subject for _, subject in story.ops()} <= {"redis-url", RUN}


def test_nothing_is_handed_over_twice_nor_by_an_incident():
    story = run_until("captured")
    assert story.do(c.HandOverSecrets(INCIDENT, (NAME, "redis-url")), CHLOE) == ()
    assert story.do(c.HandOverSecrets(INCIDENT, (NAME,)), CHLOE)
    assert story.do(c.HandOverSecrets(INCIDENT, (NAME,)), CHLOE) == ()
    leak = Story(declaration(), CHLOE)
    assert leak.do(c.HandOverSecrets("inc_other2", (NAME,)), CHLOE) == ()


def test_what_a_log_holds_of_it_reads_back():
    taken = compromise(run_until("live"))
    for recorded in taken.log:
        assert decode(e.kind_of(recorded.event), encode(recorded.event)) == recorded.event


def test_the_kill_begins_as_soon_as_without_a_run():
    plain = Story(declaration(wanted(entry(owner="dana"))), CHLOE, World())
    plain.work(only={Op.CAPTURE, Op.SNAPSHOT, Op.REVOKE})
    alone = sum(isinstance(recorded.event, e.OperationStarted) for recorded in plain.log)
    for moment in MOMENTS:
        taken = compromise(run_until(moment))
        taken.work(only={Op.CAPTURE, Op.SNAPSHOT, Op.REVOKE})
        mine = [r for r in taken.log if isinstance(r.event, e.OperationStarted) and r.event.claim.subject == NAME]
        assert taken.secret().old.revoked_at is not None, moment
        assert len(mine) <= alone, moment


def test_a_run_that_was_taken_over_says_where_it_went_and_is_not_opened_again():
    story = run_until("live")
    compromise(story)
    assert headline(story.incident) == f"{NAME} leaked: {INCIDENT} handles it."
    assert story.refused(c.Reopen("a mistake"), CHLOE) == f"{INCIDENT} took over {RUN}. Continue there."
    offers = unblocked(available(story.incident, story.now), c.Reopen)
    assert offers == []


def rolled_back():
    """A run whose new key was put in place, and out of it again."""
    story = run_until("live")
    story.do(c.RollBack(NAME, "checkout is down"), CHLOE)
    story.finish(story.begin(Op.ROLL_BACK))
    assert story.secret().new.back_since is not None
    return story


@pytest.mark.parametrize("named", ["not at all", "by its fingerprint", "by where it was put back"])
def test_what_was_rolled_back_is_put_in_place_again_and_the_leaked_value_dies(named):
    story = rolled_back()
    target = None
    if named == "by its fingerprint":
        target = m.Target(m.TargetKind.CONFIRMED, fingerprint(f"old {NAME}"))
    elif named == "by where it was put back":
        target = m.Target(m.TargetKind.CONFIRMED, version=story.secret().new.versions[MAIN])
    taken = compromise(story, target)
    assert taken.secret().old.fingerprint == fingerprint(f"old {NAME}")
    taken.run(600)
    assert taken.secret().settled
    assert taken.secret().new.key_id == "key-1"
    assert taken.world.keys == 1


@pytest.mark.parametrize("read", [True, False])
def test_the_key_that_was_rolled_back_ends_with_an_older_value_once_no_function_reads_it(read):
    story = rolled_back()
    if not read:
        story.work(only={Op.REFRESH})
    key = story.secret().new.fingerprint
    taken = compromise(story, m.Target(m.TargetKind.CONFIRMED, "a" * 12, 7), replace=False)
    assert taken.secret().new.superseded == ({"key-1": key} if read else {})
    assert taken.secret().new.orphans == ({} if read else {"key-1": False})
    for recorded in taken.log:
        assert decode(e.kind_of(recorded.event), encode(recorded.event)) == recorded.event


def test_what_is_being_rolled_back_is_put_in_place_again():
    story = run_until("live")
    story.do(c.RollBack(NAME, "checkout is down"), CHLOE)
    story.begin(Op.ROLL_BACK)
    taken = compromise(story, m.Target(m.TargetKind.CONFIRMED, fingerprint(f"old {NAME}")))
    assert taken.secret().new.may_serve, "it is not ended meanwhile"
    assert Op.PROMOTE in wants(taken)
    taken.run(600)
    assert taken.secret().settled
    assert taken.world.keys == 1
