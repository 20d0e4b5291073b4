"""Back to a leaked key that still lives, and forward again; and who is woken while it serves production."""

from datetime import timedelta

import pytest

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.access.copies import copies_with_new
from bot.incident.clocks import clocks
from bot.incident.closing.open_items import open_items
from bot.incident.lanes import new_lane
from bot.incident.offers import Urgency, urged
from bot.incident.operations import Op, Work
from bot.incident.order import holds
from bot.incident.overlap.evolve import SERVES_ON
from bot.incident.overlap.rules import overlap_end
from bot.incident.schedule import pending
from bot.incident.todos import needed, todos
from bot.model.capabilities import Makes, RevokedBy
from bot.model.probes import Probe
from bot.model.secrets import Copy, CopyKind, Kill, Outage
from bot.phrases.access import copy_words
from bot.phrases.alive import alive_groups
from bot.phrases.marks import plain
from bot.phrases.report import live_label, verdict
from bot.phrases.secrets import new_warning, serves_words
from bot.phrases.states import headline, new_words
from tests.support.consents import SHOWN
from tests.support.incidents import (
    ANNA,
    BEN,
    CHLOE,
    DORA,
    STRANGER,
    Story,
    World,
    capabilities,
    declaration,
    entry,
    wanted,
)
from tests.support.rotations import rotation

NAME = "openai-api-key"
RETRY = c.Retry(new_lane(NAME))
OVERLAP = m.Strategy.OVERLAP


def failing(*, public=False, secret=None, strategy=OVERLAP, refusing=("checkout",), **changes):
    world = World()
    world.failing = set(refusing)
    story = Story(declaration(wanted(secret or entry(), strategy, **changes), public=public), ANNA, world).run(60)
    if story.incident.request is not None:
        story.approve(BEN)
    return story


def rolled_back(**changes):
    story = failing(**changes)
    story.do(c.RollBack(NAME, "checkout is down"), DORA)
    return story.run(10)


def test_the_leaked_value_serves_again_and_everybody_can_read_so():
    story = rolled_back()
    secret = story.secret()
    assert (secret.old_state, secret.new_state) == (m.Old.ALIVE, m.New.STAGED)
    assert not secret.restored
    assert not secret.in_place
    assert clocks(story.incident, secret).restored is None
    assert secret.new.staged
    assert serves_words(story.incident, secret).startswith("the old key is in production again since 2026-11-25 03:0")
    assert story.incident.functions["checkout"].versions == secret.new.versions
    assert "an old key is in production again" in story.incident.alerts


def test_it_never_ends_by_itself():
    story = rolled_back()
    story.run(24 * 3600)
    assert not story.world.killed
    assert story.secret().new_state is m.New.STAGED
    assert overlap_end(story.incident, story.secret()) is None
    assert "for over an hour" in " ".join(holds(story.incident, story.secret(), story.now))
    assert "for over an hour" in serves_words(story.incident, story.secret())


def test_people_are_woken_once_when_it_has_served_for_an_hour():
    story = rolled_back()
    before, since = len(story.incident.alerts), story.secret().new.back_since
    story.run(3 * 3600 + 60)
    assert list(story.incident.alerts)[before:] == [SERVES_ON]
    [told] = [r.at for r in story.log if isinstance(r.event, e.RollBackOverdue)]
    assert told - since == timedelta(hours=1)


def test_each_roll_back_has_an_hour_of_its_own():
    story = rolled_back().run(3600)
    story.do(RETRY, DORA)
    story.run(60)
    assert (story.secret().new_state, story.secret().new.overdue) == (m.New.FAILING, False)
    story.do(c.RollBack(NAME, "again"), DORA)
    story.run(3600)
    assert len([r for r in story.log if isinstance(r.event, e.RollBackOverdue)]) == 2


def test_nobody_is_woken_in_a_run_where_nothing_leaked():
    world = World()
    world.failing = {"checkout"}
    story = Story(rotation(), world=world).run(60)
    story.do(c.RollBack(NAME, "checkout is down"), DORA)
    before = len(story.incident.alerts)
    story.run(2 * 3600)
    assert [type(r.event) for r in story.log].count(e.RollBackOverdue) == 1
    assert len(story.incident.alerts) == before


