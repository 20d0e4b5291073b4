"""What is particular to PostgreSQL, on a real server."""

import contextlib
import dataclasses
import hashlib
import re
import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from typing import ClassVar, Self

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from bot.errors import Missing, OutsideError, Refused, Unauthorized, Unreachable
from bot.model.probes import Liveness
from bot.providers.contract import Held
from bot.providers.hosts import Hosts
from bot.providers.looks import Look
from bot.providers.postgres.scram import Exchange, NotScram
from bot.providers.postgres.server import Address, Server
from bot.providers.postgres.wire import Broken, Declined, connected
from bot.secrets.secret import Secret
from tests.providers.postgres.harness import error, postgres, postgres_server, url
from tests.support.scripted import Scripted

SHORT = 5.0


@pytest.fixture
def harness():
    with postgres() as harness:
        yield harness


@contextlib.contextmanager
def session(credential):
    with connected(login(Address.of(credential.key)), SHORT) as wire:
        yield wire


def login(address):
    return address.login(address.place, Hosts("postgres", address.places))


@contextlib.contextmanager
def access(*lines):
    """The server's own rules of who may come, with these before them."""
    server = postgres_server()
    rules = server.folder / "pg_hba.conf"
    usual = rules.read_text()
    rules.write_text("".join(f"host all {line}\n" for line in lines) + usual)
    server.run("SELECT pg_reload_conf()")
    server.run("SELECT pg_sleep(0.2)")
    try:
        yield server
    finally:
        rules.write_text(usual)
        server.run("SELECT pg_reload_conf()")


def replaced(harness):
    new = harness.provider.generate(harness.old)
    harness.provider.install(new, harness.old)
    return new


def ended(wire):
    """Whether the server has ended this session."""
    try:
        wire.query("SELECT 1")
    except (Declined, Broken):
        return True
    return False


def with_query(credential, query):
    return url(credential.key.reveal().partition("?")[0] + query)


# --- the probe ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "liveness", "words"),
    [
        ("NOLOGIN", Liveness.DEAD, "28000 login not permitted"),
        ("VALID UNTIL '2020-01-01'", Liveness.DEAD, "28P01"),
        ("PASSWORD NULL", Liveness.DEAD, "28P01"),
        ("CONNECTION LIMIT 0", Liveness.UNKNOWN, "53300 too many connections"),
    ],
)
def test_what_a_role_can_be_is_told_apart(harness, change, liveness, words):
    harness.world.run(f"ALTER ROLE app {change}")
    try:
        answer = harness.provider.probe(harness.old)
    finally:
        harness.world.run("ALTER ROLE app LOGIN VALID UNTIL 'infinity' CONNECTION LIMIT -1")
    assert answer.liveness is liveness
    assert words in answer.detail


def test_a_server_that_does_not_want_our_address_says_nothing_of_the_password(harness):
    with access("app 127.0.0.1/32 reject"):
        answer = harness.provider.probe(harness.old)
    assert answer == dataclasses.replace(answer, liveness=Liveness.UNKNOWN, detail="SQLSTATE 28000 login not permitted")


def test_a_password_is_sent_to_nobody_in_clear_and_an_open_door_proves_nothing(harness):
    with access("app 127.0.0.1/32 password", "worker 127.0.0.1/32 trust"):
        assert (
            harness.provider.probe(harness.old).detail
            == "the server asks for the password in clear text, which is not sent"
        )
        assert harness.provider.probe(harness.sibling).detail == "the server asks for no proof of the password"


def test_a_password_that_is_stored_in_the_older_form_can_be_probed_too(harness):
    harness.world.run("SET md5_password_warnings = off")
    harness.world.run("CREATE ROLE older LOGIN PASSWORD 'md571d2b7e3e8d1a62d7fbcbd3cbd5cd1ca'")  # not of this password
    try:
        with access("older 127.0.0.1/32 md5"):
            credential = url(harness.world.url("older", "wrong"))
            assert harness.provider.probe(credential).liveness is Liveness.DEAD
            harness.world.run(f"ALTER ROLE older PASSWORD 'md5{md5('right', 'older')}'")
            assert harness.provider.probe(url(harness.world.url("older", "right"))).liveness is Liveness.LIVE
    finally:
        harness.world.run("DROP ROLE older")


