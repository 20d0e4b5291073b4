"""ElastiCache users: a list of two passwords that is replaced whole and never shown."""

from dataclasses import replace

import pytest
import redis as redis_client

from bot.errors import Refused, Unauthorized, Unexpected
from bot.model.probes import Liveness
from bot.providers import PROVIDERS, capabilities, validation_error
from bot.providers.contract import Held
from bot.providers.redis.server import Address
from tests.providers.redis.elasticache_harness import OLD, elasticache, url


@pytest.fixture
def harness():
    with elasticache() as harness:
        yield harness


@pytest.fixture
def users(harness):
    return harness.world.front.cache_users


def alive(harness, *credentials):
    return [harness.provider.probe(each).liveness is Liveness.LIVE for each in credentials]


def with_passwords(harness, users, *credentials):
    """The user as somebody else has left it."""
    user = users._users["product-app"]
    user.passwords = [Address.of(each.key).password.reveal() for each in credentials]
    user.apply(user.passwords)


@pytest.fixture
def new(harness):
    return harness.provider.generate(harness.old)


def test_who_kills_needs_the_replacement_first():
    able = capabilities(PROVIDERS["redis/elasticache"], admin=False)
    assert (able.makes, able.revokes, able.revoke_needs_replacement) == ("install", "machine", True)
    assert "'user_id' is needed" in validation_error("redis", {"kind": "elasticache"}, ["key"])


def test_both_passwords_are_accepted_and_then_the_new_one_alone(harness, users, new):
    harness.provider.install(new, harness.old)
    assert alive(harness, harness.old, new) == [True, True]
    assert harness.provider.snapshot(harness.old, harness.old_id).facts["passwords"] == "2"
    harness.provider.revoke(Held(harness.old, harness.old_id, new))
    assert alive(harness, harness.old, new) == [False, True]
    assert users._users["product-app"].passwords == [Address.of(new.key).password.reveal()]


def test_a_kill_installs_a_replacement_that_was_only_staged(harness, new):
    harness.provider.revoke(Held(harness.old, harness.old_id, new))
    assert alive(harness, harness.old, new) == [False, True]


def test_a_kill_without_a_replacement_is_refused(harness):
    with pytest.raises(Refused, match="cannot have no password"):
        harness.provider.revoke(Held(harness.old, harness.old_id))
    assert alive(harness, harness.old) == [True]


def test_a_password_that_the_bot_does_not_know_is_not_ended_by_the_way(harness, users, new):
    third = harness.provider.generate(harness.old)
    with_passwords(harness, users, harness.old, third)
    for change in (
        lambda: harness.provider.install(new, harness.old),
        lambda: harness.provider.revoke(Held(harness.old, harness.old_id, new)),
    ):
        with pytest.raises(Refused, match="2 passwords, and the bot knows 1"):
            change()
    assert alive(harness, harness.old, third, new) == [True, True, False]


def test_an_ended_password_is_not_brought_back(harness, users, new):
    current = harness.provider.generate(harness.old)
    with_passwords(harness, users, current)
    with pytest.raises(Refused, match="accepts neither"):
        harness.provider.install(new, harness.old)
    harness.provider.revoke(Held(harness.old, harness.old_id, new))  # gone already, and nothing else is touched
    assert alive(harness, harness.old, current, new) == [False, True, False]


def test_removing_one_names_those_that_stay(harness, users, new):
    stray = harness.provider.generate(harness.old)
    harness.provider.install(stray, harness.old)
    with pytest.raises(Refused, match="only when told which stay"):
        harness.provider.uninstall(stray)
    harness.provider.uninstall_beside(stray, harness.old, new)
    assert alive(harness, harness.old, new, stray) == [True, True, False]
    harness.provider.uninstall(stray)
    with_passwords(harness, users, stray)
    with pytest.raises(Refused, match="cannot have none"):
        harness.provider.uninstall_beside(stray, harness.old, None)


