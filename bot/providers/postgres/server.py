"""PostgreSQL URLs, and the providers' questions to a server, with our own errors.

Sources: PostgreSQL's documentation, "Connection URIs", pg_roles, pg_auth_members, pg_stat_activity, ALTER ROLE,
pg_stat_replication, pg_stat_wal_receiver, "Server Signaling Functions" and appendix A, "PostgreSQL Error Codes".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import NoReturn
from urllib.parse import parse_qsl, unquote, urlsplit

from bot.errors import Missing, OutsideError, Refused, Unauthorized, Unexpected, Unreachable
from bot.model.probes import Answer, Liveness
from bot.model.uses import Use
from bot.providers.hosts import Hosts
from bot.providers.postgres.scram import stored_form
from bot.providers.postgres.wire import OWN_AGENT, SSL_MODES, Broken, Declined, Login, Row, Wire, connected
from bot.secrets.secret import Secret

NAME = "postgres"
PORT = 5432
WRONG_PASSWORD, NO_LOGIN, NOT_ALLOWED, NO_DATABASE, NO_ROLE = "28P01", "28000", "42501", "3D000", "42704"
WORDS = {
    WRONG_PASSWORD: "password authentication failed",
    NO_LOGIN: "login not permitted",
    NOT_ALLOWED: "insufficient privilege",
    "53300": "too many connections",
    "57P03": "not accepting connections now",
    NO_DATABASE: "no such database",
}
_ELSEWHERE = frozenset({"host", "hostaddr", "port", "user", "password", "dbname", "service", "passfile"})
_ENDING_ROUNDS = 20
LOGIN = (
    "pid",
    "to_char(backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US')",
    "coalesce(host(client_addr), 'the same machine')",
    "application_name",
    "coalesce(datname, '')",
    "client_addr IS NOT DISTINCT FROM inet_client_addr()",
)
"""The columns of a session: the last one is whether it comes from where the bot does."""
FIRST_WITH_SCRAM = 100_000
"""Version 10, as server_version_num has it."""


@dataclass(frozen=True)
class Address:
    """The parts of a ``postgresql://user:password@host:port,host:port/database?sslmode=…`` URL."""

    places: tuple[str, ...]
    """The servers of its list, mostly one; each ``host:port``."""
    user: str
    password: Secret
    database: str
    ssl_mode: str

    @classmethod
    def of(cls, url: Secret) -> Address:
        """Parses a URL. Refused if it is no such URL with a user and a password."""
        try:
            parts = urlsplit(url.reveal())
            places = tuple(_place(each) for each in parts.netloc.rpartition("@")[2].split(","))
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
        except ValueError:
            _unreadable()
        known = re.fullmatch(r"postgres(ql)?(\+[a-z0-9]+)?", parts.scheme)
        if not known or not parts.username or not parts.password:
            _unreadable()
        if _ELSEWHERE & query.keys():
            raise Refused(NAME, "read the URL", "its parameters name a server or user beside those of the address")
        ssl_mode = query.get("sslmode", "require" if query.get("ssl") == "true" else "prefer")
        if ssl_mode not in SSL_MODES:
            raise Refused(NAME, "read the URL", f"unknown sslmode; expected {', '.join(SSL_MODES)}")
        user = unquote(parts.username)
        database = unquote(parts.path.removeprefix("/")) or user
        return cls(places, user, Secret(unquote(parts.password)), database, ssl_mode)

    @property
    def place(self) -> str:
        return ",".join(self.places)

    @property
    def role(self) -> tuple[str, str]:
        """Which role at which server: what two URLs of one secret have in common."""
        return self.place, self.user

    def encrypted_as(self, other: Address) -> Address:
        """The same role and database with the connection options of `other`, and never with less encryption than its
        own URL wants.
        """
        return replace(self, ssl_mode=max(self.ssl_mode, other.ssl_mode, key=SSL_MODES.index))

    def login(self, place: str, hosts: Hosts, ca_file: str = "") -> Login:
        """A login at `place`. Refused if it is not one of `hosts`. Every connection begins here, so the value alone
        cannot choose a server. SCRAM without channel binding could be relayed to our own server.
        """
        hosts.demand([place], "log in")
        host, _, port = place.rpartition(":")
        return Login(host.strip("[]"), int(port), self.user, self.password, self.database, self.ssl_mode, ca_file)


def _place(text: str) -> str:
    """One of a URL's servers, with its port. ValueError if it is invalid."""
    parts = urlsplit(f"//{text}")
    host = parts.hostname
    if not host:
        raise ValueError
    return f"[{host}]:{parts.port or PORT}" if ":" in host else f"{host}:{parts.port or PORT}"


