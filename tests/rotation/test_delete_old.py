"""Deleting what was switched off, over a provider that can: it looks first, and dies well."""

import pytest

from bot.errors import Unreachable
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.lanes import delete_lane
from bot.incident.model import CheckOutcome, Old
from bot.incident.operations import Op
from bot.model.probes import Answer, Liveness
from tests.support.elaborate import Elaborate, elaborate_entry, stored
from tests.support.rotation import ADA, Died, Harness, LostLock


@pytest.fixture
def closed(account):
    """A closed incident at that provider, and its key switched off."""
    harness = Harness(account, {}, others={"elaborate": Elaborate()})
    entry = elaborate_entry(deletes=True)
    stored(harness, entry)
    harness.declare(entry, replacing=False)
    harness.run(lambda harness: harness.state(entry).gone)
    for item in list(harness.state(entry).checks):
        harness.tell(c.EndCheck(entry.name, item, CheckOutcome.CLEAR, "looked"), ADA)
    assert harness.others["elaborate"].deletions == 0
    harness.close()
    return harness, entry, harness.others["elaborate"]


def test_a_key_is_switched_off_and_deleted_after_the_close(closed):
    harness, entry, provider = closed
    harness.run(seconds=60)
    assert (provider.on, provider.deleted) == (False, True)
    assert [event.detail for event in harness.events(e.OldDeleted)] == ["at Elaborate, by the bot"]
    harness.run(seconds=31 * 24 * 3600)
    assert harness.state(entry).old_state is Old.DEAD
    assert harness.state(entry).old.probes_after_close == 6


def test_what_was_switched_on_again_is_not_deleted(closed):
    harness, _entry, provider = closed
    provider.on = True
    harness.run(seconds=60)
    assert provider.deletions == 0
    assert "it is accepted again" in harness.failures()[0]
    assert harness.incident.lane(delete_lane("elaborate-key")).failure.final


def test_what_is_unclear_is_looked_at_again(closed):
    harness, _entry, provider = closed
    provider.probe, plain = (lambda _credential: Answer(Liveness.UNKNOWN, "HTTP 500")), provider.probe
    harness.run(seconds=2)
    assert provider.deletions == 0
    assert "unknown whether it is dead (HTTP 500)" in harness.failures()[0]
    provider.probe = plain
    harness.run(seconds=60)
    assert provider.deletions == 1


def test_a_death_in_the_middle(closed):
    harness, _entry, provider = closed
    harness.grim.after("elaborate.delete", Died())
    with pytest.raises(Died):
        harness.run()
    harness.take_over()
    assert provider.deletions == 1
    assert len(harness.events(e.OldDeleted)) == 1


def test_a_lost_answer(closed):
    harness, _entry, provider = closed
    harness.grim.after("elaborate.delete", Unreachable("elaborate", "delete key", "no answer"))
    harness.run(seconds=60)
    assert provider.deletions == 1
    assert len(harness.events(e.OldDeleted)) == 1


def test_without_the_lock_nothing_is_deleted(closed):
    harness, _entry, provider = closed
    harness.mine = False
    with pytest.raises(LostLock):
        harness.run()
    assert provider.deletions == 0


def test_a_class_that_no_longer_can_leaves_it_to_a_person(closed):
    harness, entry, _provider = closed

    class Plain:
        card = Elaborate.card

        def probe(self, credential):
            raise NotImplementedError

    harness.others["elaborate"] = Plain()
    assert "only a person can, in its console" in harness.carry_out(harness.claim_for(Op.DELETE_OLD, entry)).message