@pytest.mark.parametrize("strategy", m.Strategy)
def test_people_are_woken_once_by_a_consumer_that_fails(strategy):
    """Whom to wake next is the pager's to know."""
    story = failing(strategy=strategy).run(3600)
    assert [alert for alert in story.incident.alerts if "consumer" in alert] == ["a consumer fails with a replacement"]


# --- who may, and when not ------------------------------------------------------------------------------------------


def test_it_takes_one_responder_and_a_reason():
    story = failing()
    assert "respond" in story.refused(c.RollBack(NAME, "x"), STRANGER)
    assert "reason" in story.refused(c.RollBack(NAME, " "), DORA)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda s: s.do(c.RecordAbuse(NAME, "a stranger uses it"), CHLOE), "to be revoked at once"),
        (lambda s: s.do(c.KillNow(NAME, SHOWN), DORA), "to be revoked at once"),
        (lambda s: s.do(c.RollBack(NAME, "x"), DORA), "is already rolled back, or about to be"),
        (lambda s: s.record(e.OldProbed(99, NAME, Probe("old", "dead", "HTTP 401"))), "was rejected at the last check"),
        (
            lambda s: s.record(e.OldProbed(99, NAME, Probe("old", "unknown", "HTTP 500"))),
            "was rejected at the last check",
        ),
    ],
)
def test_it_is_refused(spoil, says):
    story = failing()
    spoil(story)
    assert says in story.refused(c.RollBack(NAME, "checkout is down"), DORA)


def test_never_where_strangers_can_read_it_nor_where_nothing_overlaps():
    assert "is public. It must not be used again" in failing(public=True).refused(c.RollBack(NAME, "x"))
    swaps = entry(can=capabilities(makes=Makes.INSTALL, revoke_needs_replacement=True, swaps=True))
    assert "revokes the old one" in failing(secret=swaps).refused(c.RollBack(NAME, "x"))
    assert "its revocation has begun" in failing(strategy=m.Strategy.KILL_FIRST).refused(c.RollBack(NAME, "x"))
    early = Story(declaration(wanted(strategy=OVERLAP), public=False))
    assert "nothing to roll back" in early.refused(c.RollBack(NAME, "x"))


def test_what_does_not_answer_any_more_is_not_put_back():
    """Someone ended it in the console meanwhile: production goes on with the new one."""
    story = failing()
    story.world.killed.add(NAME)
    story.do(c.RollBack(NAME, "checkout is down"), DORA)
    story.world.failing.clear()
    story.run(60)
    assert story.secret().new_state is m.New.LIVE
    assert any(isinstance(r.event, e.RollBackRefused) for r in story.log)


# --- forward again --------------------------------------------------------------------------------------------------


def test_a_retry_puts_the_new_value_in_place_again():
    story = rolled_back()
    versions = dict(story.secret().new.versions)
    story.world.failing.clear()
    [offer] = [one for one in urged(story.incident, story.now) if one.command == RETRY]
    assert (offer.urgency, offer.reason) == (
        Urgency.NEEDED,
        "the old key is in production: put the new key in place again",
    )
    story.do(RETRY, DORA)
    story.run(60)
    assert story.secret().new_state is m.New.LIVE
    assert all(version > versions[name] for name, version in story.secret().new.versions.items())
    assert story.secret().new.back_since is None
    story.run(120 + story.incident.timings.overlap)
    assert story.world.killed
    assert "Nothing needs a retry" in story.refused(RETRY, DORA)


def test_a_retry_of_everything_leaves_what_was_rolled_back():
    story = rolled_back()
    assert "Nothing needs a retry" in story.refused(c.Retry(), DORA)


def test_where_the_value_was_rejected_a_retry_makes_another():
    story = rolled_back()
    story.record(e.ValueRejected(99, NAME, "another account"))
    story.world.failing.clear()
    story.run(60)
    assert story.secret().new_state is m.New.NONE
    story.do(RETRY, DORA)
    story.run(60)
    assert (story.secret().new.key_id, story.secret().new_state) == ("key-2", m.New.LIVE)
    assert story.secret().new.orphans == {"key-1": True}


def test_what_the_value_itself_broke_was_not_unwell_before_it():
    story = failing()
    story.do(c.RollBack(NAME, "checkout is down"), DORA)
    story.work(only={Op.ROLL_BACK})
    story.world.unwell_before = {"checkout"}  # it reads the new key still, and fails with that
    story.do(RETRY, DORA)
    story.run(60)
    assert story.secret().new_state is m.New.FAILING
    assert story.secret().new.unwell_before == ()