def _unreadable() -> NoReturn:
    raise Refused(NAME, "read the URL", "expected postgresql://user@host:port/database, with its password") from None


def ask(login: Login, timeout: float) -> Answer:
    """Logs in on a fresh connection and asks for one row.

    DEAD is 28P01, also for a role that is gone or whose password has expired, and 28000 after the password was
    accepted, for a role that may not log in. The same 28000 before the password was requested comes from pg_hba.conf,
    and is about our address, not the password.
    """
    try:
        with connected(login, timeout) as wire:
            wire.query("SELECT 1")
    except Declined as no:
        said = f"SQLSTATE {no.state}" + (f" {WORDS[no.state]}" if no.state in WORDS else "")
        if no.state == WRONG_PASSWORD or (no.state == NO_LOGIN and no.authenticated):
            return Answer(Liveness.DEAD, said)
        if no.state in {NOT_ALLOWED, NO_DATABASE} and no.authenticated:
            return Answer(Liveness.LIVE, f"{said}, which comes after the password")
        return Answer(Liveness.UNKNOWN, said)
    except Broken as failure:
        return Answer(Liveness.UNKNOWN, str(failure))
    return Answer(Liveness.LIVE, "logged in")


@dataclass(frozen=True)
class Role:
    """A role as pg_roles shows it: `rights` are its attributes and the roles that it is a member of."""

    may_login: bool
    rights: tuple[str, ...]
    valid_until: str
    sessions: int


@dataclass(frozen=True)
class Census:
    """For one server: the role's sessions older than requested, the servers that copy from it (the last column says
    from where), and its own source if it copies. Two equal ones are one server with two names.
    """

    older: frozenset[Row]
    standbys: frozenset[Row]
    copies: frozenset[Row]


class Server:
    """An administrator's connection. Every call raises Unreachable, Unauthorized, Refused or Unexpected."""

    def __init__(self, wire: Wire, verb: str) -> None:
        self._wire = wire
        self._verb = verb

    def role(self, name: str) -> Role | None:
        """None if the server has no such role."""
        attributes = ("super", "createdb", "createrole", "replication", "bypassrls")
        columns = ", ".join(f"rol{each}" for each in attributes)
        found = self._run(
            f"SELECT rolcanlogin, coalesce(rolvaliduntil::text, ''), {columns} "  # noqa: S608 - names of columns
            f"FROM pg_catalog.pg_roles WHERE rolname = {_text(name)}"
        )
        if not found:
            return None
        login, until, *flags = found[0]
        member_of = self._run(
            "SELECT g.rolname FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles g ON g.oid = m.roleid "  # noqa: S608 - quoted
            f"JOIN pg_catalog.pg_roles u ON u.oid = m.member WHERE u.rolname = {_text(name)}"
        )
        rights = [attribute for attribute, flag in zip(attributes, flags, strict=True) if flag == "t"]
        rights += sorted(f"member of {group}" for (group,) in member_of)
        return Role(login == "t", tuple(rights) or ("no attributes",), until or "", len(self._sessions(name)))

    def set_password(self, role: str, password: str) -> None:
        """Sets the password's stored form, so that the password itself is neither sent nor logged. Refused if the
        server does not know this form, and would take it for the password.
        """
        version = self._run("SHOW server_version_num")[0][0] or "0"
        if int(version) < FIRST_WITH_SCRAM:
            raise Refused(NAME, self._verb, "the server is older than version 10 and does not know SCRAM")
        self._run(f"ALTER ROLE {_name(role)} PASSWORD {_text(stored_form(Secret(password)))}")

    def end_sessions(self, role: str) -> None:
        """Closes every session of the role, and waits until they are gone."""
        opened = self._sessions(role)
        if not opened:
            return
        self._run(f"SELECT pg_catalog.pg_terminate_backend(pid) FROM {_others(role)}")  # noqa: S608 - quoted
        for _ in range(_ENDING_ROUNDS):
            if not opened & self._sessions(role):
                return
            self._run("SELECT pg_catalog.pg_sleep(0.1)")
        raise Unexpected(NAME, self._verb, "sessions to be closed are still open")

    def census(self, role: str, age: timedelta) -> Census:
        """Refused if the admin user may not see the age of sessions, and through a pooler: it holds its clients'
        sessions, whose own age the server does not know.
        """
        if self._run("SELECT pg_catalog.pg_backend_pid()") != [(self._wire.backend_pid,)]:
            raise Refused(NAME, self._verb, "a pooler answers there, and its clients are not seen from here")
        older = self._run(
            f"SELECT pid, backend_start FROM {_others(role)} AND (backend_start IS NULL OR "  # noqa: S608 - quoted
            f"clock_timestamp() - backend_start >= interval '{age.total_seconds():f} seconds')"
        )
        self._demand_seen(start for _, start in older)
        standbys = self._run(
            "SELECT pid, backend_start, coalesce(host(client_addr), 'the same machine') "
            "FROM pg_catalog.pg_stat_replication r WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_replication_slots s "
            "WHERE s.active_pid = r.pid AND s.slot_type = 'logical')"
        )
        copies = self._run(
            "SELECT pid, pg_catalog.pg_postmaster_start_time() FROM pg_catalog.pg_stat_wal_receiver "
            "WHERE pid IS NOT NULL"
        )
        return Census(frozenset(older), frozenset(standbys), frozenset(copies))

    def logins(self, role: str) -> list[Use]:
        """A use for the begin of each open session: when, from where, by which program, in which database. The text of
        a query is never asked for. Refused if the admin user may not see sessions.

        What is the bot's own comes from this session's address, under the bot's name.
        """
        rows = self._run(
            f"SELECT {', '.join(LOGIN)} FROM {_others(role)} AND backend_type IS DISTINCT FROM 'parallel worker'"  # noqa: S608 - quoted
        )
        self._demand_seen(row[1] for row in rows)
        return [self._login(role, *(text or "" for text in row)) for row in rows]

    def _login(self, role: str, pid: str, began: str, address: str, agent: str, database: str, near: str) -> Use:
        try:
            at = datetime.fromisoformat(began).replace(tzinfo=UTC)
        except ValueError:
            raise Unexpected(NAME, self._verb, "a session without the time of its begin") from None
        return Use(
            first=at,
            last=at,
            action="log in",
            principal=role,
            address=address,
            agent=agent,
            what=(database,) if database else (),
            by_bot=near == "t" and agent == OWN_AGENT,
            id=f"{pid} {began}",
        )

    def _demand_seen(self, starts: Iterable[str | None]) -> None:
        if any(start is None for start in starts):
            raise Refused(NAME, self._verb, "the admin user may not see sessions: GRANT pg_read_all_stats to it")

    def _sessions(self, role: str) -> frozenset[Row]:
        return frozenset(self._run(f"SELECT pid, backend_start FROM {_others(role)}"))  # noqa: S608 - quoted

    def _run(self, statement: str) -> list[Row]:
        with _translated(self._verb):
            return self._wire.query(statement)


