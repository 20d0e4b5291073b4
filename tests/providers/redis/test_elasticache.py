"""ElastiCache users: a list of two passwords that is replaced whole and never shown."""

from dataclasses import replace

import pytest
import redis as redis_client

from bot.errors import Missing, Refused, Unauthorized, Unexpected
from bot.model.probes import Liveness
from bot.providers import PROVIDERS, abilities, misfit
from bot.providers.contract import Held
from bot.providers.redis.server import Address
from tests.providers.redis.elasticache import OLD, elasticache, url


@pytest.fixture
def rig():
    with elasticache() as rig:
        yield rig


@pytest.fixture
def users(rig):
    return rig.world.front.cache_users


def alive(rig, *credentials):
    return [rig.provider.probe(each).liveness is Liveness.LIVE for each in credentials]


def with_passwords(rig, users, *credentials):
    """The user as somebody else has left it."""
    user = users._users["product-app"]
    user.passwords = [Address.of(each.key).password.reveal() for each in credentials]
    user.apply(user.passwords)


@pytest.fixture
def new(rig):
    return rig.provider.generate(rig.old)


def test_who_kills_needs_the_replacement_first():
    able = abilities(PROVIDERS["redis/elasticache"], admin=False)
    assert (able.makes, able.revokes, able.revoke_needs_replacement) == ("install", "machine", True)
    assert "'user_id' is needed" in misfit("redis", {"kind": "elasticache"}, ["key"])


def test_both_passwords_are_accepted_and_then_the_new_one_alone(rig, users, new):
    rig.provider.install(new, rig.old)
    assert alive(rig, rig.old, new) == [True, True]
    assert rig.provider.snapshot(rig.old, rig.old_id).facts["passwords"] == "2"
    rig.provider.revoke(Held(rig.old, rig.old_id, new))
    assert alive(rig, rig.old, new) == [False, True]
    assert users._users["product-app"].passwords == [Address.of(new.key).password.reveal()]


def test_a_kill_installs_a_replacement_that_was_only_staged(rig, new):
    rig.provider.revoke(Held(rig.old, rig.old_id, new))
    assert alive(rig, rig.old, new) == [False, True]


def test_a_kill_without_a_replacement_is_refused(rig):
    with pytest.raises(Refused, match="cannot have no password"):
        rig.provider.revoke(Held(rig.old, rig.old_id))
    assert alive(rig, rig.old) == [True]


def test_a_password_that_the_bot_does_not_know_is_not_ended_by_the_way(rig, users, new):
    third = rig.provider.generate(rig.old)
    with_passwords(rig, users, rig.old, third)
    for change in (
        lambda: rig.provider.install(new, rig.old),
        lambda: rig.provider.revoke(Held(rig.old, rig.old_id, new)),
    ):
        with pytest.raises(Refused, match="2 passwords, and the bot knows 1"):
            change()
    assert alive(rig, rig.old, third, new) == [True, True, False]


def test_an_ended_password_is_not_brought_back(rig, users, new):
    current = rig.provider.generate(rig.old)
    with_passwords(rig, users, current)
    with pytest.raises(Refused, match="accepts neither"):
        rig.provider.install(new, rig.old)
    rig.provider.revoke(Held(rig.old, rig.old_id, new))  # gone already, and nothing else is touched
    assert alive(rig, rig.old, current, new) == [False, True, False]


def test_removing_one_names_those_that_stay(rig, users, new):
    stray = rig.provider.generate(rig.old)
    rig.provider.install(stray, rig.old)
    with pytest.raises(Refused, match="only when told which stay"):
        rig.provider.uninstall(stray)
    rig.provider.uninstall_beside(stray, rig.old, new)
    assert alive(rig, rig.old, new, stray) == [True, True, False]
    rig.provider.uninstall(stray)
    with_passwords(rig, users, stray)
    with pytest.raises(Refused, match="cannot have none"):
        rig.provider.uninstall_beside(stray, rig.old, None)


