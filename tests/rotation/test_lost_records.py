"""The log went back to an earlier state, by a fail-over or a backup, and what was done since stands at the provider."""

from functools import reduce

import pytest

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.approval.basis import kill_allowed
from bot.incident.evolve import evolve
from bot.incident.model import Strategy
from bot.incident.operations import Op
from tests.support.consents import SHOWN
from tests.support.rotation import assert_finished, live_made


def go_back(harness, entry, log, number):
    """To the state after event `number` of the log, as a worker notices it; someone decides again on the kill."""
    harness.log = list(log[:number])
    harness.incident = reduce(evolve, harness.log, None)
    harness.record(e.RecordsLost(f"{len(log)}:{'d' * 64}"), harness.clock(), "bot")
    harness.take_over()
    secret = harness.state(entry)
    if secret.old.revoked_at is None and not kill_allowed(harness.incident, secret, harness.clock()):
        harness.tell(c.BreakGlass({entry.name: SHOWN}, "it is abused, and the log lost its end"))


def test_no_consent_outlives_the_loss_of_what_may_have_withdrawn_it(chain):
    harness, entry = chain("openai")
    assert kill_allowed(harness.incident, harness.state(entry), harness.clock())
    harness.record(e.RecordsLost(f"9:{'d' * 64}"), harness.clock(), "bot")
    assert not kill_allowed(harness.incident, harness.state(entry), harness.clock())
    assert harness.incident.alerts, "people are woken"
    harness.run()
    assert harness.state(entry).old.revoked_at is None
    assert harness.incident.request is not None, "and asked again"


def after(log, kind):
    """The number of the first event of this kind."""
    return next(each.seq for each in log if isinstance(each.event, kind))


LOST = {"capture": e.SecretAdded, "snapshot": e.OldCaptured, "issue": e.SnapshotTaken, "promote": e.ValueStaged}


@pytest.mark.parametrize("lost", LOST)
@pytest.mark.parametrize("provider", ["openai", "sendgrid", "redis"])
def test_a_worker_that_lost_all_since_a_step_finds_what_it_had_made_and_takes_it_for_nothing_else(
    chain, provider, lost
):
    """The new key stands in the parameter: it is not what leaked, and no second one is made in its place."""
    harness, entry = chain(provider, Strategy.OVERLAP)
    harness.run(lambda harness: harness.state(entry).new.promoted_at)
    log, serving = harness.log, harness.current(entry)
    leaked = harness.state(entry).old.fingerprint

    go_back(harness, entry, log, after(log, LOST[lost]))
    harness.settled()

    assert harness.state(entry).old.fingerprint == leaked
    assert harness.current(entry) == serving
    assert_finished(harness, entry)


@pytest.mark.parametrize("provider", ["openai", "sendgrid"])
def test_an_old_backup_ends_no_key_that_serves(chain, provider):
    """All was over, and staging cleared: the key is known by its name at the provider, and by the parameter."""
    harness, entry = chain(provider)
    harness.settled()
    log, serving = harness.log, harness.current(entry)
    for number in range(after(log, e.SecretAdded), len(log)):
        go_back(harness, entry, log, number)
        harness.run()
        assert harness.current(entry) == serving
        assert harness.liveness(entry, serving) == "live"
        assert len(live_made(harness, entry)) == 1
        if number >= after(log, e.SnapshotTaken):  # before, nobody has seen the old key alive: a person attests
            assert_finished(harness, entry)


def test_no_password_is_put_in_the_place_of_one_that_the_log_does_not_know(chain):
    """Redis lists no keys: whose it is nobody can tell, so a person says whether it stays."""
    harness, entry = chain("redis")
    harness.settled()
    log, serving = harness.log, harness.current(entry)
    go_back(harness, entry, log, after(log, e.SnapshotTaken))
    harness.run()
    assert any("it holds neither the old nor the new key" in failure for failure in harness.failures())
    assert harness.liveness(entry, serving) == "live"
    assert harness.current(entry) == serving


def test_a_key_that_a_sweep_finds_is_not_ended_while_the_parameter_holds_it(chain):
    """The log knows the first replacement, and lost that a second one took its place."""
    harness, entry = chain("openai")
    harness.run(lambda harness: harness.state(entry).in_place)
    second = harness.providers["openai"].world.add_key("proj_a", "inc_ab12cd_openai_api_key_2", service_account="svc_a")
    harness.store(entry, second.value)
    outcome = harness.carry_out(harness.claim_for(Op.END_ORPHAN, entry, detail=f"proj_a/{second.id}"))
    assert "put another one there, then press retry" in outcome.message
