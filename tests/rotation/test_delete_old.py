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
from tests.support.rotation import ADA, Died, LostLock, Rig


@pytest.fixture
def closed(account):
    """A closed incident at that provider, and its key switched off."""
    rig = Rig(account, {}, others={"elaborate": Elaborate()})
    entry = elaborate_entry(deletes=True)
    stored(rig, entry)
    rig.declare(entry, replacing=False)
    rig.run(lambda rig: rig.state(entry).gone)
    for item in list(rig.state(entry).checks):
        rig.tell(c.EndCheck(entry.name, item, CheckOutcome.CLEAR), ADA)
    assert rig.others["elaborate"].deletions == 0
    rig.close()
    return rig, entry, rig.others["elaborate"]


def test_a_key_is_switched_off_and_deleted_after_the_close(closed):
    rig, entry, provider = closed
    rig.run(seconds=60)
    assert (provider.on, provider.deleted) == (False, True)
    assert [event.detail for event in rig.events(e.OldDeleted)] == ["at Elaborate, by the bot"]
    rig.run(seconds=31 * 24 * 3600)
    assert rig.state(entry).old_state is Old.DEAD
    assert rig.state(entry).old.probes_after_close == 6


def test_what_was_switched_on_again_is_not_deleted(closed):
    rig, _entry, provider = closed
    provider.on = True
    rig.run(seconds=60)
    assert provider.deletions == 0
    assert "it is accepted again" in rig.failures()[0]
    assert rig.incident.lane(delete_lane("elaborate-key")).failure.final


def test_what_is_unclear_is_looked_at_again(closed):
    rig, _entry, provider = closed
    provider.probe, plain = (lambda _credential: Answer(Liveness.UNKNOWN, "HTTP 500")), provider.probe
    rig.run(seconds=2)
    assert provider.deletions == 0
    assert "whether it is dead is unclear (HTTP 500)" in rig.failures()[0]
    provider.probe = plain
    rig.run(seconds=60)
    assert provider.deletions == 1


def test_a_death_in_the_middle(closed):
    rig, _entry, provider = closed
    rig.grim.after("elaborate.delete", Died())
    with pytest.raises(Died):
        rig.run()
    rig.take_over()
    assert provider.deletions == 1
    assert len(rig.events(e.OldDeleted)) == 1


def test_a_lost_answer(closed):
    rig, _entry, provider = closed
    rig.grim.after("elaborate.delete", Unreachable("elaborate", "delete key", "no answer"))
    rig.run(seconds=60)
    assert provider.deletions == 1
    assert len(rig.events(e.OldDeleted)) == 1


def test_without_the_lock_nothing_is_deleted(closed):
    rig, _entry, provider = closed
    rig.mine = False
    with pytest.raises(LostLock):
        rig.run()
    assert provider.deletions == 0


def test_a_class_that_no_longer_can_leaves_it_to_a_person(closed):
    rig, entry, _provider = closed

    class Plain:
        card = Elaborate.card

        def probe(self, credential):
            raise NotImplementedError

    rig.others["elaborate"] = Plain()
    assert "only a person can, in its console" in rig.carry_out(rig.claim_for(Op.DELETE_OLD, entry)).message
