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
from tests.support.rotation import BEN, Died, assert_finished, entry_for, live_made

KIND = "slack/rotating-token"
RENEW = f"{KIND}.renew"


def tokens(credential):
    return json.loads(credential.key.reveal())


def kinds(rig):
    return [type(recorded.event) for recorded in rig.log]


def wants(rig):
    return {work.op for work in pending(rig.incident, rig.clock())}


@pytest.mark.parametrize("strategy", [Strategy.KILL_FIRST, Strategy.OVERLAP])
def test_a_pair_is_renewed_before_it_is_ended(chain, strategy):
    rig, entry = chain(KIND, strategy)
    if strategy is Strategy.OVERLAP:
        rig.run(lambda rig: rig.incident.request is not None)
        rig.tell(c.ApprovePlan(request_digest(rig.incident.request.plans)), BEN)
    rig.settled()
    assert (rig.state(entry).old_state, rig.state(entry).new_state) == (Old.DEAD, New.UNCONFIRMED)
    assert_finished(rig, entry)
    assert rig.failures() == []
    order = kinds(rig)
    assert order.index(e.ValueStaged) < order.index(e.AccessRevoked)
    assert (order.index(e.AccessRevoked) < order.index(e.ValueLive)) is (strategy is Strategy.KILL_FIRST)
    world = rig.providers[KIND].world
    assert not {token.value for token in world.live_keys()} & set(tokens(rig.providers[KIND].old).values())


@pytest.mark.parametrize("call", ["vault.stage", RENEW])
@pytest.mark.parametrize("error", [Died(), Unreachable("slack", "wait", "no answer")])
def test_after_a_death_or_a_lost_answer_the_product_gets_a_pair(chain, call, error):
    """The pair of an answer that was lost lives on for its twelve hours, and nobody has it."""
    rig, entry = chain(KIND)
    rig.grim.after(call, error, nth=2 if call == "vault.stage" else 1)
    if isinstance(error, Died):
        with pytest.raises(Died):
            rig.run()
        rig.take_over()
    rig.settled()
    assert (rig.state(entry).old_state, rig.state(entry).new_state) == (Old.DEAD, New.UNCONFIRMED)
    assert rig.liveness(entry, rig.current(entry)) == "live"
    assert rig.staged() == []
    lost = 1 if call == RENEW else 0
    assert len(live_made(rig, entry)) == 1 + lost
    assert rig.grim.calls.count(RENEW) == 1 + lost


def test_a_pair_that_cannot_be_kept_is_not_asked_for(chain):
    rig, entry = chain(KIND)
    rig.grim.instead_of("vault.stage", Unreachable("ssm", "stage", "no answer"), times=99)
    rig.run(lambda rig: rig.failures())
    assert RENEW not in rig.grim.calls
    rig.grim.rest()
    rig.settled()
    assert_finished(rig, entry)


def test_a_pair_that_was_not_kept_after_all_is_asked_for_again(chain):
    rig, entry = chain(KIND)
    rig.grim.instead_of("vault.stage", Unreachable("ssm", "stage", "no answer"), nth=2, times=3)
    rig.settled()
    assert "the next try asks for another" in rig.failures()[0]
    assert rig.grim.calls.count(RENEW) == 2
    assert rig.liveness(entry, rig.current(entry)) == "live"


def test_a_refresh_token_that_somebody_else_used_holds_up_no_kill(chain):
    rig, entry = chain(KIND)
    rig.providers[KIND].world.faults.inject("renew-used")
    rig.run(lambda rig: rig.state(entry).old.revoked_at)
    assert rig.incident.lane(new_lane("slack-token")).failure.final
    assert "a person has to bring the next pair" in rig.failures()[0]
    access, refresh = rig.providers[KIND].world.add_pair()
    rig.submit(entry, json.dumps({"access_token": access.value, "refresh_token": refresh.value}))
    rig.settled()
    assert tokens(rig.current(entry))["refresh_token"] == refresh.value
    assert rig.state(entry).old_state is Old.DEAD


def test_a_kill_waits_for_the_renewal_only_while_one_is_wanted(chain):
    rig, entry = chain(KIND)
    rig.run(lambda rig: rig.state(entry).old.snapshot_at or rig.state(entry).old.last_probe_at)
    assert Op.REVOKE not in wants(rig)
    rig.tell(c.BreakGlass((entry.name,), "it is on television"))
    assert Op.REVOKE in wants(rig)


def test_a_pair_that_is_not_replaced_ends_at_once_with_both_its_tokens(rig_of):
    rig = rig_of(KIND)
    entry = entry_for(KIND)
    rig.store(entry)
    rig.declare(entry, replacing=False)
    rig.run(lambda rig: rig.state(entry).old.revoked_at)
    living = {token.value for token in rig.providers[KIND].world.live_keys()}
    assert not living & set(tokens(rig.providers[KIND].old).values())
    assert RENEW not in rig.grim.calls