def md5(password, user):
    return hashlib.md5(f"{password}{user}".encode()).hexdigest()


def test_a_database_that_is_gone_or_closed_does_not_make_the_password_dead(harness):
    gone = url(harness.old.key.reveal().replace("/postgres?", "/elsewhere?"))
    assert harness.provider.probe(gone).liveness is Liveness.LIVE
    assert "which comes after the password" in harness.provider.probe(gone).detail


def test_passwords_of_other_alphabets_are_prepared_as_the_server_does_it(harness):
    for password in ("p\u00e4ss\u2168w\u00ad\u00f6rd", "tab\u0007\u00e9", "\u00a0blank\u00a0", "\u0221-unassigned"):
        harness.world.run(f"ALTER ROLE app PASSWORD '{password}'")  # in clear: so the server itself prepares it
        quoted = url(harness.world.url("app", "x"))
        changed = dataclasses.replace(Address.of(quoted.key), password=Secret(password))
        with connected(login(changed), SHORT) as wire:
            assert wire.query("SELECT 1") == [("1",)]


@pytest.mark.parametrize(
    "query",
    [
        "?host=evil.example",
        "?user=other",
        "?sslmode=sometimes",
        "?sslmode=require",
        "?ssl=true",
        "?sslmode=verify-full",
    ],
)
def test_what_cannot_be_done_as_the_url_says_is_unknown(harness, query):
    assert harness.provider.probe(with_query(harness.old, query)).liveness is Liveness.UNKNOWN


def test_parameters_that_are_a_drivers_own_are_left_alone(harness):
    assert harness.provider.probe(with_query(harness.old, "?pgbouncer=true&schema=app")).liveness is Liveness.LIVE


@pytest.mark.parametrize(
    "value",
    [
        "redis://app:pw@localhost/0",
        "postgresql://localhost/app",
        "postgresql://app@localhost/app",
        "postgresql://app:pw@one,:5432/app",
        "postgresql://app:pw@one:5432,two:port/app",
        "postgresql://app:pw@/app",
        "postgresql://app:pw@[::1/app",
    ],
)
def test_what_is_not_a_url_of_servers_with_a_password_is_refused(value):
    with pytest.raises(Refused, match=r"expected postgresql://user@host:port/database"):
        Address.of(Secret(value))


def test_a_url_says_where_and_who():
    address = Address.of(Secret("postgres://a%40b:p%2Fw@db.example?sslmode=verify-full"))
    assert (address.user, address.password, address.database) == ("a@b", Secret("p/w"), "a@b")
    assert (address.place, address.ssl_mode) == ("db.example:5432", "verify-full")
    assert "p/w" not in repr(address)
    assert Address.of(Secret("postgres://a:p@one,TWO:1/x")).places == ("one:5432", "two:1")
    assert Address.of(Secret("postgres://a:p@[::1]:5433/x")).places == ("[::1]:5433",)


def test_no_leaked_url_takes_the_encryption_from_a_credential_of_ours():
    strict, lax = (Address.of(Secret(f"postgresql://a:p@h/d?sslmode={each}")) for each in ("verify-full", "disable"))
    assert strict.encrypted_as(lax).ssl_mode == lax.encrypted_as(strict).ssl_mode == "verify-full"


# --- replacing in place ---------------------------------------------------------------------------------------------


def test_the_new_password_takes_the_old_ones_place_and_every_session_ends(harness):
    new = replaced(harness)
    with session(harness.old) as opened, session(harness.sibling) as other:
        harness.provider.revoke(Held(harness.old, "app", new))
        assert harness.provider.probe(new).liveness is Liveness.LIVE
        assert harness.provider.sessions(harness.old, "app", timedelta(0)) == 0
        assert ended(opened)
        assert not ended(other)
    assert harness.provider.probe(harness.old).liveness is Liveness.DEAD