CI = Copy("ci", CopyKind.CI, "GitHub Actions secret OPENAI_API_KEY of example/app", "gh secret set", "Platform")


def still_in_use(*, copy=False, incomplete=False):
    """Rolled back, while a copy that was updated to the new key has it, or part of a function's traffic reads it."""
    story = failing(secret=entry(copies=(CI,)))
    if copy:
        story.do(c.SettleCopy(NAME, "ci", m.CopyOutcome.UPDATED), DORA)
    if incomplete:
        story.world.incomplete["checkout"] = "alias live divides traffic"
    story.do(c.RollBack(NAME, "checkout is down"), DORA)
    return story.run(10)


def closed_as_it_is(story):
    for step in story.incident.steps:
        story.do(c.SkipStep(step.definition.id, "later"), CHLOE)
    story.close_over()
    story.agree(BEN)
    assert not story.incident.open
    return story


@pytest.mark.parametrize("used", [{"copy": True}, {"incomplete": True}], ids=["copy", "function"])
def test_what_is_still_in_use_is_ended_by_no_close(used):
    story = closed_as_it_is(still_in_use(**used))
    assert story.secret().new.key_id
    assert (Op.END_ORPHAN, NAME) not in story.ops()
    assert story.secret().new.orphans == {}


BRING = c.AnnounceSubmission(NAME, "a" * 16)


def brought_after_going_forward(story):
    story.do(RETRY, DORA)


def brought_after_the_end_of_the_old_one(story):
    story.do(c.KillNow(NAME, SHOWN), DORA)
    fails_for_good(story, story.begin(Op.REVOKE))
    fails_for_good(story, story.begin(Op.PROMOTE))


def brought_after_half_a_promotion(story):
    story.do(RETRY, DORA)
    fails_for_good(story, story.begin(Op.PROMOTE))


def fails_for_good(story, claim):
    story.finish(claim, e.OperationFailed(claim.number, claim.op, "Refused", f"{claim.op}: no permission", None))


@pytest.mark.parametrize(
    "before",
    [
        lambda _story: None,
        brought_after_going_forward,
        brought_after_the_end_of_the_old_one,
        brought_after_half_a_promotion,
    ],
)
@pytest.mark.parametrize("used", [{"copy": True}, {"incomplete": True}], ids=["copy", "function"])
def test_one_that_is_brought_ends_the_key_only_once_nothing_uses_that(used, before):
    story = still_in_use(**used)
    before(story)
    story.do(BRING, DORA)
    story.work(only={Op.RECEIVE})
    assert story.secret().new.source == "person"
    assert list(story.secret().new.superseded) == ["key-1"]
    assert not story.secret().new.orphans
    story.run(300)
    assert not story.secret().new.orphans
    assert story.secret().new.promoted_at is not None
    [item] = [item for item in open_items(story.incident) if item.key == f"superseded:{NAME}"]
    user = "ci" if used.get("copy") else "checkout"
    assert item.words == f"{NAME}: its key key-1 still works because {user} may use it: revoke it by hand"
    story.world.incomplete.clear()
    if used.get("copy"):
        story.do(c.SettleCopy(NAME, "ci", m.CopyOutcome.UPDATED), DORA)
    story.run(300)
    assert story.secret().new.orphans == {"key-1": True}
    assert not story.secret().new.superseded


def test_nor_where_the_way_back_was_refused():
    story = failing(secret=entry(copies=(CI,)))
    story.do(c.SettleCopy(NAME, "ci", m.CopyOutcome.UPDATED), DORA)
    story.do(c.RollBack(NAME, "checkout is down"), DORA)
    story.world.killed.add(NAME)
    story.work(only={Op.ROLL_BACK})
    assert any(isinstance(r.event, e.RollBackRefused) for r in story.log)
    story.do(BRING, DORA)
    story.run(300)
    assert story.secret().new.source == "person"
    assert not story.secret().new.orphans
    story.do(c.SettleCopy(NAME, "ci", m.CopyOutcome.UPDATED), DORA)
    story.run(60)
    assert story.secret().new.orphans == {"key-1": True}


