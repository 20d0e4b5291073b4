"""What the bot's own role does at a PostgreSQL server: the same for both ways of replacing a password."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from bot.errors import Missing, OutsideError, Refused, Unreachable
from bot.model.keys import KeyRef, Snapshot
from bot.model.probes import Answer, Liveness
from bot.providers.contract import SNAPSHOT_SECONDS, Held, Setup, as_control
from bot.providers.postgres.server import NAME, Address, Server, administered, ask
from bot.secret import Credential, Secret

OPTIONS = frozenset({"admin_address", "ca_file"})


@dataclass(frozen=True)
class Administration:
    """`admin` reads the URL of the bot's own role; `address` (host:port) is where that URL leads, if by another name
    than the secret's; `timeout` is in seconds.
    """

    admin: Callable[[], Secret]
    address: str
    ca_file: str
    timeout: float

    @classmethod
    def configured(cls, setup: Setup) -> Self:
        """The option `admin_address` (host:port) is for an admin URL that reaches the same server by another name, past
        a pooler for instance; `ca_file` names a PEM file of ours with the authority of the server's certificate.
        """
        options = setup.options
        return cls(setup.admin_for(NAME), options.get("admin_address", ""), options.get("ca_file", ""), setup.timeout)

    def probe(self, credential: Credential) -> Answer:
        """One login with the credential's own URL."""
        try:
            return ask(Address.of(credential.key).login(self.ca_file), self.timeout)
        except OutsideError as failure:
            return Answer(Liveness.UNKNOWN, failure.cause)

    def control(self) -> Answer:
        return as_control("the admin role", lambda: ask(Address.of(self.admin()).login(self.ca_file), self.timeout))

    def control_along(self, probed: Credential) -> Answer:
        def asked() -> Answer:
            address = Address.of(self.admin()).reached_as(Address.of(probed.key))
            return ask(address.login(self.ca_file), self.timeout)

        return as_control("the admin role", asked)

    def identify(self, credential: Credential) -> list[KeyRef]:
        """The role that the URL names, unless the value is surely not its password; by looks unless it surely is: any
        password can stand beside a role's name, and whoever writes the URL can have it ask in vain (``sslmode``).
        """
        address = Address.of(credential.key)
        with self.session(address, "find the role") as server:
            role = server.role(address.user)
        seen = self.probe(credential).liveness if role is not None else Liveness.DEAD
        if seen is Liveness.DEAD:
            return []
        return [KeyRef(address.user, address.user, f"at {address.place}", by_looks=seen is not Liveness.LIVE)]

    def snapshot(self, credential: Credential, key_id: str, named: str) -> Snapshot:
        """`named` is what the account is called. Five answers in all: of the login, and three of statements."""
        address, verb = Address.of(credential.key), f"read role {key_id}"
        with self.session(address, verb, min(self.timeout, SNAPSHOT_SECONDS / 5)) as server:
            role = server.role(key_id)
        if role is None:
            raise Missing(NAME, verb, "the server has no such role")
        facts = {"login": "permitted" if role.may_login else "not permitted", "last use": "not kept by PostgreSQL"}
        if role.valid_until:
            facts["password valid until"] = role.valid_until
        return Snapshot(named, role.rights, key_id, sessions=role.sessions, facts=facts)

    def sessions(self, credential: Credential, key_id: str, age: timedelta) -> int:
        address = Address.of(credential.key)
        with self.session(address, "count the open sessions") as server:
            return server.older_sessions(key_id or address.user, age)

    def checked(self, held: Held, verb: str) -> Address:
        """The old value's address. Refused where the id is not its role, or is the one that the bot itself uses."""
        address = Address.of(held.credential.key)
        if held.key_id != address.user:
            raise Refused(NAME, verb, "the URL names another role")
        if Address.of(self.admin()).user == address.user:
            raise Refused(NAME, verb, "this is the role by which the bot itself administers the server")
        return address

    def accepted(self, credential: Credential, verb: str) -> bool:
        """Whether this value opens its role now. Unreachable if that cannot be told."""
        answer = self.probe(credential)
        if answer.liveness is Liveness.UNKNOWN:
            raise Unreachable(NAME, verb, f"whether the value is accepted cannot be told ({answer.detail})")
        return answer.liveness is Liveness.LIVE

    @contextmanager
    def session(self, target: Address, verb: str, timeout: float | None = None) -> Iterator[Server]:
        admin = Address.of(self.admin())
        if admin.place != (self.address or target.place):
            raise Refused(NAME, verb, "the admin URL is of another server than the secret's URL")
        with administered(admin.login(self.ca_file), timeout or self.timeout, verb) as server:
            yield server


def account(credential: Credential) -> str:
    """Which role at which server."""
    address = Address.of(credential.key)
    return f"{address.user} at {address.place}"


def same_role(new: Credential, old: Credential, verb: str) -> None:
    """Refused unless both URLs are of one role at one server."""
    if Address.of(new.key).role != Address.of(old.key).role:
        raise Refused(NAME, verb, "the new URL is of another role or server than the old one")
