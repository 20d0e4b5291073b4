"""Passwords of ACL users of a self-managed Redis server, version 6 or later (Valkey too).

A user can have several passwords, so old and new overlap. Sources: the documentation of ACL SETUSER, ACL GETUSER,
CLIENT KILL and CONFIG REWRITE. ACL changes are not replicated: each replica and each node of a cluster has its own
users, so every change is made at every place of the service.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Self

from bot.errors import Refused, Unauthorized
from bot.model.keys import KeyRef, Snapshot
from bot.model.probes import Answer
from bot.model.uses import Use, UseReport
from bot.providers.cards import load_card
from bot.providers.contract import SNAPSHOT_SECONDS, Card, Held, Setup, as_control, unclear_if_it_fails
from bot.providers.hosts import Hosts, asked_at, at_each
from bot.providers.looks import Look
from bot.providers.passwords import with_new_password
from bot.providers.redis.server import NAME, Address, Session, missing_user, ping, session
from bot.secrets.secret import Credential, Secret


@dataclass(frozen=True)
class Redis:
    """The key id is the user's name. `admin` gives a URL of the same server and a user of the bot's own, whom the other
    servers of the service know too.
    """

    card: ClassVar[Card] = load_card(__file__)
    admin: Callable[[], Secret]
    hosts: Hosts
    timeout: float

    @classmethod
    def configured(cls, setup: Setup) -> Self:
        setup.check_options(NAME, ())
        hosts = setup.hosts_for(NAME, lambda admin: (Address.of(admin).place,))
        return cls(setup.admin_for(NAME), hosts, setup.timeout)

    def control(self) -> Answer:
        """The admin URL at the server itself."""
        return self._control(lambda admin: admin)

    def control_along(self, probed: Credential) -> Answer:
        return self._control(lambda admin: admin.reached_as(Address.of(probed.key)))

    def _control(self, placed: Callable[[Address], Address]) -> Answer:
        return as_control("the admin user", lambda: ping(placed(Address.of(self.admin())), self.hosts, self.timeout))

    def elsewhere(self, credential: Credential) -> tuple[str, ...]:
        return self.hosts.elsewhere([Address.of(credential.key).place])

    def account(self, credential: Credential) -> str:
        address = Address.of(credential.key)
        return f"{address.user} at {address.place}"

    def generate(self, old: Credential) -> Credential:
        return with_new_password(old)

    @unclear_if_it_fails
    def probe(self, credential: Credential) -> Answer:
        """One login at each server: each has its own passwords for the user."""
        address = Address.of(credential.key)
        places = self._servers(address, "probe a password")
        seconds = self.timeout / len(places)
        return asked_at(places, lambda place: ping(address.at(place), self.hosts, seconds))

    def identify(self, credential: Credential) -> list[KeyRef]:
        address = Address.of(credential.key)
        with self._session(address, "find the user") as server:
            user = server.acl_user(address.user)
        if user is None or address.digest not in user[0]:
            return []
        return [KeyRef(address.user, address.user, f"1 of {len(user[0])} passwords")]

    def snapshot(self, credential: Credential, key_id: str) -> Snapshot:
        address = Address.of(credential.key)
        verb = f"read user {key_id}"  # five answers in all: connection, AUTH, user, own id, list of connections
        with self._session(address, verb, timeout=min(self.timeout, SNAPSHOT_SECONDS / 5)) as server:
            user = server.acl_user(key_id)
            if user is None:
                raise missing_user(verb)
            sessions = len(server.sessions(key_id))
        passwords, rules, flags = user
        return Snapshot(
            account=f"{key_id} at {address.place}",
            scopes=rules,
            owner=key_id,
            sessions=sessions,
            facts={"passwords": str(len(passwords)), "flags": " ".join(flags)},
        )

    def install(self, new: Credential, old: Credential) -> None:
        """Adds the new password by its digest, so that it is not sent; the user's other passwords stay valid.

        It does not check whether the server could save this; `revoke` reports a failure.
        """
        address, verb = Address.of(new.key), "install a password"
        if _identity(address) != _identity(Address.of(old.key)):
            raise Refused(NAME, verb, "the new URL is of another user or server than the old one")

        def at(place: str) -> None:
            with self._session(address, verb, place) as server:
                if server.acl_user(address.user) is None:  # ACL SETUSER would quietly make one
                    raise missing_user(verb)
                server.run("ACL", "SETUSER", address.user, f"#{address.digest}")
                _save(server)

        self._everywhere(address, at, verb)

    def uninstall(self, unwanted: Credential) -> None:
        address, verb = Address.of(unwanted.key), "uninstall a password"

        def at(place: str) -> None:
            with self._session(address, verb, place) as server:
                _remove(server, address)
                _save(server)

        self._everywhere(address, at, verb)

    def revoke(self, held: Held) -> None:
        """Removes the password, cuts all connections of its user, and saves.

        A connection does not say by which password it was opened, so all of the user are cut: clients with the new one
        come back at once. Refused with a sentence if the server could not save: the old password is refused now, but
        would be accepted again after a restart.
        """
        address, verb = Address.of(held.credential.key), f"revoke a password of {held.key_id}"
        if held.key_id != address.user:
            raise Refused(NAME, verb, "the URL names another user")
        admin = Address.of(self.admin())
        if (admin.user, admin.digest) == (address.user, address.digest):
            raise Refused(NAME, verb, "this is the password with which the bot itself administers the server")

        def at(place: str) -> None:
            with self._session(address, verb, place) as server:
                _revoke(server, address, verb)

        self._everywhere(address, at, verb)

    def sessions(self, credential: Credential, key_id: str, age: timedelta) -> int:
        """Source: CLIENT LIST of each server. Unless a session is open, names servers that cannot be asked."""
        address, verb = Address.of(credential.key), "count the open connections"

        def at(place: str) -> frozenset[tuple[str, ...]]:
            with self._session(address, verb, place) as server:
                return server.older(key_id or address.user, age.total_seconds())

        found, failed = at_each(self._servers(address, verb), at)
        count = len(frozenset().union(*found))
        if failed is not None and not count:
            raise failed
        return count

    def use(self, held: Held, look: Look) -> UseReport:
        """The open connections of the user at each server: by any of its passwords, and of no earlier time."""
        address, verb = Address.of(held.credential.key), "look up how the key was used"
        places = self._servers(address, verb)
        seconds = min(self.timeout, SNAPSHOT_SECONDS) / (4 * len(places))  # connection, AUTH, own id, connections

        def at(place: str) -> list[Use]:
            with self._session(address, verb, place, seconds) as server:
                return server.logins(address.user, look.until)

        return look.of_open_sessions(places, at)

    def _servers(self, address: Address, verb: str) -> tuple[str, ...]:
        return self.hosts.servers([address.place], verb)

    def _everywhere(self, address: Address, act: Callable[[str], None], verb: str) -> None:
        """At every server, also where it fails at one; then that is raised."""
        _, failed = at_each(self._servers(address, verb), act)
        if failed is not None:
            raise failed

    def _session(
        self, target: Address, verb: str, place: str = "", timeout: float | None = None
    ) -> AbstractContextManager[Session]:
        """A session as the admin user at `place`, by default at the admin URL's address, for a value
        of this service.
        """
        self.hosts.demand([target.place], verb)
        admin = Address.of(self.admin())
        return session(admin.at(place or admin.place), self.hosts, timeout or self.timeout, verb)


def _identity(address: Address) -> tuple[str, int, str]:
    return address.host, address.port, address.user


def _revoke(server: Session, address: Address, verb: str) -> None:
    if not _remove(server, address):
        return  # with the user its connections went too (ACL DELUSER)
    server.cut(address.user)
    if not _save(server):
        cause = "done, but the server could not save it: the old password is back after a restart"
        raise Refused(NAME, verb, f"{cause}. Run ACL SAVE or CONFIG REWRITE there")


def _remove(server: Session, address: Address) -> bool:
    """Removes the password if the user has it, and says whether there is such a user."""
    user = server.acl_user(address.user)
    if user is None:
        return False
    if address.digest in user[0]:
        server.run("ACL", "SETUSER", address.user, f"!{address.digest}")
    return True


def _save(server: Session) -> bool:
    """Whether the users will be the same after a restart, as far as a server with any file of its own can see to it."""
    for command in (("ACL", "SAVE"), ("CONFIG", "REWRITE")):
        try:
            server.run(*command)
        except (Refused, Unauthorized):
            continue
        return True
    return not _has_file(server)


def _has_file(server: Session) -> bool:
    """Whether the server was started from a file; one that cannot be asked is taken to be."""
    try:
        answer = server.run("INFO", "server")
    except (Refused, Unauthorized):
        return True
    return not (isinstance(answer, dict) and answer.get("config_file") == "")