def test_nor_after_a_close_over_the_copy_and_a_reopening():
    story = closed_as_it_is(still_in_use(copy=True)).run(2 * 3600)
    story.world.failing.clear()
    story.do(c.Reopen("it is not over"), CHLOE)
    story.do(RETRY, DORA)
    story.run(300)
    assert (story.secret().new.key_id, story.secret().new_state) == ("key-2", m.New.LIVE)
    assert not story.secret().new.orphans
    assert [each.copy.name for each in story.secret().open_copies] == ["ci"]
    story.do(c.SettleCopy(NAME, "ci", m.CopyOutcome.UPDATED), DORA)
    story.run(60)
    assert story.secret().new.orphans == {"key-1": True}


def test_a_key_that_is_refused_after_all_does_not_end_under_a_copy_either():
    story = still_in_use(copy=True)
    story.record(e.ValueRejected(99, NAME, "another account"))
    story.run(60)
    assert not story.secret().new.orphans


@pytest.mark.parametrize(("used", "user"), [({"copy": True}, "ci"), ({"incomplete": True}, "checkout")])
def test_who_closes_over_a_key_that_something_uses_is_told_which_lives_on(used, user):
    story = still_in_use(**used)
    words = f"its key key-1 still works because {user} may use it: revoke it by hand"
    [item] = [item for item in open_items(story.incident) if item.key == f"new:{NAME}"]
    assert item.words == f"{NAME}: new key staged, {words}"
    assert f"new:{NAME}=may-serve" in item.details
    closed_as_it_is(story).run(3 * 24 * 3600)
    assert item.words in [each.words for each in story.incident.accepted_items]
    assert plain(new_words(story.incident, story.secret())).endswith(f"; {words}")
    assert story.secret().new.orphans == {}


def test_once_the_old_one_has_ended_nothing_is_said_of_going_back_to_it():
    """A person has ended it, and the new one cannot be put in place."""
    story = failing(secret=entry(copies=(CI,), can=capabilities(revokes=RevokedBy.PERSON)))
    story.do(c.SettleCopy(NAME, "ci", m.CopyOutcome.UPDATED), DORA)
    story.do(c.RollBack(NAME, "checkout is down"), DORA)
    story.run(10)
    story.record(e.OldProbed(99, NAME, Probe("old", "unknown", "HTTP 500")))
    story.do(c.AttestDeath(NAME, "deleted in the console"), CHLOE)
    assert copies_with_new(story.secret()) == ()
    assert serves_words(story.incident, story.secret()) == ""
    fails_for_good(story, story.begin(Op.PROMOTE))
    assert story.secret().gone
    story.do(BRING, DORA)
    story.run(60)
    assert story.secret().new.source == "person"
    assert not story.secret().new.orphans


def test_a_copy_that_was_updated_is_open_again_once_the_value_is_rolled_back():
    story = still_in_use(copy=True)
    (copy,) = story.secret().open_copies
    assert copy_words(copy) == "OPEN: was updated to the new key, which was rolled back since"
    assert "has the old key of openai-api-key again" in story.refused(c.SettleCopy(NAME, "ci", m.CopyOutcome.ACCEPTED))
    story.do(c.SettleCopy(NAME, "ci", m.CopyOutcome.ACCEPTED, "the old one is back there"), DORA)
    first = story.secret().new.key_id
    story.world.failing.clear()
    story.do(BRING, DORA)
    story.run(60)
    assert story.secret().new.orphans == {first: True}
    assert [each.copy.name for each in story.secret().open_copies] == ["ci"]
    assert copy_words(story.secret().copies["ci"]) == "OPEN: may still hold the old key"


def test_what_was_said_of_a_copy_while_the_old_value_served_again_does_not_count_once_the_new_one_is_back():
    story = still_in_use(copy=True)
    story.do(c.SettleCopy(NAME, "ci", m.CopyOutcome.ACCEPTED, "the old one is back there"), DORA)
    story.world.failing.clear()
    story.do(RETRY, DORA)
    story.run(60 + story.incident.timings.overlap)
    assert story.secret().new_state is m.New.LIVE
    assert "once these copies are updated, purged or accepted: ci" in " ".join(
        holds(story.incident, story.secret(), story.now)
    )
    assert not story.world.killed
    story.do(c.SettleCopy(NAME, "ci", m.CopyOutcome.ACCEPTED, "nobody uses it"), DORA)
    story.run(300)
    assert story.secret().gone