def test_open_connections_are_cut_by_the_admin_user(harness, new):
    with redis_client.Redis.from_url(harness.old.key.reveal(), retry=None) as client:
        client.ping()
        connection = client.connection_pool.get_connection()
        connection.connect()

        def use():
            connection.send_command("PING")
            return connection.read_response()

        assert use() in {b"PONG", "PONG"}
        harness.provider.revoke(Held(harness.old, harness.old_id, new))
        with pytest.raises(redis_client.exceptions.ConnectionError):
            use()


def test_without_an_admin_url_the_user_cuts_its_own_or_a_person_is_told(harness, users, new):
    provider = harness.reconfigured(admin=None)
    assert provider.control().liveness is Liveness.UNKNOWN
    provider.revoke(Held(harness.old, harness.old_id, new))
    other, root = harness.provider.generate(harness.old), users._users["product-app"]
    provider.install(other, new)
    apply = root.apply

    def narrow(passwords):
        apply(passwords)
        with redis_client.Redis(port=Address.of(new.key).port) as server:
            server.execute_command("ACL", "SETUSER", "cacheapp", "-client")

    root.apply = narrow
    with pytest.raises(Refused, match="its open connections live on"):
        provider.revoke(Held(new, harness.old_id, other))
    assert alive(harness, new, other) == [False, True]


def test_an_admin_url_of_another_server_or_the_same_user_is_refused(harness, new):
    for admin, why in (
        ("redis://cachebot:x@127.0.0.1:1", "none of the hosts"),
        (harness.old.key.reveal(), "very user"),
    ):
        with pytest.raises(Refused, match=why):
            harness.reconfigured(admin=admin).revoke(Held(harness.old, harness.old_id, new))
    assert alive(harness, harness.old) == [True]


def test_a_change_takes_effect_once_the_user_is_active_again(harness, users, new):
    users._update_seconds = 3.0
    waited = []

    def pause(seconds):
        waited.append(seconds)
        harness.clock.advance(seconds)

    provider = replace(harness.provider, pause=pause)
    provider.install(new, harness.old)
    assert waited == [1.0, 1.0, 1.0]
    assert alive(harness, harness.old, new) == [True, True]


def test_a_change_that_takes_too_long_is_finished_by_the_next_try(harness, users, new):
    users._update_seconds = 60.0
    provider = replace(harness.provider, pause=lambda _seconds: None)
    with pytest.raises(Unexpected, match="still at it"):
        provider.install(new, harness.old)
    with pytest.raises(Unexpected, match="in progress"):
        provider.install(new, harness.old)
    harness.clock.advance(61)
    provider.install(new, harness.old)
    assert alive(harness, harness.old, new) == [True, True]


def test_a_change_without_effect_is_seen_by_the_probe_alone(harness, new):
    harness.world.front.faults.inject("elasticache-modify-ignored")
    harness.provider.revoke(Held(harness.old, harness.old_id, new))
    harness.world.front.faults.clear()
    assert alive(harness, harness.old, new) == [True, False]


def test_what_does_not_fit_the_catalog_is_refused(harness, new):
    other = url(harness.old.key.reveal().replace("cacheapp", "cacheworker"))
    assert harness.provider.identify(other) == []
    with pytest.raises(Refused, match="another user than the catalog's"):
        harness.provider.install(other, harness.old)
    with pytest.raises(Refused, match="the catalog names another user"):
        harness.provider.revoke(Held(harness.old, "product-worker", new))
    assert harness.reconfigured(options={"user_id": "nobody"}).identify(harness.old) == []


def test_the_bots_own_identity_needs_the_right_to_modify_users(harness, new):
    harness.world.front.faults.inject("elasticache-denied", 1)
    with pytest.raises(Unauthorized, match="AccessDenied") as refused:
        harness.provider.install(new, harness.old)
    assert OLD not in str(refused.value)


@pytest.mark.parametrize("kind", ["iam", "no-password-required"])
def test_a_user_without_passwords_is_refused(harness, users, new, monkeypatch, kind):
    shown = users._shown
    monkeypatch.setattr(users, "_shown", lambda user: shown(user).replace(">password<", f">{kind}<"))
    with pytest.raises(Refused, match="does not sign in by password"):
        harness.provider.install(new, harness.old)
