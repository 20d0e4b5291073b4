"""Users of an Upstash Redis database: the leaked one is deleted, and a new user with its rights replaces it.

An ACL user has a token that Upstash makes, and a database can have many users, so nothing stops in between. The
built-in user `default` cannot be changed by ACL. It is revoked by resetting the database's password, which revokes the
old one in the same call, and the REST tokens too. The new password is not needed, because the new user exists by then.
Sources: upstash/docs, devops/developer-api/openapi.yml, and the pages of ACL SETUSER, GENTOKEN, DELUSER.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Self
from urllib.parse import quote

from msgspec import Struct

from bot.errors import Missing, Refused, Unexpected
from bot.model.keys import KeyRef, Snapshot
from bot.model.priority import Priority
from bot.model.probes import Answer
from bot.net.hosts import is_loopback
from bot.net.http import Http
from bot.providers.cards import load_card
from bot.providers.contract import (
    SNAPSHOT_SECONDS,
    Card,
    Held,
    Issued,
    Setup,
    as_control,
    demand_made,
    in_path,
    unclear_if_it_fails,
)
from bot.providers.hosts import Hosts
from bot.providers.redis.server import DEFAULT_USER, NAME, Address, accepts, missing_user, ping, session
from bot.secrets.secret import Credential, Secret

DOMAIN = ".upstash.io"
BUILT_IN = frozenset({DEFAULT_USER, "default_ro"})
"""Users of the database itself: one password each, reset together."""


class _Database(Struct):
    """The API's description of a database. It holds the default user's password, so the answer is never logged."""

    endpoint: str
    port: int
    password: str = ""
    tls: bool = True

    def address(self, verb: str) -> Address:
        """The default user at the database. Refused for a place that is not Upstash's, or not encrypted."""
        host = self.endpoint if "." in self.endpoint else self.endpoint + DOMAIN
        if not (is_loopback(host) or (self.tls and host.endswith(DOMAIN))):
            raise Refused(NAME, verb, f"the API names {host} as the database's address, without TLS or not Upstash's")
        return Address(self.tls, host, self.port, DEFAULT_USER, Secret(self.password))


