"""The captured value and no other is asked about and ended, whatever comes to stand in its place."""

import pytest

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.lanes import old_lane
from bot.incident.model import Old
from bot.incident.operations import Op
from tests.support.rotation import entry_for


@pytest.mark.parametrize("provider", ["github", "openai"])
def test_a_parameter_that_was_made_anew_holds_another_value_which_is_left_alone(rig_of, provider):
    harness, entry = rig_of(provider), entry_for(provider)
    made = harness.providers[provider]
    harness.store(entry)
    harness.declare(entry, replacing=False)
    harness.run(lambda harness: harness.state(entry).old.snapshot_at)
    harness.world.aws.client("ssm").delete_parameter(Name=entry.main.parameter)
    harness.store(entry, made.sibling)
    harness.run(seconds=300)
    assert harness.liveness(entry, made.sibling) == "live"
    assert harness.liveness(entry, made.old) == "live"
    assert harness.events(e.AccessRevoked) == []
    failure = harness.incident.lane(old_lane(entry.name)).failure
    assert (failure.op, failure.final, harness.state(entry).old_state) == (Op.REVOKE, True, Old.ALIVE)
    assert "now holds another key, which is left alone" in failure.message
    harness.tell(c.ConfirmRevoked(entry.name))
    harness.run(seconds=300)
    assert harness.state(entry).old.last_probe.liveness == "unknown"
    harness.tell(c.AttestDeath(entry.name, "deleted in the console"))
    assert harness.state(entry).old_state is Old.ATTESTED


@pytest.mark.parametrize("provider", ["openai", "sendgrid", "elevenlabs", "supabase", "github", "redis"])
def test_a_value_that_is_stored_with_a_newline_is_found_and_ended_by_the_machine(rig_of, provider):
    harness, entry = rig_of(provider), entry_for(provider)
    old = harness.providers[provider].old
    harness.store(entry, f"{old.key.reveal()}\n")
    harness.declare(entry, replacing=False)
    harness.settled()
    assert harness.state(entry).old_state is Old.DEAD
    assert harness.liveness(entry, old) == "dead"