def test_a_copy_that_was_purged_has_nothing():
    story = still_in_use(copy=True)
    story.do(c.SettleCopy(NAME, "ci", m.CopyOutcome.PURGED), DORA)
    story.do(BRING, DORA)
    story.work(only={Op.RECEIVE})
    assert (Op.END_ORPHAN, NAME) in story.ops()


def test_what_nothing_uses_any_more_ends_with_the_close():
    story = closed_as_it_is(still_in_use())
    assert (Op.END_ORPHAN, NAME) in story.ops()


def test_ending_the_old_key_puts_the_new_one_in_place_again():
    story = rolled_back()
    story.do(c.KillNow(NAME, SHOWN), DORA)
    story.run(120)
    assert story.secret().gone
    assert story.secret().new_state is m.New.FAILING


@pytest.mark.parametrize("says", [c.ConfirmRevoked(NAME), c.AttestDeath(NAME, "deleted in the console")])
def test_what_people_end_serves_nobody_any_more(says):
    story = rolled_back(secret=entry(can=capabilities(revokes=RevokedBy.PERSON)))
    story.world.failing.clear()
    story.world.killed.add(NAME)
    story.do(says, CHLOE)
    story.run(300)
    assert story.secret().gone
    assert story.secret().new_state is m.New.LIVE


def test_the_kill_waits_for_a_roll_back_that_runs():
    story = failing()
    story.do(c.RollBack(NAME, "checkout is down"), DORA)
    claim = story.begin(Op.ROLL_BACK)
    story.do(c.KillNow(NAME, SHOWN), DORA)
    assert Op.REVOKE not in {work.op for work in pending(story.incident, story.now)}
    story.finish(claim)
    story.run(120)
    assert story.secret().gone
    assert story.secret().new_state is m.New.FAILING


def test_a_kill_that_begins_first_makes_the_roll_back_idle():
    story = failing()
    story.do(c.RollBack(NAME, "checkout is down"), DORA)
    story.do(c.KillNow(NAME, SHOWN), DORA)
    claim = story.begin(Op.REVOKE)
    assert Op.ROLL_BACK not in {work.op for work in pending(story.incident, story.now)}
    story.finish(claim)
    story.run(120)
    assert story.secret().gone


def test_a_worker_that_dies_in_it_is_taken_over():
    story = failing()
    story.do(c.RollBack(NAME, "checkout is down"), DORA)
    claim = story.begin(Op.ROLL_BACK)
    work = Work(claim.op, claim.lane, claim.subject, story.now, claim.attempt, claim.detail)
    (lost, started) = story.do(c.Begin(work, "w2", instead_of=claim.number), m.BOT)
    assert isinstance(lost, e.ClaimLost)
    assert started.claim.op is Op.ROLL_BACK


# --- one that failed for good -----------------------------------------------------------------------------------------


def stopped_half_way(**changes):
    story = failing(**changes)
    story.do(c.RollBack(NAME, "checkout is down"), DORA)
    claim = story.begin(Op.ROLL_BACK)
    refused = "roll /production/db-host back: it holds neither the new nor the old key"
    story.finish(claim, e.OperationFailed(claim.number, Op.ROLL_BACK, "Refused", refused, None))
    return story.run(1)


def failure(story):
    return story.incident.lane(new_lane(NAME)).failure


@pytest.mark.parametrize("end", [c.KillNow(NAME, SHOWN), c.RecordAbuse(NAME, "a stranger lists our files")])
def test_it_holds_nothing_once_the_old_value_is_ended(end):
    story = stopped_half_way()
    story.world.failing.clear()
    story.do(end, DORA)
    story.run(120)
    assert story.secret().gone
    assert failure(story) is None
    assert story.secret().new_state is m.New.LIVE
    assert story.secret().new.promoted_at > story.secret().old.revoke_began_at


def test_nor_once_somebody_else_has_ended_it():
    story = stopped_half_way(secret=entry(can=capabilities(revokes=RevokedBy.PERSON)))
    story.world.failing.clear()
    story.world.killed.add(NAME)
    story.do(c.ConfirmRevoked(NAME), DORA)
    story.run(300)
    assert story.secret().gone
    assert failure(story) is None
    assert story.secret().new_state is m.New.LIVE
    assert story.secret().new.rolling_back is None