@dataclass(frozen=True)
class Upstash:
    """The key id is the user's name; for users that the bot makes it is the key's name."""

    card: ClassVar[Card] = load_card(__file__, "upstash")
    http: Http
    admin: Callable[[], Secret]
    database: str
    timeout: float
    named: tuple[str, ...] = ()

    @classmethod
    def configured(cls, setup: Setup) -> Self:
        """`admin` is ``E-MAIL:API KEY`` of the Upstash account."""
        setup.check_options(NAME, {"database"}, {"database"})
        return cls(setup.http("api"), setup.admin_for(NAME), setup.options["database"], setup.timeout, setup.hosts)

    @unclear_if_it_fails
    def probe(self, credential: Credential) -> Answer:
        return ping(Address.of(credential.key), self.hosts, self.timeout)

    def control(self) -> Answer:
        """The default user with the password that the API gives, at the database itself."""
        return self._control(lambda default: default)

    def control_along(self, probed: Credential) -> Answer:
        return self._control(lambda default: default.reached_as(Address.of(probed.key)))

    def _control(self, placed: Callable[[Address], Address]) -> Answer:
        def asked() -> Answer:
            default = self._default("probe the default user")
            return ping(placed(default), _here(default, self.named), self.timeout)

        return as_control("the default user", asked)

    @property
    def hosts(self) -> Hosts:
        """The database's own place, from the API, and the places in the catalog."""
        return Hosts(NAME, self.named, self._places)

    def elsewhere(self, credential: Credential) -> tuple[str, ...]:
        return self.hosts.elsewhere([Address.of(credential.key).place])

    def account(self, credential: Credential) -> str | None:
        """The database, if the URL is of it."""
        place, here = Address.of(credential.key).place, self._known("find the database")
        return f"database {self.database}" if here is not None and place == here.place else None

    def identify(self, credential: Credential) -> list[KeyRef]:
        """The user that the URL names, if the database accepts its password."""
        verb, address = "find the user", Address.of(credential.key)
        here = self._known(verb)
        if here is None or address.place != here.place:
            return []
        return [KeyRef(address.user, address.user)] if self._accepts(address, here, verb) else []

    def snapshot(self, _credential: Credential, key_id: str) -> Snapshot:
        verb = f"read user {key_id}"
        seconds = min(self.timeout, SNAPSHOT_SECONDS / 4)  # the API, connection, AUTH, user
        default = self._default(verb, seconds)
        with session(default, _here(default), seconds, verb) as server:
            user = server.acl_user(key_id)
        if user is None:
            raise missing_user(verb)
        facts = {"flags": " ".join(user[2])}
        if key_id in BUILT_IN:
            facts["dies with it"] = "the passwords of default and default_ro, and both REST tokens of the database"
        return Snapshot(account=f"database {self.database}", scopes=user[1], owner=key_id, facts=facts)

    def issue(self, name: str, like: Snapshot) -> Issued:
        """Makes a user of this name with the rules of the old one."""
        verb = f"make user {name}"
        if not like.scopes:
            raise Refused(NAME, verb, "the old user's rules are unknown")
        rules = [word for rule in like.scopes for word in rule.split()]
        address = self._default(verb)
        with session(address, _here(address), self.timeout, verb) as server:
            token = server.run("ACL", "GENTOKEN", name)
            if not isinstance(token, str) or not token:
                raise Unexpected(NAME, verb, "an answer that is not documented")
            server.run("ACL", "SETUSER", name, "reset", "on", f">{token}", *rules)
        scheme = "rediss" if address.tls else "redis"
        url = f"{scheme}://{name}:{quote(token, safe='')}@{address.host}:{address.port}"
        return Issued(name, Credential.single(Secret(url)))

    def issued(self, prefix: str) -> list[KeyRef]:
        verb = "list users"
        here = self._known(verb)
        if here is None:
            return []
        with session(here, _here(here), self.timeout, verb) as server:
            users = server.run("ACL", "USERS")
        names = [str(user) for user in users] if isinstance(users, list) else []
        return [KeyRef(name, name) for name in names if name.startswith(prefix)]

    def revoke(self, held: Held) -> None:
        """Deletes the user, which closes its connections; for a built-in one, resets the database's password."""
        verb = f"revoke user {held.key_id}"
        default = self._known(verb)
        if default is None:
            return  # with the database went its users
        if held.credential.key:
            address = Address.of(held.credential.key)
            if (address.user, address.place) != (held.key_id, default.place):
                raise Refused(NAME, verb, "the URL names another user or another database")
        elif held.key_id in BUILT_IN:
            raise Refused(NAME, verb, "without the old key it is unknown whether it was reset")
        else:
            demand_made(NAME, verb, held.key_id)
        if held.key_id in BUILT_IN:
            self._reset(Address.of(held.credential.key), default, verb)
            return
        with session(default, _here(default), self.timeout, verb) as server:
            server.run("ACL", "DELUSER", held.key_id)

    def _reset(self, leaked: Address, default: Address, verb: str) -> None:
        if self._is_reset(leaked, default, verb):
            return
        path = f"/redis/reset-password/{in_path(NAME, verb, self.database)}"
        made = self._ask("POST", path, verb, Priority.REVOKE)
        if made.password and made.password == default.password.reveal():
            raise Unexpected(NAME, verb, "the answer says that the password was not reset")

    def _is_reset(self, leaked: Address, default: Address, verb: str) -> bool:
        """Whether the leaked password is refused already. A second reset would only revoke the later one."""
        if leaked.user == DEFAULT_USER:
            return leaked.password != default.password
        return not self._accepts(leaked, default, verb)

    def _accepts(self, address: Address, default: Address, verb: str) -> bool:
        return accepts(address, _here(default), self.timeout, verb)

    def _places(self) -> tuple[str, ...]:
        """None without an admin credential, or where the database is gone."""
        try:
            return (self._default("find the database").place,)
        except (Missing, Refused):
            return ()

    def _known(self, verb: str) -> Address | None:
        """The data of the default user; None if the database is gone."""
        try:
            return self._default(verb)
        except Missing:
            return None

    def _default(self, verb: str, timeout: float | None = None) -> Address:
        path = f"/redis/database/{in_path(NAME, verb, self.database)}"
        return self._ask("GET", path, verb, Priority.READ, timeout).address(verb)

    def _ask(self, method: str, path: str, verb: str, priority: Priority, timeout: float | None = None) -> _Database:
        mail, colon, key = self.admin().reveal().partition(":")
        if not colon or not key:
            raise Refused(NAME, verb, "the admin credential is not of the form E-MAIL:API KEY")
        http = self.http if timeout is None else self.http.with_timeout(timeout)
        reply = http.send(method, path, verb=verb, priority=priority, basic=(mail, Secret(key)))
        return reply.expect(200).parse(_Database)


def _here(default: Address, named: tuple[str, ...] = ()) -> Hosts:
    return Hosts(NAME, (default.place, *named))
