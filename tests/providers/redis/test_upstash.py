"""Upstash: a new user for an old one, and the default user, whose password is only ever reset."""

import pytest
import redis as redis_client

from bot.errors import Missing, Refused, Unexpected
from bot.model.keys import Snapshot
from bot.model.probes import Liveness
from bot.providers import PROVIDERS, abilities
from bot.providers.contract import Held
from bot.providers.redis.upstash import _Database
from bot.secret import Credential, Secret
from tests.providers.redis.upstash import upstash, url

NAME = "inc_abc234_redis_url_1"


@pytest.fixture
def rig():
    with upstash() as rig:
        yield rig
        assert rig.exchanges.breaches == []


@pytest.fixture
def database(rig):
    return rig.world.find("db-1")


@pytest.fixture
def default(rig, database):
    """The URL of the database's own user, as most products have it."""
    return url(rig.world.url(database))


def liveness(rig, credential):
    return rig.provider.probe(credential).liveness


def test_nothing_is_down_while_a_user_is_replaced():
    able = abilities(PROVIDERS["redis/upstash"])
    assert (able.makes, able.revokes, able.revoke_needs_replacement, able.swaps) == ("issue", "machine", False, False)


def test_the_new_user_has_the_rules_of_the_old_one(rig, database):
    database.run("ACL", "SETUSER", "app", "resetkeys", "~cache:*", "resetchannels", "-@all", "+get", "+ping")
    snapshot = rig.provider.snapshot(rig.old, "app")
    made = rig.provider.issue(NAME, snapshot)
    assert made.key_id == NAME
    with redis_client.Redis.from_url(made.credential.key.reveal()) as client:
        assert client.get("cache:x") is None
        with pytest.raises(redis_client.exceptions.NoPermissionError):
            client.get("other")
    with pytest.raises(Refused, match="rules are unknown"):
        rig.provider.issue(NAME, Snapshot())


def test_a_leaked_default_password_is_replaced_by_a_user_and_then_reset(rig, default):
    assert [key.id for key in rig.provider.identify(default)] == ["default"]
    snapshot = rig.provider.snapshot(default, "default")
    assert "both REST tokens" in snapshot.facts["dies with it"]
    new = rig.provider.issue(NAME, snapshot).credential
    assert (liveness(rig, default), liveness(rig, new)) == (Liveness.LIVE, Liveness.LIVE)
    assert rig.provider.account(new) == rig.provider.account(default) == "database db-1"
    rig.provider.revoke(Held(default, "default"))
    assert (liveness(rig, default), liveness(rig, new)) == (Liveness.DEAD, Liveness.LIVE)
    assert rig.provider.control().liveness is Liveness.LIVE


def test_a_password_that_was_reset_already_is_not_reset_again(rig, database, default):
    rig.provider.revoke(Held(default, "default"))
    current = database.password
    rig.provider.revoke(Held(default, "default"))
    assert database.password == current


def test_the_read_only_user_ends_by_a_reset_too(rig, database):
    database.run("ACL", "SETUSER", "default_ro", "on", ">r3ad-0nly", "+ping")
    leaked = url(rig.world.url(database, "default_ro", "r3ad-0nly"))
    before = database.password
    rig.provider.revoke(Held(leaked, "default_ro"))
    assert liveness(rig, leaked) is Liveness.DEAD
    assert database.password != before
    rig.provider.revoke(Held(leaked, "default_ro"))


def test_a_deleted_users_connections_are_closed(rig):
    with redis_client.Redis.from_url(rig.old.key.reveal(), retry=None) as client:
        client.ping()
        rig.provider.revoke(Held(rig.old, "app"))
        with pytest.raises(redis_client.exceptions.RedisError):
            client.ping()


@pytest.mark.parametrize("which", ["app", "default"])
def test_a_revocation_without_effect_is_seen_by_the_probe_alone(rig, default, which):
    leaked = rig.old if which == "app" else default
    rig.world.faults.inject("revoke-ignored", 1)
    rig.provider.revoke(Held(leaked, which))
    assert liveness(rig, leaked) is Liveness.LIVE


def test_a_reset_that_changes_nothing_is_an_error(rig, default):
    rig.world.faults.inject("reset-unchanged", 1)
    with pytest.raises(Unexpected, match="was not reset"):
        rig.provider.revoke(Held(default, "default"))


def test_another_database_or_user_is_left_alone(rig, default):
    elsewhere = url("redis://app:x@127.0.0.1:1")
    assert rig.provider.identify(elsewhere) == []
    assert rig.provider.account(elsewhere) is None
    for leaked, key_id in ((elsewhere, "app"), (rig.old, "worker"), (rig.old, "default")):
        with pytest.raises(Refused, match="another user or another database"):
            rig.provider.revoke(Held(leaked, key_id))
    with pytest.raises(Refused, match="without the leaked value"):
        rig.provider.revoke(Held(Credential.single(Secret("")), "default"))
    assert liveness(rig, default) is Liveness.LIVE
    with pytest.raises(Missing):
        rig.provider.snapshot(rig.old, "nobody")


def test_the_admin_credential_has_two_parts(rig):
    with pytest.raises(Refused, match="E-MAIL:API KEY"):
        rig.reconfigured(admin="just-a-key").issued("inc_")


@pytest.mark.parametrize(
    ("database", "host"),
    [
        (_Database("calm-crab-1", 6379), "calm-crab-1.upstash.io"),
        (_Database("calm-crab-1.upstash.io", 6379), "calm-crab-1.upstash.io"),
        (_Database("calm-crab-1", 6379, tls=False), ""),
        (_Database("evil.example.com", 6379), ""),
        (_Database("upstash.io.example.com", 6379), ""),
    ],
)
def test_the_password_goes_to_upstash_alone_and_encrypted(database, host):
    if host:
        assert database.address("probe").host == host
    else:
        with pytest.raises(Refused, match="not Upstash's"):
            database.address("probe")


def test_a_server_that_makes_no_tokens_is_not_upstash(rig, database, monkeypatch):
    snapshot = rig.provider.snapshot(rig.old, "app")
    monkeypatch.setattr(database.gate, "token", lambda _user: "")
    with pytest.raises(Unexpected, match="not documented"):
        rig.provider.issue(NAME, snapshot)
    assert rig.provider.issued("inc_") == []


def test_a_value_whose_state_cannot_be_told_is_not_identified(rig, database, monkeypatch):
    leaked = url(rig.world.url(database, "default_ro", "x"))
    database.run("CONFIG", "SET", "maxclients", "1")
    try:
        monkeypatch.setattr(type(rig.provider), "_default", lambda *_: Defaults(database))
        for ask in (lambda: rig.provider.identify(leaked), lambda: rig.provider.revoke(Held(leaked, "default_ro"))):
            with pytest.raises(Unexpected, match="cannot be told"):
                ask()
    finally:
        database.run("CONFIG", "SET", "maxclients", "10000")


class Defaults:
    """The database's address as the API would tell it."""

    def __init__(self, database) -> None:
        self.place = f"127.0.0.1:{database.port}"
