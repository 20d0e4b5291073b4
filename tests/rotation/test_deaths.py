"""A worker that dies, or an answer that is lost, after any call that changes something: the next one looks first."""

import pytest

from bot.errors import Unreachable
from bot.incident import events as e
from bot.incident.lanes import new_lane
from bot.incident.model import Strategy
from bot.incident.operations import Op
from tests.support.rotation import Died, assert_finished, live_made

CHANGES = [
    ("openai", "openai.revoke", 1),
    ("openai", "openai.issue", 1),
    ("openai", "vault.stage", 1),
    ("openai", "vault.put", 1),
    ("openai", "vault.label", 1),
    ("openai", "vault.label", 2),
    ("openai", "consumers.refresh", 1),
    ("openai", "vault.unstage", 1),
    ("sendgrid", "sendgrid.revoke", 1),
    ("sendgrid", "sendgrid.issue", 1),
    ("sendgrid", "vault.stage", 1),
    ("redis", "redis.revoke", 1),
    ("redis", "redis.generate", 1),
    ("redis", "vault.stage", 1),
    ("redis", "redis.install", 1),
    ("redis", "vault.put", 1),
]
LOOKS = [("openai", name, 1) for name in ("openai.identify", "openai.snapshot")]
LOOKS += [("openai", "vault.read", number) for number in (2, 7)]


@pytest.mark.parametrize(("provider", "call", "nth"), CHANGES + LOOKS)
def test_a_death(chain, provider, call, nth):
    rig, entry = chain(provider)
    rig.grim.after(call, Died(), nth=nth)
    with pytest.raises(Died):
        rig.run()
    rig.take_over()
    rig.settled()
    assert_finished(rig, entry)
    assert len(rig.events(e.ClaimLost)) == 1


@pytest.mark.parametrize(("provider", "call", "nth"), CHANGES[1::2])
def test_a_lost_answer(chain, provider, call, nth):
    rig, entry = chain(provider)
    rig.grim.after(call, Unreachable(call, "wait", "no answer"), nth=nth)
    rig.settled()
    assert_finished(rig, entry)


@pytest.mark.parametrize("call", ["openai.issue", "vault.stage", "vault.put"])
def test_a_death_within_an_overlap(chain, call):
    rig, entry = chain("openai", Strategy.OVERLAP)
    rig.grim.after(call, Died())
    with pytest.raises(Died):
        rig.run()
    rig.take_over()
    rig.run(lambda rig: rig.state(entry).in_place)
    assert rig.liveness(entry, rig.providers["openai"].old) == "live"
    rig.run(lambda rig: all(rig.state(entry).new.orphans.values()))
    assert len(live_made(rig, entry)) == 1


def test_a_key_that_was_made_but_not_staged_is_doomed_before_it_is_ended(chain):
    rig, entry = chain("openai")
    rig.grim.after("openai.issue", Died())
    with pytest.raises(Died):
        rig.run()
    orphan = next(key for key in rig.providers["openai"].world.live_keys() if key.name.startswith("inc_"))
    rig.take_over()
    assert rig.events(e.OrphansFound)[0].keys == (f"proj_a/{orphan.id}",)
    assert orphan.revoked_at is None
    rig.settled()
    assert orphan.revoked_at is not None
    assert [event.key for event in rig.events(e.OrphanEnded)] == [f"proj_a/{orphan.id}"]
    assert rig.state(entry).new.name == "inc_ab12cd_openai_api_key_3"


def test_a_trial_of_staging_goes_with_the_staged_values(chain):
    rig, entry = chain("openai")
    rig.grim.after("openai.issue", Died())
    with pytest.raises(Died):
        rig.run()
    rig.take_over()
    rig.grim.after("vault.stage", Died())
    with pytest.raises(Died):
        rig.run()
    assert rig.vault.staged(f"/_compromise/{rig.incident.id}/{entry.name}")
    rig.take_over()
    rig.settled()
    assert_finished(rig, entry)


def test_a_key_that_was_staged_but_not_recorded_is_adopted(chain):
    rig, entry = chain("openai")
    rig.grim.after("vault.stage", Died())
    with pytest.raises(Died):
        rig.run()
    rig.take_over()
    rig.settled()
    assert rig.events(e.OrphansFound) == []
    assert rig.grim.calls.count("openai.issue") == 1
    assert rig.state(entry).new.name == "inc_ab12cd_openai_api_key_1"


def test_an_install_is_repeated_with_the_same_value(chain):
    rig, entry = chain("redis")
    rig.grim.after("redis.install", Died())
    with pytest.raises(Died):
        rig.run()
    rig.take_over()
    rig.settled()
    assert rig.grim.calls.count("redis.generate") == 1
    assert rig.grim.calls.count("redis.install") == 2
    assert_finished(rig, entry)


def test_a_written_parameter_is_not_written_again(chain):
    rig, entry = chain("openai")
    rig.grim.after("vault.put", Unreachable("ssm", "write", "no answer"))
    rig.settled()
    assert rig.grim.calls.count("vault.put") == 1
    assert rig.state(entry).new.versions == {entry.main.parameter: 2}
    assert rig.labels(entry.main.parameter) == {"previous": 1, "current": 2}


def test_a_key_made_after_the_take_over_is_swept(chain):
    """The call of a dead worker may act late: what it makes is found when all time-outs are over."""
    rig, entry = chain("openai")
    rig.grim.instead_of("openai.issue", Died())
    with pytest.raises(Died):
        rig.run()
    rig.take_over()
    rig.run(lambda rig: rig.state(entry).gone and rig.state(entry).in_place)
    world = rig.providers["openai"].world
    late = world.new_key("proj_a", "inc_ab12cd_openai_api_key_1", "svc_a")
    rig.settled()
    assert late.revoked_at is not None
    assert (Op.SWEEP, new_lane("openai-api-key")) in rig.ran
    assert_finished(rig, entry)


def test_a_password_installed_but_not_recorded_is_swept(chain):
    rig, entry = chain("redis")
    rig.grim.instead_of("redis.generate", Died())
    with pytest.raises(Died):
        rig.run()
    rig.take_over()
    rig.run(lambda rig: rig.state(entry).gone and rig.state(entry).in_place)
    provider, old = rig.provider(entry), rig.providers["redis"].old
    late = provider.generate(old)
    rig.values.add(late.key.secret_part.reveal())
    rig.vault.stage("/_compromise/inc_ab12cd/redis-url/new/inc_ab12cd_redis_url_9/url", late.key)
    provider.install(late, old)
    assert len(live_made(rig, entry)) == 2
    rig.grim.after("vault.unstage", Died())
    with pytest.raises(Died):
        rig.run()
    rig.take_over()
    rig.settled()
    assert rig.liveness(entry, late) == "dead"
    assert_finished(rig, entry)