def test_where_no_consumer_fails_people_are_woken_after_an_hour():
    """The overlap does not end by itself after that."""
    story = stopped_half_way(refusing=())
    assert story.secret().new_state is m.New.UNKNOWN
    woken = len(story.incident.alerts)
    story.run(3 * 3600 + 60)
    assert list(story.incident.alerts)[woken:] == [SERVES_ON]
    assert "putting the old key back failed" in " ".join(holds(story.incident, story.secret(), story.now))
    needed = {offer.kind for offer in urged(story.incident, story.now) if offer.urgency is Urgency.NEEDED}
    assert {c.Retry, c.KillNow} <= needed
    story.do(c.KillNow(NAME, SHOWN), DORA)
    story.run(3600)
    assert story.secret().gone
    assert len(story.incident.alerts) == woken + 1


@pytest.mark.parametrize("refusing", [(), ("checkout",)])
def test_what_was_seen_before_it_began_is_not_told_as_what_is_so(refusing):
    """It has written some parameters, or all, or none: no look has told which since."""
    story = stopped_half_way(refusing=refusing)
    secret = story.secret()
    words = "roll back FAILED: unknown which key is in use, the new or the OLD one"
    assert (secret.new_state, secret.restored, secret.in_place) == (m.New.UNKNOWN, False, False)
    assert clocks(story.incident, secret).restored is None
    assert words in plain(headline(story.incident))
    assert plain(new_words(story.incident, secret)) == words
    stuck = needed(story.incident, todos(story.incident, story.now), story.now)
    [(_, why, _)] = alive_groups(story.incident, stuck, story.now)
    assert words in why
    assert live_label(story.incident, secret) == "unknown which key is in use"
    assert f"unknown which key is in use for {NAME}" in verdict(story.incident)
    assert new_warning(story.incident, secret) == f"NOT RESTORED: {NAME}: {words}."
    left = {item.key: item.words for item in open_items(story.incident)}
    assert left[f"new:{NAME}"] == f"{NAME}: new key unknown, unknown which key is in use"
    story.world.failing.clear()
    story.do(c.KillNow(NAME, SHOWN), DORA)
    asked = story.now
    story.run(300)
    assert story.secret().new_state is m.New.LIVE
    assert clocks(story.incident, story.secret()).restored > asked


def test_while_it_runs_nobody_knows_which_value_serves():
    story = failing(refusing=())
    story.do(c.RollBack(NAME, "customers cannot pay"), DORA)
    assert story.secret().new_state is m.New.LIVE, "nothing has been written yet"
    story.begin(Op.ROLL_BACK)
    assert story.secret().new_state is m.New.UNKNOWN
    assert "a roll back has begun: unknown which key is in use" in plain(headline(story.incident))


def test_it_is_tried_again():
    story = stopped_half_way()
    assert "failed. Retry, or revoke the old key" in story.refused(c.RollBack(NAME, "x"), DORA)
    needed = [offer.command for offer in urged(story.incident, story.now) if offer.urgency is Urgency.NEEDED]
    assert RETRY in needed
    story.do(RETRY, DORA)
    story.run(10)
    assert story.secret().new.back_since is not None
    assert not story.world.killed


@pytest.mark.parametrize("stopped", [True, False])
def test_a_reopening_does_not_carry_out_what_was_asked_for_before_the_close(stopped):
    story = stopped_half_way() if stopped else failing()
    if not stopped:
        story.do(c.RollBack(NAME, "checkout is down"), DORA)
    for step in story.incident.steps:
        story.do(c.SkipStep(step.definition.id, "later"), CHLOE)
    story.close_over()
    story.agree(BEN)
    story.run(24 * 3600)
    assert not story.incident.open
    assert Op.UNSTAGE not in story.incident.lane(new_lane(NAME)).done
    story.world.failing.clear()
    story.do(c.Reopen("checkout is down again"), CHLOE)
    assert failure(story) is None
    story.run(60)
    assert not any(isinstance(r.event, e.RolledBack) for r in story.log)
    assert story.secret().new_state is m.New.LIVE
    assert story.secret().new.rolling_back is None


# --- one that administers itself ------------------------------------------------------------------------------------