def test_the_password_itself_stands_in_no_statement(harness):
    new = replaced(harness)
    harness.world.run("ALTER ROLE bot SET log_statement = 'all'")
    with contextlib.suppress(Unauthorized):
        harness.provider.revoke(Held(harness.old, "app", new))
    harness.world.run("ALTER ROLE bot RESET log_statement")
    log = (harness.world.folder / "log").read_text()
    assert "SCRAM-SHA-256$4096:" in log
    assert new.key.secret_part.reveal() not in log


def test_until_it_is_swapped_nothing_has_changed(harness):
    new = replaced(harness)
    assert harness.provider.probe(harness.old).liveness is Liveness.LIVE
    harness.provider.uninstall(new)
    assert harness.provider.probe(harness.old).liveness is Liveness.LIVE


def test_an_unwanted_value_that_did_become_the_password_is_locked_out(harness):
    harness.provider.uninstall(harness.old)
    assert harness.provider.probe(harness.old).liveness is Liveness.DEAD


def test_an_unwanted_value_is_not_called_refused_when_that_cannot_be_told(harness):
    harness.world.run("ALTER ROLE app CONNECTION LIMIT 0")
    try:
        with pytest.raises(Unreachable, match="unknown whether the key is accepted"):
            harness.provider.uninstall(harness.old)
    finally:
        harness.world.run("ALTER ROLE app CONNECTION LIMIT -1")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"replacement": None}, "there is no new key yet"),
        ({"key_id": "worker"}, "names another role"),
        ({"replacement": "same"}, "the new password is the old one"),
        ({"replacement": "worker"}, "another role or server"),
    ],
)
def test_what_is_not_the_plan_is_refused(harness, change, words):
    values = {"same": harness.old, "worker": harness.sibling}
    if isinstance(change.get("replacement"), str):
        change = {"replacement": values[change["replacement"]]}
    with pytest.raises(Refused, match=words):
        harness.provider.revoke(dataclasses.replace(Held(harness.old, "app", replaced(harness)), **change))
    assert harness.provider.probe(harness.old).liveness is Liveness.LIVE


def test_the_bots_own_role_is_never_touched(harness):
    own = harness.reconfigured(admin=harness.old.key.reveal())
    with pytest.raises(Refused, match="the bot itself administers"):
        own.revoke(Held(harness.old, "app", replaced(harness)))


def test_a_role_that_is_gone_needs_no_revoking_and_can_take_nothing(harness):
    harness.world.add_role("gone")
    credential = url(harness.world.url("gone", "x"))
    new = harness.provider.generate(credential)
    harness.world.run("DROP ROLE gone")
    harness.provider.revoke(Held(credential, "gone", new))
    assert harness.provider.identify(credential) == []
    with pytest.raises(Missing, match="no such role"):
        harness.provider.install(new, credential)
    with pytest.raises(Missing, match="no such role"):
        harness.provider.snapshot(credential, "gone")


def test_a_value_that_is_not_the_password_any_more_is_no_roles(harness):
    harness.world.add_role("app")
    assert harness.provider.identify(harness.old) == []


def test_the_snapshot_tells_what_the_role_may_and_who_is_in(harness):
    harness.world.run("ALTER ROLE app CREATEDB VALID UNTIL '2040-01-01 00:00+00'")
    harness.world.run("GRANT pg_monitor TO app")
    try:
        with session(harness.old):
            kept = harness.provider.snapshot(harness.old, "app")
    finally:
        harness.world.run("ALTER ROLE app NOCREATEDB VALID UNTIL 'infinity'")
        harness.world.run("REVOKE pg_monitor FROM app")
    assert kept.scopes == ("createdb", "member of pg_monitor")
    assert kept.sessions == 1
    assert kept.facts["password valid until"].startswith("2040")


def test_only_sessions_that_are_old_enough_count(harness):
    with session(harness.old):
        assert harness.provider.sessions(harness.old, "app", timedelta(0)) == 1
        assert harness.provider.sessions(harness.old, "app", timedelta(hours=1)) == 0


