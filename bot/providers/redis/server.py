"""One connection to a Redis server (or Valkey), by URL, with our own errors.

No library exception leaves this file, because its text can repeat what was sent.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import unquote, urlsplit

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from bot.errors import Missing, OutsideError, Refused, Unauthorized, Unexpected, Unreachable
from bot.model.probes import Answer, Liveness
from bot.model.uses import Use
from bot.providers.hosts import Hosts
from bot.secrets.secret import Secret

NAME = "redis"
PORT = 6379
DEFAULT_USER = "default"
OWN_COMMANDS = frozenset({"auth", "ping"})
"""The latest command of one of the bot's probes, as the server lists it."""


@dataclass(frozen=True)
class Address:
    """The parts of a ``redis[s]://user:password@host:port/db`` URL."""

    tls: bool
    host: str
    port: int
    user: str
    password: Secret

    @classmethod
    def of(cls, url: Secret) -> Address:
        """Refused for anything that is not such a URL with a password."""
        try:
            parts = urlsplit(url.reveal())
            host, port = parts.hostname, parts.port
        except ValueError:
            host, port, parts = None, None, urlsplit("")
        if parts.scheme not in {"redis", "rediss"} or not host or not parts.password:
            raise Refused(NAME, "read the URL", "expected redis[s]://user:password@host:port/db")
        user = unquote(parts.username or "") or DEFAULT_USER
        return cls(parts.scheme == "rediss", host, port or PORT, user, Secret(unquote(parts.password)))

    @property
    def place(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def reached_as(self, other: Address) -> Address:
        """The same user at the address of `other`, and never with less encryption than its own URL wants."""
        return replace(self, tls=self.tls or other.tls, host=other.host, port=other.port)

    def at(self, place: str) -> Address:
        """The same user at another place of the service (``host:port``)."""
        host, _, port = place.rpartition(":")
        return replace(self, host=host.strip("[]"), port=int(port))

    @property
    def digest(self) -> str:
        """SHA-256 of the password in hex: the form in which Redis keeps, lists and takes it (ACL SETUSER)."""
        return hashlib.sha256(self.password.reveal().encode()).hexdigest()


class Session:
    """An authenticated connection. Every call raises Unreachable, Unauthorized, Refused or Unexpected."""

    def __init__(self, client: redis.Redis, verb: str) -> None:
        self._client = client
        self._verb = verb

    def run(self, *words: str) -> object:
        """One command's answer, text decoded. Commands are constants in source code, and never part of an error."""
        with translated(self._verb):
            answer: object = self._client.execute_command(*words)  # type: ignore[no-untyped-call]
            return answer

    def acl_user(self, user: str) -> tuple[list[str], tuple[str, ...], list[str]] | None:
        """(SHA-256 of each password, access rules, flags) of `user`, None if there is no such user."""
        answer = self.run("ACL", "GETUSER", user)
        if answer is None:
            return None
        if not isinstance(answer, list | dict):
            raise Unexpected(NAME, self._verb, "an answer that is not documented")
        fields = _pairs(answer)
        rules = tuple(str(fields.get(name, "")) for name in ("commands", "keys", "channels"))
        return _words(fields.get("passwords")), rules, _words(fields.get("flags"))

    def sessions(self, user: str) -> frozenset[str]:
        """Ids of all connections that are authenticated as `user`, this one left out."""
        return frozenset(line["id"] for line in self._others(user))

    def cut(self, user: str) -> None:
        """Cuts all connections of `user` but this one."""
        opened = self.sessions(user)
        self.run("CLIENT", "KILL", "USER", user, "SKIPME", "yes")
        if opened & self.sessions(user):
            raise Unexpected(NAME, self._verb, "connections to be cut are still open")

    def older(self, user: str, seconds: float) -> frozenset[tuple[str, ...]]:
        """The connections that are certainly older: ages are whole seconds, up to one more or less."""
        try:
            return frozenset(_identity(line) for line in self._others(user) if int(line["age"]) - 1 >= seconds)
        except (KeyError, ValueError):
            raise Unexpected(NAME, self._verb, "a list of connections without their ages") from None

    def logins(self, user: str, now: datetime) -> list[Use]:
        """A use for the begin of each open connection of `user`, in whole seconds: when, from where, by which program.

        What is the bot's own comes from this connection's address: a PING by a client without a name or library.
        """
        mine, lines = self._connections()
        here = next((_host(line) for line in lines if line.get("id") == mine), "")
        return [self._login(line, now, here) for line in _of(user, mine, lines)]

    def _login(self, line: dict[str, str], now: datetime, here: str) -> Use:
        try:
            at = now.replace(microsecond=0) - timedelta(seconds=int(line["age"]))
        except (KeyError, ValueError, OverflowError):
            raise Unexpected(NAME, self._verb, "a list of connections without their ages") from None
        agent = " ".join(filter(None, (line.get(name) for name in ("name", "lib-name", "lib-ver"))))
        return Use(
            first=at,
            last=at,
            action="connect",
            principal=line["user"],
            address=_host(line),
            agent=agent,
            by_bot=_host(line) == here and not agent and line.get("cmd") in OWN_COMMANDS,
            id=" ".join(_identity(line)),
        )

    def _others(self, user: str) -> list[dict[str, str]]:
        return _of(user, *self._connections())

    def _connections(self) -> tuple[str, list[dict[str, str]]]:
        """The id of this connection, and all connections."""
        mine, answer = str(self.run("CLIENT", "ID")), self.run("CLIENT", "LIST")
        if not isinstance(answer, str):
            raise Unexpected(NAME, self._verb, "an answer that is not documented")
        return mine, [dict(word.partition("=")[::2] for word in line.split()) for line in answer.splitlines()]


def _of(user: str, mine: str, lines: list[dict[str, str]]) -> list[dict[str, str]]:
    return [line for line in lines if line.get("user") == user and line.get("id") not in {None, mine}]


def _identity(line: dict[str, str]) -> tuple[str, ...]:
    """What names a connection, also if one server is asked under two names."""
    return tuple(line.get(name, "") for name in ("id", "addr", "laddr"))


def _host(line: dict[str, str]) -> str:
    """From where a connection comes, without its port."""
    return line.get("addr", "").rpartition(":")[0].strip("[]")


@contextmanager
def session(address: Address, hosts: Hosts, timeout: float, verb: str) -> Iterator[Session]:
    """A fresh authenticated connection for a `with` block. `timeout` is in seconds, for each answer. Refused for an
    address that is not one of `hosts`.
    """
    client = _client(address, hosts, timeout, verb)
    try:
        yield Session(client, verb)
    finally:
        client.close()


def ping(address: Address, hosts: Hosts, timeout: float) -> Answer:
    """Authenticates a fresh connection and sends one PING. Refused for an address that is not one of `hosts`.

    WRONGPASS, also for a disabled or deleted user, is the only refusal that means DEAD; NOPERM comes after
    authentication and so means LIVE.
    """
    client = _client(address, hosts, timeout, "probe a password")
    try:
        client.execute_command("PING")  # type: ignore[no-untyped-call]
    except redis.exceptions.NoPermissionError:
        return Answer(Liveness.LIVE, "NOPERM, which comes after authentication")
    except redis.exceptions.AuthenticationError as error:
        if getattr(error, "status_code", None) == "WRONGPASS":
            return Answer(Liveness.DEAD, "WRONGPASS")
        return Answer(Liveness.UNKNOWN, "authentication failed, but not with WRONGPASS")
    except redis.exceptions.BusyLoadingError:
        return Answer(Liveness.UNKNOWN, "LOADING")
    except (redis.exceptions.RedisError, OSError) as error:
        return Answer(Liveness.UNKNOWN, _cause(error))
    finally:
        client.close()
    return Answer(Liveness.LIVE, "PONG")


def accepts(address: Address, hosts: Hosts, timeout: float, verb: str) -> bool:
    """Whether the server accepts the password now. Unexpected if that is unknown."""
    answer = ping(address, hosts, timeout)
    if answer.liveness is Liveness.UNKNOWN:
        raise Unexpected(NAME, verb, f"unknown whether the server accepts the key ({answer.detail})")
    return answer.liveness is Liveness.LIVE


@contextmanager
def translated(verb: str) -> Iterator[None]:
    """Turns the library's exceptions into ours."""
    try:
        yield
    except (redis.exceptions.RedisError, OSError) as error:
        raise _ours(error, verb) from None


def _client(address: Address, hosts: Hosts, timeout: float, verb: str) -> redis.Redis:
    """Every connection begins here, and so none leads where only the value says."""
    hosts.demand([address.place], verb)
    return redis.Redis(
        host=address.host,
        port=address.port,
        username=address.user,
        password=address.password.reveal(),
        ssl=address.tls,
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        retry=Retry(NoBackoff(), 0),
        protocol=2,  # the answers below are documented in this form; a server before version 6 has no other
        decode_responses=True,
        driver_info=None,  # nothing to announce before the authentication that is being tried
    )


def _ours(error: Exception, verb: str) -> OutsideError:
    match error:
        case redis.exceptions.AuthenticationError():
            return Unauthorized(NAME, verb, "the admin user's password was refused")
        case redis.exceptions.NoPermissionError():
            return Unauthorized(NAME, verb, "the admin user may not run a command that this needs")
        case redis.exceptions.ReadOnlyError():
            return Refused(NAME, verb, "this server is a read-only replica")
        case redis.exceptions.ConnectionError() | redis.exceptions.TimeoutError() | OSError():
            return Unreachable(NAME, verb, _cause(error))
        case redis.exceptions.ResponseError():
            return Refused(NAME, verb, "the server declined a command")
        case _:
            return Unexpected(NAME, verb, "an answer that is not Redis")


def _cause(error: Exception) -> str:
    if isinstance(error, redis.exceptions.TimeoutError | TimeoutError):
        return "no answer in time"
    if isinstance(error, redis.exceptions.BusyLoadingError):
        return "LOADING"
    if "max number of clients" in str(error):
        return "max number of clients reached"
    if isinstance(error, redis.exceptions.ConnectionError | OSError):
        return "the connection failed or was cut"
    return "an answer that is not documented"


def _pairs(answer: list[object] | dict[object, object]) -> dict[str, object]:
    """The fields of an answer in either protocol's form: a map, or names and values by turns."""
    pairs = answer.items() if isinstance(answer, dict) else zip(answer[::2], answer[1::2], strict=False)
    return {str(name): value for name, value in pairs}


def _words(value: object) -> list[str]:
    return [str(word) for word in value] if isinstance(value, list) else []


def missing_user(verb: str) -> Missing:
    return Missing(NAME, verb, "the server has no such user")
