"""A value that its provider makes out of the old one: used up by that, listed nowhere, and never lost for good."""

import json

import pytest

from bot.errors import Unreachable
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.approval.plan import request_digest
from bot.incident.lanes import new_lane
from bot.incident.model import New, Old, Strategy
from bot.incident.operations import Op
from bot.incident.schedule import pending
from tests.support.consents import SHOWN
from tests.support.rotation import BEN, Died, assert_finished, entry_for, live_made

KIND = "slack/rotating-token"
RENEW = f"{KIND}.renew"


def tokens(credential):
    return json.loads(credential.key.reveal())


def kinds(harness):
    return [type(recorded.event) for recorded in harness.log]


def wants(harness):
    return {work.op for work in pending(harness.incident, harness.clock())}


@pytest.mark.parametrize("strategy", [Strategy.KILL_FIRST, Strategy.OVERLAP])
def test_a_pair_is_renewed_before_it_is_ended(chain, strategy):
    harness, entry = chain(KIND, strategy)
    if strategy is Strategy.OVERLAP:
        harness.run(lambda harness: harness.incident.request is not None)
        harness.tell(c.ApprovePlan(request_digest(harness.incident.request.plans)), BEN)
    harness.settled()
    assert (harness.state(entry).old_state, harness.state(entry).new_state) == (Old.DEAD, New.UNCONFIRMED)
    assert_finished(harness, entry)
    assert harness.failures() == []
    order = kinds(harness)
    assert order.index(e.ValueStaged) < order.index(e.AccessRevoked)
    assert (order.index(e.AccessRevoked) < order.index(e.ValueLive)) is (strategy is Strategy.KILL_FIRST)
    world = harness.providers[KIND].world
    assert not {token.value for token in world.live_keys()} & set(tokens(harness.providers[KIND].old).values())


@pytest.mark.parametrize("call", ["vault.stage", RENEW])
@pytest.mark.parametrize("error", [Died(), Unreachable("slack", "wait", "no answer")])
def test_after_a_death_or_a_lost_answer_the_product_gets_a_pair(chain, call, error):
    """The pair of an answer that was lost lives on for its twelve hours, and nobody has it."""
    harness, entry = chain(KIND)
    harness.grim.after(call, error, nth=2 if call == "vault.stage" else 1)
    if isinstance(error, Died):
        with pytest.raises(Died):
            harness.run()
        harness.take_over()
    harness.settled()
    assert (harness.state(entry).old_state, harness.state(entry).new_state) == (Old.DEAD, New.UNCONFIRMED)
    assert harness.liveness(entry, harness.current(entry)) == "live"
    assert harness.staged() == []
    lost = 1 if call == RENEW else 0
    assert len(live_made(harness, entry)) == 1 + lost
    assert harness.grim.calls.count(RENEW) == 1 + lost


def test_a_pair_that_cannot_be_kept_is_not_asked_for(chain):
    harness, entry = chain(KIND)
    harness.grim.instead_of("vault.stage", Unreachable("ssm", "stage", "no answer"), times=99)
    harness.run(lambda harness: harness.failures())
    assert RENEW not in harness.grim.calls
    harness.grim.rest()
    harness.settled()
    assert_finished(harness, entry)


def test_a_pair_that_was_not_kept_after_all_is_asked_for_again(chain):
    harness, entry = chain(KIND)
    harness.grim.instead_of("vault.stage", Unreachable("ssm", "stage", "no answer"), nth=2, times=3)
    harness.settled()
    assert "the next try asks for another" in harness.failures()[0]
    assert harness.grim.calls.count(RENEW) == 2
    assert harness.liveness(entry, harness.current(entry)) == "live"


def test_a_refresh_token_that_somebody_else_used_holds_up_no_kill(chain):
    harness, entry = chain(KIND)
    harness.providers[KIND].world.faults.inject("renew-used")
    harness.run(lambda harness: harness.state(entry).old.revoked_at)
    assert harness.incident.lane(new_lane("slack-token")).failure.final
    assert "a person has to bring the next pair" in harness.failures()[0]
    access, refresh = harness.providers[KIND].world.add_pair()
    harness.submit(entry, json.dumps({"access_token": access.value, "refresh_token": refresh.value}))
    harness.settled()
    assert tokens(harness.current(entry))["refresh_token"] == refresh.value
    assert harness.state(entry).old_state is Old.DEAD


def test_a_kill_waits_for_the_renewal_only_while_one_is_wanted(chain):
    harness, entry = chain(KIND)
    harness.run(lambda harness: harness.state(entry).old.snapshot_at or harness.state(entry).old.last_probe_at)
    assert Op.REVOKE not in wants(harness)
    harness.tell(c.BreakGlass({entry.name: SHOWN}, "it is on television"))
    assert Op.REVOKE in wants(harness)


def test_a_pair_that_is_not_replaced_ends_at_once_with_both_its_tokens(rig_of):
    harness = rig_of(KIND)
    entry = entry_for(KIND)
    harness.store(entry)
    harness.declare(entry, replacing=False)
    harness.run(lambda harness: harness.state(entry).old.revoked_at)
    living = {token.value for token in harness.providers[KIND].world.live_keys()}
    assert not living & set(tokens(harness.providers[KIND].old).values())
    assert RENEW not in harness.grim.calls