def test_open_connections_are_cut_by_the_admin_user(rig, new):
    with redis_client.Redis.from_url(rig.old.key.reveal(), retry=None) as client:
        client.ping()
        connection = client.connection_pool.get_connection()
        connection.connect()

        def use():
            connection.send_command("PING")
            return connection.read_response()

        assert use() in {b"PONG", "PONG"}
        rig.provider.revoke(Held(rig.old, rig.old_id, new))
        with pytest.raises(redis_client.exceptions.ConnectionError):
            use()


def test_without_an_admin_url_the_user_cuts_its_own_or_a_person_is_told(rig, users, new):
    provider = rig.reconfigured(admin=None)
    assert provider.control().liveness is Liveness.UNKNOWN
    provider.revoke(Held(rig.old, rig.old_id, new))
    other, root = rig.provider.generate(rig.old), users._users["product-app"]
    provider.install(other, new)
    apply = root.apply

    def narrow(passwords):
        apply(passwords)
        with redis_client.Redis(port=Address.of(new.key).port) as server:
            server.execute_command("ACL", "SETUSER", "cacheapp", "-client")

    root.apply = narrow
    with pytest.raises(Refused, match="its open connections live on"):
        provider.revoke(Held(new, rig.old_id, other))
    assert alive(rig, new, other) == [False, True]


def test_an_admin_url_of_another_server_or_the_same_user_is_refused(rig, new):
    for admin, why in (("redis://cachebot:x@127.0.0.1:1", "another server"), (rig.old.key.reveal(), "very user")):
        with pytest.raises(Refused, match=why):
            rig.reconfigured(admin=admin).revoke(Held(rig.old, rig.old_id, new))
    assert alive(rig, rig.old) == [True]


def test_a_change_takes_effect_once_the_user_is_active_again(rig, users, new):
    users._update_seconds = 3.0
    waited = []

    def pause(seconds):
        waited.append(seconds)
        rig.clock.advance(seconds)

    provider = replace(rig.provider, pause=pause)
    provider.install(new, rig.old)
    assert waited == [1.0, 1.0, 1.0]
    assert alive(rig, rig.old, new) == [True, True]


def test_a_change_that_takes_too_long_is_finished_by_the_next_try(rig, users, new):
    users._update_seconds = 60.0
    provider = replace(rig.provider, pause=lambda _seconds: None)
    with pytest.raises(Unexpected, match="still at it"):
        provider.install(new, rig.old)
    with pytest.raises(Unexpected, match="in progress"):
        provider.install(new, rig.old)
    rig.clock.advance(61)
    provider.install(new, rig.old)
    assert alive(rig, rig.old, new) == [True, True]


def test_a_change_without_effect_is_seen_by_the_probe_alone(rig, new):
    rig.world.front.faults.inject("elasticache-modify-ignored")
    rig.provider.revoke(Held(rig.old, rig.old_id, new))
    rig.world.front.faults.clear()
    assert alive(rig, rig.old, new) == [True, False]


def test_what_does_not_fit_the_catalog_is_refused(rig, new):
    other = url(rig.old.key.reveal().replace("cacheapp", "cacheworker"))
    assert rig.provider.identify(other) == []
    with pytest.raises(Refused, match="another user than the catalog's"):
        rig.provider.install(other, rig.old)
    with pytest.raises(Refused, match="the catalog names another user"):
        rig.provider.revoke(Held(rig.old, "product-worker", new))
    with pytest.raises(Missing):
        rig.reconfigured(options={"user_id": "nobody"}).identify(rig.old)


def test_the_bots_own_identity_needs_the_right_to_modify_users(rig, new):
    rig.world.front.faults.inject("elasticache-denied", 1)
    with pytest.raises(Unauthorized, match="AccessDenied") as refused:
        rig.provider.install(new, rig.old)
    assert OLD not in str(refused.value)


@pytest.mark.parametrize("kind", ["iam", "no-password-required"])
def test_a_user_without_passwords_is_refused(rig, users, new, monkeypatch, kind):
    shown = users._shown
    monkeypatch.setattr(users, "_shown", lambda user: shown(user).replace(">password<", f">{kind}<"))
    with pytest.raises(Refused, match="does not sign in by password"):
        rig.provider.install(new, rig.old)
