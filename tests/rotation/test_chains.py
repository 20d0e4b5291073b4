"""Whole rotations, each provider by both strategies, until the old value is proven dead and the new one lives."""

import pytest

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.approval.plan import request_digest
from bot.incident.model import New, Old, Strategy
from tests.support.rotation import BEN, assert_finished, entry_for

MACHINE = ["openai", "sendgrid", "redis"]
STRATEGIES = [Strategy.KILL_FIRST, Strategy.OVERLAP]


def approve(rig):
    rig.run(lambda rig: rig.incident.request is not None)
    rig.tell(c.ApprovePlan(request_digest(rig.incident.request.plans)), BEN)


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("provider", MACHINE)
def test_a_machine_rotates(chain, provider, strategy):
    rig, entry = chain(provider, strategy)
    old = rig.providers[provider].old
    if strategy is Strategy.OVERLAP:
        approve(rig)
    rig.settled()
    secret, current = rig.state(entry), rig.current(entry)
    assert (secret.old_state, secret.new_state) == (Old.DEAD, New.UNCONFIRMED)
    assert current.fingerprint == secret.new.fingerprint != secret.old.fingerprint == old.fingerprint
    assert_finished(rig, entry)
    assert rig.labels(entry.main.parameter) == {"previous": 1, "current": 2}
    assert rig.failures() == []
    order = [type(recorded.event) for recorded in rig.log]
    killed_first = order.index(e.AccessRevoked) < order.index(e.ValueLive)
    assert killed_first is (strategy is Strategy.KILL_FIRST)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_people_rotate_what_has_no_api(chain, strategy):
    rig, entry = chain("stripe", strategy)
    stripe = rig.providers["stripe"]

    def kill():
        stripe.kill_by_hand()
        rig.tell(c.ConfirmRevoked(entry.name))

    if strategy is Strategy.KILL_FIRST:
        rig.run(lambda rig: rig.state(entry).old.snapshot_at)
        kill()
        rig.run(lambda rig: rig.state(entry).gone)
        rig.submit(entry, stripe.make_by_hand().key.reveal())
    else:
        rig.run(lambda rig: rig.state(entry).old.snapshot_at)
        rig.submit(entry, stripe.make_by_hand().key.reveal())
        rig.run(lambda rig: rig.state(entry).in_place)
        assert rig.liveness(entry, stripe.old) == "live"
        kill()
    rig.settled()
    secret = rig.state(entry)
    assert (secret.old_state, secret.new_state) == (Old.DEAD, New.UNCONFIRMED)
    assert secret.new.submitted_by == "ada"
    assert secret.new.verified_detail == "HTTP 200; same account"
    assert rig.current(entry).fingerprint == secret.new.fingerprint
    assert rig.staged() == []


def test_two_secrets_share_a_function(rig_of):
    rig = rig_of("openai", "sendgrid")
    entries = [entry_for("openai"), entry_for("sendgrid")]
    for entry in entries:
        rig.store(entry)
    rig.declare(*entries)
    rig.settled()
    for entry in entries:
        assert_finished(rig, entry)
    assert rig.incident.functions["api"].versions == {entry.main.parameter: 2 for entry in entries}


def test_after_the_close_the_old_value_is_looked_at_again(chain):
    rig, entry = chain("openai")
    rig.settled()
    rig.close(BEN)
    rig.run(seconds=31 * 24 * 3600)
    assert rig.state(entry).old.probes_after_close == 6
    assert rig.incident.closed
    assert not rig.incident.halted


def test_one_that_answers_after_the_close_reopens(chain):
    rig, entry = chain("openai")
    rig.settled()
    rig.close(BEN)
    world = rig.providers["openai"].world
    key = next(key for key in world.all_keys() if key.value == rig.providers["openai"].old.key.reveal())
    key.revoked_at = None
    rig.run(lambda rig: rig.incident.open, seconds=3600)
    assert rig.state(entry).old_state is Old.REVOKING


def test_a_replacement_rotated_after_the_close_stops_nothing(chain):
    rig, entry = chain("openai")
    rig.settled()
    rig.close(BEN)
    world = rig.providers["openai"].world
    for key in world.live_keys():
        if key.name.startswith("inc_"):
            world.revoke(key)
    rig.store(entry, world.add_key("proj_a", "rotated on schedule", service_account="svc_a").value)
    rig.run(seconds=31 * 24 * 3600)
    assert rig.incident.closed
    assert not rig.incident.halted
