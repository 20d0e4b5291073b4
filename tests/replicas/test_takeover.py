"""Two replicas on one PostgreSQL. One is killed, stopped or cut off in the middle of making a key, in the worst moment:
the provider has made it, and the answer is on its way. The other finishes, and no key is left that nobody knows of.
"""

import signal
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from bot.incident.events import NoteAdded, OrphanEnded
from bot.incident.operations import Op
from tests.replicas.fleet import openai, sendgrid, until
from tests.support.machine import overloaded

pytestmark = [pytest.mark.process, pytest.mark.timeout(240)]

OPENAI, SENDGRID = "openai-api-key", "sendgrid-api-key"
TAKEN_OVER_WITHIN = 5.0


def accepted(practice_world):
    """The values that the providers accept."""
    return {key.value for key in (*openai(practice_world).live_keys(), *sendgrid(practice_world).live_keys())}


@pytest.fixture
def before(practice_world):
    """What was accepted before the test. After it one value has gone and one has come, which stands in the vault."""
    yield (known := accepted(practice_world))
    for faults in (openai(practice_world).faults, sendgrid(practice_world).faults):
        faults.clear()
    gone, come = known - accepted(practice_world), accepted(practice_world) - known
    assert (len(gone), len(come)) == (1, 1)
    assert come < {value for _, value in practice_world.account.stored()}


def swept(fleet, incident):
    """Whether nothing is left to look for or to end."""
    state = fleet.state(incident)
    return all(s.new.sweep_at is None and all(s.new.orphans.values()) for s in state.secrets.values())


def finish(fleet, incident):
    fleet.await_settled(incident)
    until(lambda: swept(fleet, incident), 60, why=lambda: fleet.told(incident))


def caught_making(fleet, before, secret, environment):
    """An incident in which a key has been made and a replica waits for the answer; the claim and the replica."""
    practice_world = fleet.practice_world
    faults = openai(practice_world).faults if secret == OPENAI else sendgrid(practice_world).faults
    faults.inject("create-timeout", times=1)
    incident = fleet.declare(secret, environment=environment)
    claim = fleet.await_held(incident, Op.ISSUE)
    until(lambda: accepted(practice_world) - before, 60)
    return incident, claim, fleet.holder(claim)


def test_requests_may_come_by_either_and_have_one_effect(pair, practice_world):
    first, second = (pair.driver(replica) for replica in pair.replicas)
    incident = pair.declare(SENDGRID, environment="staging")
    dana = practice_world.slack_ids["dana"]
    for number, driver in enumerate((first, second, first, second)):
        assert driver.slash(dana, "/compromise", f"note {incident} number {number}").ok
    # Slack delivers again, and this time the other replica gets it.
    first.redeliver(second.last)
    second.redeliver(first.last, number=2)
    until(lambda: len(pair.events(incident, NoteAdded)) >= 4, 10)
    pair.await_settled(incident)
    assert sorted(note.event.text for note in pair.events(incident, NoteAdded)) == [f"number {n}" for n in range(4)]
    assert max(first.acknowledged + second.acknowledged) < 3
    assert len(pair.workers(incident)) == 2
    channel = until(lambda: pair.state(incident).channel, 20)[0]
    posted = [message for message in first.messages(channel) if message.get("metadata", {})]
    assert len(first.channel(channel)["pins"]) == 1, posted


def test_a_killed_replica(pair, before):
    incident, claim, victim = caught_making(pair, before, OPENAI, "production")
    victim.signal(signal.SIGKILL)
    assert pair.await_taken_over(incident, claim) < TAKEN_OVER_WITHIN or overloaded()
    finish(pair, incident)
    assert pair.events(incident, OrphanEnded)
    pair.revive(victim)


def test_a_stopped_replica_comes_back_too_late(pair, before):
    incident, claim, victim = caught_making(pair, before, SENDGRID, "production")
    victim.signal(signal.SIGSTOP)
    assert pair.await_taken_over(incident, claim) < TAKEN_OVER_WITHIN or overloaded()
    victim.signal(signal.SIGCONT)
    until(lambda: pair.refused_outcomes(incident), 90, why=lambda: pair.told(incident))
    finish(pair, incident)
    until(lambda: victim.worker != claim.worker and victim.ready, 90)


def test_a_replica_that_is_cut_from_the_database(pair, proxy, before):
    direct, cut = pair.replicas
    direct.signal(signal.SIGSTOP)  # so that the other has the work
    incident, claim, victim = caught_making(pair, before, OPENAI, "staging")
    assert victim is cut
    direct.signal(signal.SIGCONT)
    until(lambda: direct.worker != "" and direct.ready, 90)
    proxy.cut()
    assert pair.await_taken_over(incident, claim) < TAKEN_OVER_WITHIN or overloaded()
    with pytest.raises(HTTPError) as unwell:
        until(lambda: urlopen(f"{cut.health}/readyz", timeout=30) and False, 20)
    assert (unwell.value.code, b"event log" in unwell.value.read()) == (503, True)
    assert cut.serves
    finish(pair, incident)
    proxy.mend()
    pair.await_ready(cut)
    assert "Traceback" not in cut.said


@pytest.mark.slow_tier
@pytest.mark.parametrize("environment", ["production", "staging"])
def test_three_replicas_of_which_one_is_left(fleet, before, environment):
    replicas = [fleet.start(wait=False) for _ in range(3)]
    for each in replicas:
        fleet.await_ready(each)
    incident, claim, killed = caught_making(fleet, before, SENDGRID, environment)
    stopped = next(each for each in replicas if each is not killed)
    stopped.signal(signal.SIGSTOP)
    killed.signal(signal.SIGKILL)
    assert fleet.await_taken_over(incident, claim) < TAKEN_OVER_WITHIN or overloaded()
    finish(fleet, incident)
    stopped.signal(signal.SIGCONT)
    until(lambda: stopped.ready, 90)
    finish(fleet, incident)
