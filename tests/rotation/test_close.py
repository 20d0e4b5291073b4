"""Given an incident that people close over a new key that is not known to be in place, what becomes of its key."""

import pytest

from bot.errors import Refused
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.approval.proposals import proposal_digest
from bot.incident.changes import put, replace
from bot.incident.closing.open_items import acceptable, accepted
from bot.incident.lanes import new_lane
from bot.incident.model import BOT
from bot.incident.operations import Op
from bot.incident.schedule import pending
from bot.rotation.end_orphan import end_orphan
from tests.support.rotation import ADA, BEN, Died, assert_finished, live_made

PROVIDERS = ("openai", "redis")


def verified(chain, provider="openai"):
    harness, entry = chain(provider)
    harness.run(lambda harness: harness.state(entry).new.verified_at)
    return harness, entry


def begin(harness, op):
    """Works until this operation can be claimed, and claims it."""
    harness.run(lambda harness: any(work.op is op for work in pending(harness.incident, harness.clock())))
    return harness.claim(next(work for work in pending(harness.incident, harness.clock()) if work.op is op))


def finish(harness, claim, outcome):
    harness.tell(c.Finish(outcome, claim.lane), BOT)


def close(harness):
    """Two people close over all that is open."""
    harness.close(ADA)
    proposal = harness.incident.proposal
    harness.tell(c.ApproveProposal(proposal_digest(harness.incident, proposal)), BEN)
    assert not harness.incident.open


def closed(harness):
    """As logs hold it of a close that waited for nothing."""
    left = accepted(acceptable(harness.incident))
    harness.record(e.IncidentClosed("enough", left), harness.clock(), "ada")


def serves(harness, entry):
    """Whether what stands in the parameter is a new key, and is accepted."""
    current = harness.current(entry)
    return current.fingerprint != harness.state(entry).old.fingerprint and harness.liveness(entry, current) == "live"


@pytest.mark.parametrize("provider", PROVIDERS)
def test_what_a_promotion_under_way_has_written_outlives_the_close(chain, provider):
    harness, entry = verified(chain, provider)
    claim = begin(harness, Op.PROMOTE)
    outcome = harness.carry_out(claim)
    with pytest.raises(AssertionError, match="putting the new key in place"):
        harness.close(ADA)
    finish(harness, claim, outcome)
    close(harness)
    harness.run()
    assert serves(harness, entry)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_what_a_worker_had_written_when_it_died_outlives_the_close(chain, provider):
    harness, entry = verified(chain, provider)
    claim = begin(harness, Op.PROMOTE)
    harness.grim.after("vault.put", Died())
    with pytest.raises(Died):
        harness.carry_out(claim)
    with pytest.raises(AssertionError, match="Wait until that ends"):
        harness.close(ADA)
    harness.take_over()
    close(harness)
    harness.run()
    assert serves(harness, entry)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_close_over_a_promotion_that_stopped_half_way_ends_nothing_and_it_can_be_finished_later(chain, provider):
    harness, entry = verified(chain, provider)
    harness.grim.instead_of("vault.label", Refused("ssm", "label", "not allowed"))
    harness.run(lambda harness: harness.failures())
    harness.grim.rest()
    close(harness)
    assert "so its key would keep working" in next(
        item.words for item in harness.incident.accepted_items if "new" in item.key
    )
    harness.run()
    assert serves(harness, entry)
    harness.tell(c.Reopen("it is half done"), ADA)
    harness.tell(c.Retry(new_lane(entry.name)), ADA)
    harness.run(lambda harness: harness.state(entry).in_place)
    assert serves(harness, entry)
    assert len(live_made(harness, entry)) == 1


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("taken_over", [False, True])
def test_so_it_is_where_a_log_holds_a_close_in_the_midst_of_it(chain, provider, taken_over):
    harness, entry = verified(chain, provider)
    claim = begin(harness, Op.PROMOTE)
    outcome = harness.carry_out(claim)
    closed(harness)
    if taken_over:
        harness.take_over()
    else:
        finish(harness, claim, outcome)
    harness.run()
    assert serves(harness, entry)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_no_orphan_is_ended_while_its_value_stands_in_the_parameter(chain, provider):
    harness, entry = verified(chain, provider)
    harness.carry_out(begin(harness, Op.PROMOTE))
    secret = harness.state(entry)
    key = secret.new.ours
    orphaned = replace(secret.new, name="", key_id="", orphans={key: False})
    harness.incident = put(harness.incident, replace(secret, new=orphaned))
    job = harness.job(harness.claim_for(Op.END_ORPHAN, entry, detail=key))
    with pytest.raises(Refused, match=f"its value is in {entry.main.parameter}"):
        end_orphan(job)
    assert serves(harness, entry)
    harness.store(entry)
    assert end_orphan(job).key == key
    assert live_made(harness, entry) == []


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_reopened_incident_makes_another_key_than_the_one_that_its_close_ends(chain, provider):
    harness, entry = verified(chain, provider)
    given_up = harness.state(entry).new.fingerprint
    close(harness)
    harness.run_one(next(work for work in pending(harness.incident, harness.clock()) if work.op is Op.END_ORPHAN))
    harness.tell(c.Reopen("it is needed"), ADA)
    harness.settled()
    assert harness.current(entry).fingerprint != given_up
    assert_finished(harness, entry)


@pytest.mark.parametrize(("provider", "op"), [("openai", Op.ISSUE), ("redis", Op.INSTALL)])
def test_a_key_that_came_to_be_after_the_close_ends(chain, provider, op):
    harness, entry = chain(provider)
    claim = begin(harness, op)
    before = live_made(harness, entry)
    outcome = harness.carry_out(claim)
    closed(harness)
    finish(harness, claim, outcome)
    assert list(harness.state(entry).new.orphans.values()) == [False]
    harness.run()
    assert live_made(harness, entry) == before
    assert harness.staged() == []
