"""Upstash: a new user for an old one, and the default user, whose password is only ever reset."""

import pytest
import redis as redis_client

from bot.errors import Missing, Refused, Unexpected
from bot.model.keys import Snapshot
from bot.model.probes import Liveness
from bot.providers import PROVIDERS, capabilities
from bot.providers.contract import Held
from bot.providers.redis.upstash import _Database
from bot.secrets.secret import Credential, Secret
from tests.providers.redis.upstash_harness import upstash, url

NAME = "inc_abc234_redis_url_1"


@pytest.fixture
def harness():
    with upstash() as harness:
        yield harness
        assert harness.exchanges.breaches == []


@pytest.fixture
def database(harness):
    return harness.world.find("db-1")


@pytest.fixture
def default(harness, database):
    """The URL of the database's own user, as most products have it."""
    return url(harness.world.url(database))


def liveness(harness, credential):
    return harness.provider.probe(credential).liveness


def test_nothing_is_down_while_a_user_is_replaced():
    able = capabilities(PROVIDERS["redis/upstash"])
    assert (able.makes, able.revokes, able.revoke_needs_replacement, able.swaps) == ("issue", "machine", False, False)


def test_the_new_user_has_the_rules_of_the_old_one(harness, database):
    database.run("ACL", "SETUSER", "app", "resetkeys", "~cache:*", "resetchannels", "-@all", "+get", "+ping")
    snapshot = harness.provider.snapshot(harness.old, "app")
    made = harness.provider.issue(NAME, snapshot)
    assert made.key_id == NAME
    with redis_client.Redis.from_url(made.credential.key.reveal()) as client:
        assert client.get("cache:x") is None
        with pytest.raises(redis_client.exceptions.NoPermissionError):
            client.get("other")
    with pytest.raises(Refused, match="rules are unknown"):
        harness.provider.issue(NAME, Snapshot())


def test_a_leaked_default_password_is_replaced_by_a_user_and_then_reset(harness, default):
    assert [key.id for key in harness.provider.identify(default)] == ["default"]
    snapshot = harness.provider.snapshot(default, "default")
    assert "both REST tokens" in snapshot.facts["dies with it"]
    new = harness.provider.issue(NAME, snapshot).credential
    assert (liveness(harness, default), liveness(harness, new)) == (Liveness.LIVE, Liveness.LIVE)
    assert harness.provider.account(new) == harness.provider.account(default) == "database db-1"
    harness.provider.revoke(Held(default, "default"))
    assert (liveness(harness, default), liveness(harness, new)) == (Liveness.DEAD, Liveness.LIVE)
    assert harness.provider.control().liveness is Liveness.LIVE


def test_a_password_that_was_reset_already_is_not_reset_again(harness, database, default):
    harness.provider.revoke(Held(default, "default"))
    current = database.password
    harness.provider.revoke(Held(default, "default"))
    assert database.password == current


def test_the_read_only_user_ends_by_a_reset_too(harness, database):
    database.run("ACL", "SETUSER", "default_ro", "on", ">r3ad-0nly", "+ping")
    leaked = url(harness.world.url(database, "default_ro", "r3ad-0nly"))
    before = database.password
    harness.provider.revoke(Held(leaked, "default_ro"))
    assert liveness(harness, leaked) is Liveness.DEAD
    assert database.password != before
    harness.provider.revoke(Held(leaked, "default_ro"))


def test_a_deleted_users_connections_are_closed(harness):
    with redis_client.Redis.from_url(harness.old.key.reveal(), retry=None) as client:
        client.ping()
        harness.provider.revoke(Held(harness.old, "app"))
        with pytest.raises(redis_client.exceptions.RedisError):
            client.ping()


@pytest.mark.parametrize("which", ["app", "default"])
def test_a_revocation_without_effect_is_seen_by_the_probe_alone(harness, default, which):
    leaked = harness.old if which == "app" else default
    harness.world.faults.inject("revoke-ignored", 1)
    harness.provider.revoke(Held(leaked, which))
    assert liveness(harness, leaked) is Liveness.LIVE


def test_a_reset_that_changes_nothing_is_an_error(harness, default):
    harness.world.faults.inject("reset-unchanged", 1)
    with pytest.raises(Unexpected, match="was not reset"):
        harness.provider.revoke(Held(default, "default"))


def test_another_database_or_user_is_left_alone(harness, default):
    elsewhere = url("redis://app:x@127.0.0.1:1")
    assert harness.provider.identify(elsewhere) == []
    assert harness.provider.account(elsewhere) is None
    for leaked, key_id in ((elsewhere, "app"), (harness.old, "worker"), (harness.old, "default")):
        with pytest.raises(Refused, match="another user or another database"):
            harness.provider.revoke(Held(leaked, key_id))
    with pytest.raises(Refused, match="without the old key"):
        harness.provider.revoke(Held(Credential.single(Secret("")), "default"))
    assert liveness(harness, default) is Liveness.LIVE
    with pytest.raises(Missing):
        harness.provider.snapshot(harness.old, "nobody")


def test_the_admin_credential_has_two_parts(harness):
    with pytest.raises(Refused, match="E-MAIL:API KEY"):
        harness.reconfigured(admin="just-a-key").issued("inc_")


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


def test_a_server_that_makes_no_tokens_is_not_upstash(harness, database, monkeypatch):
    snapshot = harness.provider.snapshot(harness.old, "app")
    monkeypatch.setattr(database.gate, "token", lambda _user: "")
    with pytest.raises(Unexpected, match="not documented"):
        harness.provider.issue(NAME, snapshot)
    assert harness.provider.issued("inc_") == []


def test_a_value_whose_state_cannot_be_told_is_not_identified(harness, database, monkeypatch):
    leaked = url(harness.world.url(database, "default_ro", "x"))
    database.run("CONFIG", "SET", "maxclients", "1")
    try:
        monkeypatch.setattr(type(harness.provider), "_default", lambda *_: Defaults(database))
        for ask in (
            lambda: harness.provider.identify(leaked),
            lambda: harness.provider.revoke(Held(leaked, "default_ro")),
        ):
            with pytest.raises(Unexpected, match="unknown whether the server accepts the key"):
                ask()
    finally:
        database.run("CONFIG", "SET", "maxclients", "10000")


class Defaults:
    """The database's address as the API would tell it."""

    def __init__(self, database) -> None:
        self.place = f"127.0.0.1:{database.port}"