def test_sessions_that_the_bot_may_not_see_are_not_called_none(harness):
    harness.world.run("REVOKE pg_read_all_stats FROM bot")
    try:
        with session(harness.old), pytest.raises(Refused, match="GRANT pg_read_all_stats"):
            harness.provider.sessions(harness.old, "app", timedelta(0))
    finally:
        harness.world.run("GRANT pg_read_all_stats TO bot")


def test_an_admin_role_without_the_right_is_our_own_trouble(harness):
    with pytest.raises(Unauthorized, match="the admin user needs another right"):
        harness.provider.revoke(Held(harness.sibling, "worker", harness.provider.generate(harness.sibling)))
    assert harness.provider.probe(harness.sibling).liveness is Liveness.LIVE


def test_a_url_of_another_place_than_the_admin_urls_is_refused_unless_the_catalog_names_it(harness):
    by_name = url(harness.old.key.reveal().replace("127.0.0.1", "localhost"))
    with pytest.raises(Refused, match=f"localhost:{harness.world.port} is none of the hosts"):
        harness.provider.identify(by_name)
    assert harness.provider.elsewhere(by_name) == (f"localhost:{harness.world.port}",)
    named = harness.reconfigured(hosts=(f"localhost:{harness.world.port}",))
    assert (named.identify(by_name) != [], named.elsewhere(by_name)) == (True, ())


def test_the_control_is_asked_where_the_value_is_and_not_where_the_admin_url_leads(harness):
    with Scripted(error("28P01")) as pooler:
        provider = harness.reconfigured(hosts=(f"127.0.0.1:{pooler.port}",))
        assert provider.control_along(harness.old).liveness is Liveness.LIVE
        elsewhere = url(harness.old.key.reveal().replace(f":{harness.world.port}/", f":{pooler.port}/"))
        harness.world.add_role("app")
        assert provider.probe(elsewhere).liveness is Liveness.DEAD
        assert provider.control().liveness is Liveness.LIVE
        assert provider.control_along(elsewhere).liveness is Liveness.UNKNOWN


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (error("25006"), Refused, "read-only replica"),
        (error("57P03"), Unreachable, "57P03"),
        (error("57P01"), Unreachable, "session was closed"),
        (error("28000"), Refused, r"declined \(SQLSTATE 28000\)"),
        (error("42704"), Missing, "no such role"),
        (error("<b>ad"), Refused, "SQLSTATE unknown"),
    ],
)
def test_a_strange_servers_answer_becomes_our_own_error(harness, answer, kind, words):
    with Scripted(answer) as scripted:
        place = f"127.0.0.1:{scripted.port}/x?sslmode=disable"
        provider = harness.reconfigured(admin=f"postgresql://bot:pw@{place}")
        with pytest.raises(kind, match=words):
            provider.identify(url(f"postgresql://app:pw2@{place}"))


def test_a_role_by_an_absurd_name_is_not_sent(harness):
    odd = url(harness.world.url("a%5Cb", "x"))
    with pytest.raises(OutsideError, match="characters that are not sent"):
        harness.provider.identify(odd)


def test_a_name_with_quotes_stays_a_name(harness):
    odd = url(harness.world.url("it%27s%22odd", "x"))
    assert harness.provider.identify(odd) == []


def test_a_server_that_would_take_the_stored_form_for_the_password_is_not_given_one():
    class Old:
        asked: ClassVar[list[str]] = []

        def query(self, statement):
            self.asked.append(statement)
            return [("90624",)]

    with pytest.raises(Refused, match="older than version 10"):
        Server(Old(), "replace it").set_password("app", "pw")
    assert Old.asked == ["SHOW server_version_num"]


def test_a_server_that_cannot_prove_itself_is_believed_nothing():
    exchange = Exchange(Secret("pw"))
    with pytest.raises(NotScram):
        exchange.check(b"v=")
    first = exchange.first().decode()
    nonce = first.partition("r=")[2]
    exchange.answer(f"r={nonce}more,s=AAAA,i=4096".encode())
    with pytest.raises(NotScram):
        exchange.check(b"v=AAAA")
    for challenge in (b"r=other,s=AAAA,i=4096", f"r={nonce},s=AAAA,i=99999999".encode(), b"nonsense", b"\xff"):
        with pytest.raises(NotScram):
            exchange.answer(challenge)


