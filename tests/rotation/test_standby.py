"""A password that the primary refuses opens sessions at a standby for a while, and those that are open there go on."""

import contextlib
from datetime import timedelta

import pytest

from bot.drill.fakes.serving import free_port
from bot.errors import Refused
from bot.incident import events as e
from bot.incident.model import Old
from bot.model.probes import Liveness
from bot.providers import PROVIDERS
from bot.providers.contract import Held
from bot.providers.hosts import Hosts
from bot.providers.postgres.server import Address
from bot.providers.postgres.wire import Broken, Declined, connected
from tests.providers.harness import setup
from tests.providers.postgres.harness import url
from tests.providers.postgres.standby import follow, primary_and_standby
from tests.support.rotation import entry_for

AGE = timedelta(0)


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    with primary_and_standby(tmp_path_factory.mktemp("pair")) as pair:
        yield pair


@pytest.fixture
def leaked(servers):
    primary, standby = servers
    role = primary.add_role("app")
    follow(standby, role)
    return url(role)


def at(server):
    return f"127.0.0.1:{server.port}"


def administering(servers, *hosts):
    primary, standby = servers
    admin = primary.add_role("bot")
    follow(standby, admin)
    return PROVIDERS["postgres"].configured(setup("postgres", admin=admin, hosts=hosts))


@contextlib.contextmanager
def opened(credential, server):
    with connected(Address.of(credential.key).login(at(server), Hosts("postgres", (at(server),))), 5.0) as wire:
        yield wire


def goes_on(wire):
    try:
        return wire.query("SELECT 1") == [("1",)]
    except (Declined, Broken):
        return False


def revoke(provider, leaked):
    new = provider.generate(leaked)
    provider.install(new, leaked)
    provider.revoke(Held(leaked, "app", new))
    return new


def test_a_standby_that_nobody_has_named_keeps_the_sessions_from_being_called_ended(servers, leaked):
    provider = administering(servers)
    with opened(leaked, servers[1]) as session:
        revoke(provider, leaked)
        assert provider.probe(leaked).liveness is Liveness.DEAD
        with pytest.raises(Refused, match=r"1 more than are named copy it \(copies go to 127\.0\.0\.1\)"):
            provider.sessions(leaked, "app", AGE)
        assert goes_on(session)


def test_a_session_at_a_named_standby_is_counted_and_ended(servers, leaked):
    provider = administering(servers, at(servers[1]))
    with opened(leaked, servers[1]) as session:
        assert provider.sessions(leaked, "app", AGE) == 1
        new = revoke(provider, leaked)
        assert not goes_on(session)
    assert provider.sessions(leaked, "app", AGE) == 0
    assert provider.probe(leaked).liveness is Liveness.DEAD
    assert provider.probe(new).liveness is Liveness.LIVE


def test_the_servers_of_the_urls_own_list_are_asked_if_all_of_them_are_known(servers, leaked):
    both = url(leaked.key.reveal().replace(at(servers[0]), f"{at(servers[0])},{at(servers[1])}"))
    assert administering(servers).probe(both).detail.startswith(f"{at(servers[1])} is none of the hosts")
    provider = administering(servers, at(servers[1]))
    with opened(leaked, servers[1]):
        assert provider.sessions(both, "app", AGE) == 1
    revoke(provider, both)
    assert provider.probe(both).liveness is Liveness.DEAD


def test_a_standby_that_cannot_be_reached_is_named(servers, leaked):
    nobody = f"127.0.0.1:{free_port()}"
    provider = administering(servers, at(servers[1]), nobody)
    with pytest.raises(Refused, match=f"were not ended .{nobody}.*Press retry once that server answers"):
        revoke(provider, leaked)
    answer = provider.probe(leaked)
    assert (answer.liveness, answer.detail) == (Liveness.UNKNOWN, f"{nobody}: the connection failed or was cut")
    with pytest.raises(Refused, match=f"{nobody}: the connection failed or was cut"):
        provider.sessions(leaked, "app", AGE)


def test_a_standby_that_lags_accepts_the_leaked_password_still_and_is_no_proof(servers, leaked):
    provider = administering(servers, at(servers[1]))
    servers[1].run("SELECT pg_wal_replay_pause()")
    try:
        with opened(leaked, servers[1]) as session:
            with pytest.raises(Refused, match=f"were not ended .{at(servers[1])}: it still accepts the old password"):
                revoke(provider, leaked)
            assert not goes_on(session)
        assert provider.probe(leaked).liveness is Liveness.LIVE
        with opened(leaked, servers[1]) as session:
            servers[1].run("SELECT pg_wal_replay_resume()")
            provider.revoke(Held(leaked, "app", provider.generate(leaked)))
            assert not goes_on(session)
    finally:
        servers[1].run("SELECT pg_wal_replay_resume()")
    assert provider.probe(leaked).liveness is Liveness.DEAD


@pytest.mark.parametrize("named", ["nobody has named it", "it cannot be reached", "it is named"])
def test_a_death_is_proven_only_where_no_session_goes_on_at_a_standby(rig_of, servers, leaked, named):
    place = at(servers[1]) if named == "it is named" else f"127.0.0.1:{free_port()}"
    hosts = () if named == "nobody has named it" else (place,)
    harness, entry = rig_of(), entry_for("postgres")
    harness.others["postgres"] = administering(servers, *hosts)
    with opened(leaked, servers[1]) as session:
        harness.store(entry, leaked)
        harness.declare(entry)
        harness.run(seconds=150)
        if named == "it is named":
            assert harness.state(entry).old_state is Old.DEAD
            assert not goes_on(session)
        else:
            assert harness.state(entry).old_state is not Old.DEAD
            assert goes_on(session)
            said = f"{harness.events(e.OldProbed)[-1].probe} {harness.failures()}"
            assert (place if hosts else "1 more than are named copy it") in said
