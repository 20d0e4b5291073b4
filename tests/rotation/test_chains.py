"""Whole rotations, each provider by both strategies, until the old key is dead and the new one lives."""

import pytest

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.model import BOT, New, Old, Strategy
from bot.incident.operations import Op
from bot.incident.schedule import pending
from tests.support.rotation import BEN, assert_finished, entry_for

MACHINE = ["openai", "sendgrid", "redis"]
STRATEGIES = [Strategy.KILL_FIRST, Strategy.OVERLAP]


def approve(harness):
    harness.run(lambda harness: harness.incident.request is not None)
    harness.tell(c.ApprovePlan(harness.incident.request.digest), BEN)


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("provider", MACHINE)
def test_a_machine_rotates(chain, provider, strategy):
    harness, entry = chain(provider, strategy)
    old = harness.providers[provider].old
    if strategy is Strategy.OVERLAP:
        approve(harness)
    harness.settled()
    secret, current = harness.state(entry), harness.current(entry)
    assert (secret.old_state, secret.new_state) == (Old.DEAD, New.UNCONFIRMED)
    assert current.fingerprint == secret.new.fingerprint != secret.old.fingerprint == old.fingerprint
    assert_finished(harness, entry)
    assert harness.labels(entry.main.parameter) == {"previous": 1, "current": 2}
    assert harness.failures() == []
    order = [type(recorded.event) for recorded in harness.log]
    killed_first = order.index(e.AccessRevoked) < order.index(e.ValueLive)
    assert killed_first is (strategy is Strategy.KILL_FIRST)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_people_rotate_what_has_no_api(chain, strategy):
    harness, entry = chain("stripe", strategy)
    stripe = harness.providers["stripe"]

    def kill():
        stripe.kill_by_hand()
        harness.tell(c.ConfirmRevoked(entry.name))

    if strategy is Strategy.KILL_FIRST:
        harness.run(lambda harness: harness.state(entry).old.snapshot_at)
        kill()
        harness.run(lambda harness: harness.state(entry).gone)
        harness.submit(entry, stripe.make_by_hand().key.reveal())
    else:
        harness.run(lambda harness: harness.state(entry).old.snapshot_at)
        harness.submit(entry, stripe.make_by_hand().key.reveal())
        harness.run(lambda harness: harness.state(entry).in_place)
        assert harness.liveness(entry, stripe.old) == "live"
        kill()
    harness.settled()
    secret = harness.state(entry)
    assert (secret.old_state, secret.new_state) == (Old.DEAD, New.UNCONFIRMED)
    assert secret.new.submitted_by == "ada"
    assert secret.new.verified_detail == "HTTP 200; same account"
    assert harness.current(entry).fingerprint == secret.new.fingerprint
    assert harness.staged() == []


def test_of_two_values_that_people_bring_the_later_one_counts_even_while_the_first_is_received(rig_of):
    harness, entry = rig_of("stripe"), entry_for("stripe")
    harness.store(entry)
    harness.declare(entry)
    harness.run(lambda harness: harness.state(entry).old.snapshot_at)
    first, second = (harness.providers["stripe"].make_by_hand() for _ in range(2))
    harness.submit(entry, first.key.reveal())
    claim = harness.claim(next(w for w in pending(harness.incident, harness.clock()) if w.op is Op.RECEIVE))
    received = harness.carry_out(claim)
    harness.submit(entry, second.key.reveal())
    harness.tell(c.Finish(received, claim.lane), BOT)
    harness.run(lambda harness: harness.state(entry).in_place)
    assert harness.current(entry).fingerprint == second.fingerprint


def test_two_secrets_share_a_function(rig_of):
    harness = rig_of("openai", "sendgrid")
    entries = [entry_for("openai"), entry_for("sendgrid")]
    for entry in entries:
        harness.store(entry)
    harness.declare(*entries)
    harness.settled()
    for entry in entries:
        assert_finished(harness, entry)
    assert harness.incident.functions["api"].versions == {entry.main.parameter: 2 for entry in entries}


def test_after_the_close_the_old_value_is_looked_at_again(chain):
    harness, entry = chain("openai")
    harness.settled()
    harness.close(BEN)
    harness.run(seconds=31 * 24 * 3600)
    assert harness.state(entry).old.probes_after_close == 6
    assert harness.incident.closed
    assert not harness.incident.halted


def test_one_that_answers_after_the_close_reopens(chain):
    harness, entry = chain("openai")
    harness.settled()
    harness.close(BEN)
    world = harness.providers["openai"].world
    key = next(key for key in world.all_keys() if key.value == harness.providers["openai"].old.key.reveal())
    key.revoked_at = None
    harness.run(lambda harness: harness.incident.open, seconds=3600)
    assert harness.state(entry).old_state is Old.REVOKING


def test_a_replacement_rotated_after_the_close_stops_nothing(chain):
    harness, entry = chain("openai")
    harness.settled()
    harness.close(BEN)
    world = harness.providers["openai"].world
    for key in world.live_keys():
        if key.name.startswith("inc_"):
            world.revoke(key)
    harness.store(entry, world.add_key("proj_a", "rotated on schedule", service_account="svc_a").value)
    harness.run(seconds=31 * 24 * 3600)
    assert harness.incident.closed
    assert not harness.incident.halted