def test_a_statement_that_the_server_declines_keeps_the_session(harness):
    with session(harness.old) as wire:
        with pytest.raises(Declined, match="42601"):
            wire.query("SELEC")
        assert wire.query("SELECT NULL, 'x', ''") == [(None, "x", "")]


def test_an_answer_that_never_ends_is_given_up(harness):
    with session(harness.old) as wire:
        wire._timeout = 0.2
        with pytest.raises(TimeoutError):
            wire.query("SELECT pg_sleep(5)")


def test_where_nobody_listens_nothing_is_said_of_the_password(harness):
    with Scripted(error("57P03")) as scripted:
        nobody = url(f"postgresql://app:pw@127.0.0.1:{scripted.port}/x")
    named = harness.reconfigured(admin=None, hosts=(f"127.0.0.1:{scripted.port}",))
    assert named.probe(nobody).detail == "the connection failed or was cut"
    named = harness.reconfigured(admin=None, hosts=("no-such-host.invalid:5432",))
    unheard_of = named.probe(url("postgresql://app:pw@no-such-host.invalid/x"))
    assert unheard_of.detail == "the connection failed or was cut"


@pytest.mark.parametrize("answer", [b"X", b"", b"S", error("57P03")])
def test_what_answers_the_question_for_tls_oddly_is_not_believed(harness, answer):
    with Scripted(answer) as scripted:
        credential = url(f"postgresql://app:pw@127.0.0.1:{scripted.port}/x")
        assert harness.provider.probe(credential).liveness is Liveness.UNKNOWN


def test_over_tls_only_the_modes_called_verify_ask_who_it_is(harness, tmp_path):
    with TlsFront(harness.world.port, tmp_path) as front:

        def asked(mode, host="127.0.0.1", **options):
            place = harness.old.key.reveal().partition("@")[0]
            provider = harness.reconfigured(admin=None, hosts=(f"{host}:{front.port}",), options=options)
            return provider.probe(url(f"{place}@{host}:{front.port}/postgres?sslmode={mode}"))

        for mode in ("prefer", "require"):
            assert asked(mode).liveness is Liveness.LIVE
        for mode in ("verify-ca", "verify-full"):
            assert asked(mode).detail == "no trustworthy TLS connection"
        authority = str(front.authority)
        assert asked("verify-full", ca_file=authority).liveness is Liveness.LIVE
        assert asked("verify-full", "localhost", ca_file=authority).detail == "no trustworthy TLS connection"
        assert asked("verify-ca", "localhost", ca_file=authority).liveness is Liveness.LIVE


def test_through_a_pooler_no_session_is_called_ended(harness):
    with Pooler(harness.world.port) as pooler:
        place = f"127.0.0.1:{pooler.port}"
        provider = harness.reconfigured(hosts=(place,))
        through = url(harness.old.key.reveal().replace(f"127.0.0.1:{harness.world.port}", place))
        assert provider.probe(through).liveness is Liveness.LIVE
        with pytest.raises(Refused, match=f"{place}: a pooler answers there, and its clients are not seen from here"):
            provider.sessions(through, "app", timedelta(minutes=1))  # that of the probe may still be ending
        new = provider.generate(through)
        provider.install(new, through)
        provider.revoke(Held(through, "app", new))
        assert provider.probe(through).liveness is Liveness.DEAD


class Front:
    """Stands before the server on port `behind`, on a port of its own."""

    def __init__(self, behind) -> None:
        self._behind = behind
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                caller, _ = self._listener.accept()
                threading.Thread(target=self._converse, args=(caller,), daemon=True).start()

    def _converse(self, caller):
        with contextlib.suppress(OSError), caller, socket.create_connection(("127.0.0.1", self._behind)) as inside:
            threading.Thread(target=self._pass, args=(inside, caller), daemon=True).start()
            self._pass(caller, inside)

    def _pass(self, source, target):
        with contextlib.suppress(OSError):
            while piece := source.recv(4096):
                target.sendall(self.changed(piece))

    def changed(self, piece):
        return piece