@contextmanager
def administered(login: Login, timeout: float, verb: str) -> Iterator[Server]:
    """A session as an administrator for the length of a `with`. `timeout` is in seconds, for each statement."""
    with _translated(verb), connected(login, timeout) as wire:
        yield Server(wire, verb)


@contextmanager
def _translated(verb: str) -> Iterator[None]:
    try:
        yield
    except Declined as no:
        raise _ours(no, verb) from None
    except Broken as failure:
        raise Unreachable(NAME, verb, str(failure)) from None


def _ours(no: Declined, verb: str) -> OutsideError:
    said = f"SQLSTATE {no.state}"
    match no.state:
        case _ if no.state == WRONG_PASSWORD or (no.state == NO_LOGIN and no.authenticated):
            return Unauthorized(NAME, verb, f"the password was refused ({said})")
        case _ if no.state == NOT_ALLOWED:
            return Unauthorized(NAME, verb, f"the admin user needs another right ({said})")
        case _ if no.state == NO_ROLE:
            return Missing(NAME, verb, "the server has no such role")
        case "25006":
            return Refused(NAME, verb, "this server is a read-only replica")
        case "53300" | "57P03" | "57P01":
            return Unreachable(NAME, verb, f"{said} {WORDS.get(no.state, 'the session was closed')}")
        case _:
            return Refused(NAME, verb, f"the server declined ({said})")


def _others(role: str) -> str:
    return f"pg_catalog.pg_stat_activity WHERE usename = {_text(role)} AND pid <> pg_catalog.pg_backend_pid()"


def _name(identifier: str) -> str:
    return '"' + _plain(identifier).replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + _plain(value).replace("'", "''") + "'"


def _plain(value: str) -> str:
    """Without what a server's settings may read as an escape."""
    if "\\" in value or not value.isprintable():
        raise Refused(NAME, "name a role", "its name has characters that are not sent")
    return value
