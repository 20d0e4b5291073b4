"""A worker that dies, or an answer that is lost, after any call that changes something: the next one looks first."""

import pytest

from bot.errors import Unreachable
from bot.incident import events as e
from bot.incident.lanes import new_lane
from bot.incident.model import Strategy
from bot.incident.operations import Op
from bot.providers.aws_iam.access_keys import User
from bot.providers.aws_iam.provider import AwsIam
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
    harness, entry = chain(provider)
    harness.grim.after(call, Died(), nth=nth)
    with pytest.raises(Died):
        harness.run()
    harness.take_over()
    harness.settled()
    assert_finished(harness, entry)
    assert len(harness.events(e.ClaimLost)) == 1


@pytest.mark.parametrize(("provider", "call", "nth"), CHANGES[1::2])
def test_a_lost_answer(chain, provider, call, nth):
    harness, entry = chain(provider)
    harness.grim.after(call, Unreachable(call, "wait", "no answer"), nth=nth)
    harness.settled()
    assert_finished(harness, entry)


@pytest.mark.parametrize("call", ["openai.issue", "vault.stage", "vault.put"])
def test_a_death_within_an_overlap(chain, call):
    harness, entry = chain("openai", Strategy.OVERLAP)
    harness.grim.after(call, Died())
    with pytest.raises(Died):
        harness.run()
    harness.take_over()
    harness.run(lambda harness: harness.state(entry).in_place)
    assert harness.liveness(entry, harness.providers["openai"].old) == "live"
    harness.run(lambda harness: all(harness.state(entry).new.orphans.values()))
    assert len(live_made(harness, entry)) == 1


def test_a_deny_that_was_put_and_not_recorded_is_found_and_not_put_again(chain):
    harness, entry = chain("openai")
    harness.settled()
    iam = harness.world.aws.client("iam")
    harness.world.create_role("api")
    harness.others["openai"] = AwsIam(harness.world.aws, User(harness.world.aws, "app"))
    agreed = e.DenyAgreed("api", entry.name, harness.clock().replace(microsecond=0), entry.consumers, "ada")
    harness.record(agreed, harness.clock(), "eli")
    harness.grim.after("openai.deny", Died())
    with pytest.raises(Died):
        harness.run()
    harness.take_over()
    harness.run(lambda harness: harness.incident.functions[entry.consumers[0].function].versions.get("sessions of api"))
    assert iam.list_role_policies(RoleName="api")["PolicyNames"] == ["compromise-inc_ab12cd-deny-before"]
    assert [event.until for event in harness.events(e.DenySeen)] == [agreed.until]
    assert harness.grim.calls.count("openai.deny") == 2


def test_a_key_that_was_made_but_not_staged_is_doomed_before_it_is_ended(chain):
    harness, entry = chain("openai")
    harness.grim.after("openai.issue", Died())
    with pytest.raises(Died):
        harness.run()
    orphan = next(key for key in harness.providers["openai"].world.live_keys() if key.name.startswith("inc_"))
    harness.take_over()
    assert harness.events(e.OrphansFound)[0].keys == (f"proj_a/{orphan.id}",)
    assert orphan.revoked_at is None
    harness.settled()
    assert orphan.revoked_at is not None
    assert [event.key for event in harness.events(e.OrphanEnded)] == [f"proj_a/{orphan.id}"]
    assert harness.state(entry).new.name == "inc_ab12cd_openai_api_key_3"


@pytest.mark.parametrize(("call", "told"), [("openai.issue", e.OrphansFound), ("vault.stage", e.ValueStaged)])
def test_what_went_to_make_room_is_told_once_by_whoever_takes_over(chain, monkeypatch, call, told):
    kind = type(chain("openai")[0].providers["openai"].provider)
    monkeypatch.setattr(kind, "made_room", lambda _provider, prefix: f"{prefix}spare", raising=False)
    harness, entry = chain("openai")
    harness.grim.after(call, Died())
    with pytest.raises(Died):
        harness.run()
    harness.take_over()
    harness.settled()
    assert_finished(harness, entry)
    said = [r.event for r in harness.log if getattr(r.event, "made_room", "")]
    assert [(type(event), event.made_room) for event in said] == [(told, "inc_ab12cd_openai_api_key_spare")]


