"""Providers that hold one value at a time: the kill is what makes the replacement accepted."""

from datetime import timedelta

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.approval.plan import plan_of
from bot.incident.old_value.schedule import schedule
from bot.incident.operations import Op
from bot.incident.overlap.strategy import propose
from bot.model.capabilities import Makes, RevokedBy
from bot.model.secrets import Kill, Outage
from bot.phrases.plans import step_words
from tests.support.consents import SHOWN
from tests.support.incidents import Story, capabilities, declaration, entry, probe, wanted

NAME = "database-url"


def swapping(**changes):
    can = capabilities(makes=Makes.INSTALL, revoke_needs_replacement=True, swaps=True, **changes)
    return entry(NAME, can=can, outage=Outage.DOWN, kill=Kill.REVERSIBLE)


def story(**changes):
    return Story(declaration(wanted(swapping(**changes))))


def until(told, op):
    """Works on all else until `op` is what comes next in its lane."""
    told.work(only=set(Op) - {op, Op.TICK})
    return told


def order(told):
    """The secret's operations in the order in which they were begun."""
    started = [r.event.claim for r in told.log if isinstance(r.event, e.OperationStarted)]
    return [claim.op for claim in started if claim.subject == NAME]


def test_it_is_staged_then_swapped_and_only_then_verified_and_put_in_place():
    told = story().run(120)
    begun = order(told)
    wanted_order = [Op.SNAPSHOT, Op.INSTALL, Op.REVOKE, Op.VERIFY, Op.PROMOTE, Op.VERIFY_LIVE]
    assert [op for op in begun if op in wanted_order] == wanted_order
    assert told.secret(NAME).gone
    assert told.secret(NAME).restored


def test_a_value_that_the_provider_cannot_accept_yet_is_not_held_against_it():
    told = until(story(), Op.REVOKE)
    assert told.secret(NAME).new.staged
    assert (Op.REVOKE, NAME) in told.ops()
    assert (Op.VERIFY, NAME) not in told.ops()
    assert not told.secret(NAME).swapped


def test_where_a_person_makes_the_change_the_value_is_verified_once_they_say_so():
    told = Story(
        declaration(wanted(entry(NAME, can=capabilities(makes=Makes.INSTALL, revokes=RevokedBy.PERSON, swaps=True))))
    ).run(5)
    assert told.secret(NAME).new.staged
    assert told.secret(NAME).new.verified_at is None
    told.do(c.ConfirmRevoked(NAME))
    told.run(5)
    assert told.secret(NAME).new.verified_at is None  # the provider still accepts the old key, whatever they say
    told.world.killed.add(NAME)
    told.do(c.ConfirmRevoked(NAME))
    told.run(5)
    assert told.secret(NAME).new.verified_at is not None


def test_the_plan_says_that_both_are_one_step():
    told = story()
    steps = step_words(plan_of(told.incident, told.secret(NAME)))
    assert steps[0] == "make a new key and keep it ready"
    assert steps[1].startswith("replace the old key")
    assert "revokes it at the same time" in steps[1]
    assert steps[3] == "verify it"


def test_nothing_is_said_to_be_swapped_where_only_an_older_value_leaked():
    told = Story(declaration(wanted(swapping(), replace=False)))
    assert step_words(plan_of(told.incident, told.secret(NAME)))[-1].startswith("keep the current key")


def test_no_overlap_is_proposed_and_none_can_be_chosen():
    for public in (True, False):
        proposed = propose(swapping(), public=public)
        assert proposed.strategy is m.Strategy.KILL_FIRST
        assert "replacing this one revokes the old one" in proposed.reason
    told = story()
    said = told.refused(c.ChooseStrategy(NAME, m.Strategy.OVERLAP, "so nothing stops"))
    assert "cannot be replaced first: replacing this one revokes the old one" in said


def test_an_overlap_that_was_declared_all_the_same_does_not_wait_for_what_cannot_come():
    told = Story(declaration(wanted(swapping(), strategy=m.Strategy.OVERLAP))).run(5)
    told.do(c.KillNow(NAME, SHOWN))
    told.run(120)
    assert told.secret(NAME).gone


def test_without_a_control_the_old_value_is_not_tried_again_and_again_before_the_new_one_can_be_one():
    told = story(controls=False)
    told.work(only={Op.CAPTURE, Op.SNAPSHOT, Op.INSTALL, Op.REVOKE})
    claim = told.begin(Op.PROVE)
    told.finish(claim, e.OldProbed(claim.number, NAME, probe("dead"), None))
    looks = [work.ready_at for work in schedule(told.incident, told.secret(NAME), told.now) if work.op is Op.PROVE]
    assert looks == [told.now + timedelta(seconds=told.incident.timings.watch)]
    told.work(only={Op.VERIFY})
    looks = [work.ready_at for work in schedule(told.incident, told.secret(NAME), told.now) if work.op is Op.PROVE]
    assert looks < [told.now + timedelta(seconds=told.incident.timings.watch)]