ITSELF = f"/production/{NAME}"
ENDS = (
    c.KillNow(NAME, SHOWN),
    c.RecordAbuse(NAME, "a stranger lists our files"),
    c.BreakGlass({NAME: SHOWN}, "it cannot wait"),
)


@pytest.mark.parametrize("end", ENDS, ids=lambda end: type(end).__name__)
def test_what_only_its_own_new_value_can_end_is_ended_with_that(end):
    story = rolled_back(secret=entry(admin_parameter=ITSELF))
    story.do(end, DORA)
    story.run(300)
    assert story.secret().old_state is m.Old.DEAD
    assert story.secret().new_state is m.New.FAILING
    kinds = [type(r.event) for r in story.log]
    again = len(kinds) - kinds[::-1].index(e.ValuePromoted)
    assert again < kinds.index(e.AccessRevoked)


@pytest.mark.parametrize("end", ENDS, ids=lambda end: type(end).__name__)
def test_people_are_woken_after_an_hour_where_its_new_value_cannot_be_put_in_place(end):
    story = rolled_back(secret=entry(admin_parameter=ITSELF))
    story.do(end, DORA)
    fails_for_good(story, story.begin(Op.PROMOTE))
    story.run(2 * 3600 + 60)
    assert story.secret().new.back_since is not None
    assert list(story.incident.alerts).count(SERVES_ON) == 1
    assert "the old key is in production for over an hour: retry" in " ".join(
        holds(story.incident, story.secret(), story.now)
    )
    needed = [offer.command for offer in urged(story.incident, story.now) if offer.urgency is Urgency.NEEDED]
    assert RETRY in needed
    story.do(RETRY, DORA)
    story.run(300)
    assert story.secret().gone
    assert story.secret().new.back_since is None


def test_a_function_that_was_not_back_on_the_old_value_yet_reads_the_new_one():
    story = failing(secret=entry(admin_parameter=ITSELF))
    story.do(c.RollBack(NAME, "checkout is down"), DORA)
    story.work(only={Op.ROLL_BACK})
    story.do(c.KillNow(NAME, SHOWN), DORA)
    claim = story.begin(Op.PROMOTE)
    assert Op.REFRESH not in {work.op for work in pending(story.incident, story.now)}
    story.finish(claim)
    story.run(300)
    assert story.secret().gone
    assert story.incident.functions["checkout"].versions == story.secret().new.versions


def test_its_new_value_stays_out_until_the_second_person_has_agreed():
    story = rolled_back(secret=entry(admin_parameter=ITSELF, kill=Kill.IRREVERSIBLE, outage=Outage.DOWN))
    story.do(c.KillNow(NAME, SHOWN), DORA)
    story.run(7200)
    assert story.secret().new_state is m.New.STAGED
    assert SERVES_ON in story.incident.alerts
    story.do(c.KillNow(NAME, SHOWN), BEN)
    story.run(300)
    assert story.secret().gone


# --- abuse ----------------------------------------------------------------------------------------------------------


def test_abuse_ends_an_overlap():
    story = failing()
    story.do(c.RecordAbuse(NAME, "a stranger lists our files"), DORA)
    secret = story.secret()
    assert secret.strategy is m.Strategy.KILL_FIRST
    assert secret.kill.name == "dora"
    story.run(120)
    assert story.secret().gone
    refused = failing_after_abuse().refused(c.ChooseStrategy(NAME, OVERLAP, "x"))
    assert "cannot be replaced first: dora recorded abuse" in refused


def failing_after_abuse():
    story = Story(declaration(wanted(entry(kill=Kill.IRREVERSIBLE, outage=Outage.DOWN)), public=False)).run(1)
    story.do(c.RecordAbuse(NAME, "a stranger lists our files"), DORA)
    return story


def test_abuse_that_needs_a_second_person_asks_for_one():
    fatal = entry(kill=Kill.IRREVERSIBLE, outage=Outage.DOWN)
    story = rolled_back(secret=fatal)
    story.do(c.RecordAbuse(NAME, "a stranger lists our files"), DORA)
    story.run(60)
    assert not story.world.killed
    assert story.secret().new_state is m.New.STAGED
    story.approve(BEN)
    story.run(120)
    assert story.secret().gone
    assert story.secret().new_state is m.New.FAILING