def test_what_went_for_a_key_that_was_never_made_is_told_by_the_sweep(chain, monkeypatch):
    kind = type(chain("openai")[0].providers["openai"].provider)
    monkeypatch.setattr(kind, "made_room", lambda _provider, _prefix: "spare", raising=False)
    harness, entry = chain("openai")
    harness.run(lambda harness: harness.state(entry).old.captured_at)
    assert harness.carry_out(harness.claim_for(Op.SWEEP, entry)) == e.Swept(2, entry.name, "spare")


def test_a_trial_of_staging_goes_with_the_staged_values(chain):
    harness, entry = chain("openai")
    harness.grim.after("openai.issue", Died())
    with pytest.raises(Died):
        harness.run()
    harness.take_over()
    harness.grim.after("vault.stage", Died())
    with pytest.raises(Died):
        harness.run()
    assert harness.vault.staged(f"/_compromise/{harness.incident.id}/{entry.name}")
    harness.take_over()
    harness.settled()
    assert_finished(harness, entry)


def test_a_key_that_was_staged_but_not_recorded_is_adopted(chain):
    harness, entry = chain("openai")
    harness.grim.after("vault.stage", Died())
    with pytest.raises(Died):
        harness.run()
    harness.take_over()
    harness.settled()
    assert harness.events(e.OrphansFound) == []
    assert harness.grim.calls.count("openai.issue") == 1
    assert harness.state(entry).new.name == "inc_ab12cd_openai_api_key_1"


def test_an_install_is_repeated_with_the_same_value(chain):
    harness, entry = chain("redis")
    harness.grim.after("redis.install", Died())
    with pytest.raises(Died):
        harness.run()
    harness.take_over()
    harness.settled()
    assert harness.grim.calls.count("redis.generate") == 1
    assert harness.grim.calls.count("redis.install") == 2
    assert_finished(harness, entry)


def test_a_written_parameter_is_not_written_again(chain):
    harness, entry = chain("openai")
    harness.grim.after("vault.put", Unreachable("ssm", "write", "no answer"))
    harness.settled()
    assert harness.grim.calls.count("vault.put") == 1
    assert harness.state(entry).new.versions == {entry.main.parameter: 2}
    assert harness.labels(entry.main.parameter) == {"previous": 1, "current": 2}


def test_a_key_made_after_the_take_over_is_swept(chain):
    """The call of a dead worker may act late: what it makes is found when all time-outs are over."""
    harness, entry = chain("openai")
    harness.grim.instead_of("openai.issue", Died())
    with pytest.raises(Died):
        harness.run()
    harness.take_over()
    harness.run(lambda harness: harness.state(entry).gone and harness.state(entry).in_place)
    world = harness.providers["openai"].world
    late = world.new_key("proj_a", "inc_ab12cd_openai_api_key_1", "svc_a")
    harness.settled()
    assert late.revoked_at is not None
    assert (Op.SWEEP, new_lane("openai-api-key")) in harness.ran
    assert_finished(harness, entry)


def test_a_password_installed_but_not_recorded_is_swept(chain):
    harness, entry = chain("redis")
    harness.grim.instead_of("redis.generate", Died())
    with pytest.raises(Died):
        harness.run()
    harness.take_over()
    harness.run(lambda harness: harness.state(entry).gone and harness.state(entry).in_place)
    provider, old = harness.provider(entry), harness.providers["redis"].old
    late = provider.generate(old)
    harness.values.add(late.key.secret_part.reveal())
    harness.vault.stage("/_compromise/inc_ab12cd/redis-url/new/inc_ab12cd_redis_url_9/url", late.key)
    provider.install(late, old)
    assert len(live_made(harness, entry)) == 2
    harness.grim.after("vault.unstage", Died())
    with pytest.raises(Died):
        harness.run()
    harness.take_over()
    harness.settled()
    assert harness.liveness(entry, late) == "dead"
    assert_finished(harness, entry)