class Pooler(Front):
    """Gives each client a number of its own for the session, as PgBouncer does, and passes on the rest."""

    def changed(self, piece):
        return re.sub(rb"K\x00\x00\x00\x0c....", b"K\x00\x00\x00\x0c\x00\x00\x00\x07", piece, flags=re.DOTALL)


class TlsFront(Front):
    """Speaks TLS for a server that does not, by a certificate for 127.0.0.1 that it has signed itself."""

    def __init__(self, port, folder) -> None:
        super().__init__(port)
        self.authority = folder / "authority.pem"
        key = ec.generate_private_key(ec.SECP256R1())
        name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "practice")]), datetime.now(UTC)
        address = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))])
        made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        made = made.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(days=1))
        made = made.add_extension(address, critical=False)
        made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        self.authority.write_bytes(made.sign(key, SHA256()).public_bytes(Encoding.PEM))
        (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(self.authority, folder / "key.pem")

    def _converse(self, caller):
        with contextlib.suppress(OSError), caller:
            assert len(caller.recv(8)) == 8
            caller.sendall(b"S")
            with (
                self._context.wrap_socket(caller, server_side=True) as outside,
                socket.create_connection(("127.0.0.1", self._behind)) as inside,
            ):
                threading.Thread(target=self._pass, args=(inside, outside), daemon=True).start()
                self._pass(outside, inside)


def report(harness):
    """A look at the role's use, on behalf of someone who wants to know it since yesterday."""
    now = datetime.now(UTC)
    return harness.provider.use(Held(harness.old, "app"), Look(harness.provider.card.records, now, now, lambda: False))


def until_none_is_open(harness):
    """A server notices a moment later that a client has gone."""
    while report(harness).uses:
        pass


def test_who_is_in_is_a_use_by_where_and_by_which_program_and_never_by_the_text_of_a_query(harness):
    until_none_is_open(harness)
    with session(harness.old) as eve, session(harness.sibling):
        eve.query("SET application_name = 'psql <!channel> \x1b[1m'")
        eve.query("SELECT 'kept in the history of the session'")
        found = report(harness)
    [use] = found.uses
    assert (use.action, use.principal, use.address, use.what, use.by_bot) == (
        "log in", "app", "127.0.0.1", ("postgres",), False
    )  # fmt: skip
    assert use.agent.startswith("psql <!channel>")
    assert use.first == use.last
    assert abs(use.first - found.until) < timedelta(minutes=1)
    assert "kept in the history" not in repr(found)
    assert (found.since, found.delay, found.per) == (found.until, None, "project")
    assert found.gap == "the server shows only the open sessions of the role (pg_stat_activity)"


def test_a_session_of_the_bot_is_told_apart_and_one_that_was_closed_is_gone(harness):
    until_none_is_open(harness)
    with session(harness.old), session(harness.old) as other:
        other.query("SET application_name = 'psql'")
        assert sorted((use.agent, use.by_bot) for use in report(harness).uses) == [
            ("compromise-bot", True), ("psql", False),
        ]  # fmt: skip
    until_none_is_open(harness)


def test_a_server_under_two_names_has_each_session_once_and_one_without_an_answer_is_named(harness):
    closed = socket.create_server(("127.0.0.1", 0))
    silent = f"127.0.0.1:{closed.getsockname()[1]}"
    closed.close()
    place = f"localhost:{harness.world.port}"
    harness = dataclasses.replace(harness, provider=harness.reconfigured(hosts=(place, silent)))
    until_none_is_open(harness)
    with session(harness.old):
        found = report(harness)
    assert len(found.uses) == 1
    assert found.not_visible[-1].startswith("Servers without an answer: ")


def test_use_that_the_bot_may_not_see_is_not_called_none(harness):
    harness.world.run("REVOKE pg_read_all_stats FROM bot")
    try:
        with session(harness.old), pytest.raises(Refused, match="GRANT pg_read_all_stats"):
            report(harness)
    finally:
        harness.world.run("GRANT pg_read_all_stats TO bot")
