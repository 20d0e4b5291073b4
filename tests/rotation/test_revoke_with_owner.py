"""Ending a key together with its owner, over a provider that does it only so: what was agreed to, and nothing else."""

import pytest
from msgspec import structs

from bot.errors import Missing, Unreachable
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.lanes import old_lane
from bot.incident.model import Old
from bot.incident.operations import Op
from bot.model.secrets import Kill, Outage
from tests.support.consents import SHOWN
from tests.support.elaborate import Elaborate, elaborate_entry, stored
from tests.support.rotation import ADA, BEN, Died, Harness, LostLock


@pytest.fixture
def told(account):
    def make(*, alone=True, **flags):
        provider = Elaborate(owner_alone=alone)
        harness = Harness(account, {}, others={"elaborate": provider})
        entry = elaborate_entry(**{"revokes_with_owner": True, **flags})
        stored(harness, entry)
        harness.declare(entry, replacing=False)
        return harness, entry, provider

    return make


def approve(harness):
    harness.run(lambda harness: harness.incident.request)
    for person in (BEN, ADA):  # who declared it had agreed to the end of the key alone
        harness.tell(c.ApprovePlan(harness.incident.request.digest), person)


def test_the_owner_is_deleted_once_that_is_agreed(told):
    harness, entry, provider = told()
    harness.run(seconds=300)
    (needed,) = harness.events(e.RevocationNeedsOwner)
    assert (needed.owner.id, needed.owner.alone) == ("svc-1", True)
    assert provider.owners_deleted == []
    approve(harness)
    harness.run(lambda harness: harness.state(entry).gone)
    assert provider.owners_deleted == ["svc-1"]
    assert harness.state(entry).old.revoked_detail == "at Elaborate, by the bot, together with service account “svc-1”"
    assert harness.state(entry).old_state is Old.DEAD


def test_at_openai_a_replacement_with_an_account_of_its_own_leaves_the_old_account_alone(chain):
    harness, entry = chain("openai", options={"project": "proj_a"})
    world = harness.providers["openai"].world
    harness.sacrificed = {"openai"}
    world.revoke(
        next(key for key in world.live_keys() if key.value == harness.providers["openai"].sibling.key.reveal())
    )
    world.faults.inject("revoke-not-alone")
    harness.run(lambda harness: harness.state(entry).in_place)
    approve(harness)
    harness.settled()
    assert harness.state(entry).old.owner.words == "the service account svc_a, with no other key"
    assert harness.state(entry).old_state is Old.DEAD
    assert harness.liveness(entry, harness.current(entry)) == "live"
    assert harness.staged() == []


def test_an_owner_with_other_living_keys_is_left_alone(told):
    harness, entry, provider = told(alone=False)
    harness.run(seconds=600)
    assert harness.state(entry).revoked_by_person
    assert provider.owners_deleted == []
    assert harness.incident.request is None
    provider.deleted = True
    harness.tell(c.ConfirmRevoked(entry.name))
    harness.run(lambda harness: harness.state(entry).gone)


@pytest.mark.parametrize("change", [{"owner_id": "svc-2"}, {"owner_alone": False}])
def test_what_changed_since_the_approval_is_not_deleted(told, change):
    harness, entry, provider = told()
    approve(harness)
    for name, value in change.items():
        setattr(provider, name, value)
    harness.run(seconds=10)
    assert provider.owners_deleted == []
    assert len(harness.events(e.RevocationNeedsOwner)) == 2
    assert not harness.state(entry).gone


def test_a_death_after_the_deletion(told):
    harness, entry, provider = told()
    approve(harness)
    harness.grim.after("elaborate.revoke_with_owner", Died())
    with pytest.raises(Died):
        harness.run()

    def gone(_held):
        raise Missing("elaborate", "find the owner", "HTTP 404")

    provider.owner = gone
    harness.take_over()
    harness.run(lambda harness: harness.state(entry).gone)
    assert len(harness.events(e.AccessRevoked)) == 1


def test_a_lost_answer(told):
    harness, entry, _provider = told()
    approve(harness)
    harness.grim.after("elaborate.revoke_with_owner", Unreachable("elaborate", "delete svc-1", "no answer"))
    harness.run(lambda harness: harness.state(entry).gone)


def test_without_the_lock_nothing_is_deleted(told):
    harness, _entry, provider = told()
    approve(harness)
    harness.mine = False
    with pytest.raises(LostLock):
        harness.run()
    assert provider.owners_deleted == []


def test_where_it_cannot_be_done_the_refusal_stands(told):
    harness, entry, _provider = told(revokes_with_owner=False)
    harness.run(seconds=60)
    assert harness.events(e.RevocationNeedsOwner) == []
    failure = harness.incident.lane(old_lane(entry.name)).failure
    assert (failure.op, failure.final) == (Op.REVOKE, True)
    assert "with its service account only" in failure.message


def test_a_class_that_no_longer_can_leaves_it_to_a_person(told):
    harness, entry, provider = told()
    harness.run(lambda harness: harness.events(e.RevocationNeedsOwner))

    class Plain:
        card = Elaborate.card

        def probe(self, credential):
            return provider.probe(credential)

        def revoke(self, held):
            raise AssertionError("the owner was agreed to, not the key")

    harness.others["elaborate"] = Plain()
    assert "only a person can, in its console" in harness.carry_out(harness.claim_for(Op.REVOKE, entry)).message


def test_broken_glass_deletes_no_owner(account):
    provider = Elaborate(owner_alone=True)
    harness = Harness(account, {}, others={"elaborate": provider})
    entry = structs.replace(elaborate_entry(revokes_with_owner=True), kill=Kill.IRREVERSIBLE, outage=Outage.DOWN)
    stored(harness, entry)
    harness.declare(entry, replacing=False)
    harness.run(lambda harness: harness.incident.request)
    harness.tell(c.BreakGlass({entry.name: SHOWN}, "abuse"))
    harness.run(seconds=600)
    assert harness.events(e.RevocationNeedsOwner)
    assert provider.owners_deleted == []
