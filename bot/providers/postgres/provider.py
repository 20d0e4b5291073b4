"""Passwords of PostgreSQL roles, replaced in place. Sources: PostgreSQL's documentation of ALTER ROLE and pg_roles.

A role has one password: the statement that sets the new one revokes the old one. So `revoke` makes the change, with the
replacement as its argument; until then the new key is only made and staged.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Self

from bot.errors import Missing, Refused, Unauthorized, Unexpected, Unreachable
from bot.model.keys import KeyRef, Snapshot
from bot.model.probes import Answer, Liveness
from bot.model.uses import Use, UseReport
from bot.providers.cards import load_card
from bot.providers.contract import SNAPSHOT_SECONDS, Card, Held, Setup, as_control, unclear_if_it_fails
from bot.providers.hosts import Hosts, asked_at, at_each
from bot.providers.looks import Look
from bot.providers.passwords import new_password, with_new_password
from bot.providers.postgres.server import NAME, Address, Census, Server, administered, ask
from bot.secrets.secret import Credential, Secret

FOLLOWING_SECONDS = 2.0
"""How long a standby is given to refuse what its primary refuses already."""
PAUSE = 0.1


@dataclass(frozen=True)
class Postgres:
    """The key id is the role's name. `admin` reads the URL of the bot's own role at the primary, which may alter the
    others (CREATEROLE, and from version 16 a grant of them WITH ADMIN OPTION), end their sessions (pg_signal_backend)
    and see them (pg_read_all_stats). `hosts` are all places of the service, poolers and standbys too; `timeout` is in
    seconds.
    """

    card: ClassVar[Card] = load_card(__file__)
    admin: Callable[[], Secret]
    hosts: Hosts
    ca_file: str
    timeout: float

    @classmethod
    def configured(cls, setup: Setup) -> Self:
        """The option `ca_file` names a PEM file of ours with the authority of the servers' certificates."""
        setup.check_options(NAME, {"ca_file"})
        hosts = setup.hosts_for(NAME, lambda admin: Address.of(admin).places)
        return cls(setup.admin_for(NAME), hosts, setup.options.get("ca_file", ""), setup.timeout)

    @unclear_if_it_fails
    def probe(self, credential: Credential) -> Answer:
        """One login at each server: a standby accepts a password until it has received the change."""
        address = Address.of(credential.key)
        places = self.hosts.servers(address.places, "probe a password")
        seconds = self.timeout / len(places)
        return asked_at(places, lambda place: ask(address.login(place, self.hosts, self.ca_file), seconds))

    def _probe_primary(self, credential: Credential) -> Answer:
        """One login at the admin URL's address."""
        address = Address.of(credential.key)
        self.hosts.demand(address.places, "probe a password")
        return ask(address.login(self._own().place, self.hosts, self.ca_file), self.timeout)

    def control(self) -> Answer:
        return as_control("the admin role", lambda: self._asked(self._own(), self._own().places))

    def control_along(self, probed: Credential) -> Answer:
        """At a pooler that does not know the admin role it says nothing: the new key has to be the control."""

        def asked() -> Answer:
            address = Address.of(probed.key)
            return self._asked(self._own().encrypted_as(address), address.places)

        return as_control("the admin role", asked)

    def _asked(self, own: Address, places: tuple[str, ...]) -> Answer:
        """The first answer that is no welcome, if there is one."""
        answers = (ask(own.login(place, self.hosts, self.ca_file), self.timeout) for place in places)
        return next(
            (each for each in answers if each.liveness is not Liveness.LIVE), Answer(Liveness.LIVE, "logged in")
        )

    def elsewhere(self, credential: Credential) -> tuple[str, ...]:
        return self.hosts.elsewhere(Address.of(credential.key).places)

    def account(self, credential: Credential) -> str:
        """Which role at which server."""
        address = Address.of(credential.key)
        return f"{address.user} at {address.place}"

    def identify(self, credential: Credential) -> list[KeyRef]:
        """The role in the URL, unless the value is certainly not its password; by looks unless it certainly is. Any
        password can be beside a role's name, and the author of a URL can prevent the check (``sslmode``).
        """
        address = Address.of(credential.key)
        with self._session(address, "find the role") as server:
            role = server.role(address.user)
        seen = self._probe_primary(credential).liveness if role is not None else Liveness.DEAD
        if seen is Liveness.DEAD:
            return []
        return [KeyRef(address.user, address.user, f"at {address.place}", by_looks=seen is not Liveness.LIVE)]

    def snapshot(self, credential: Credential, key_id: str) -> Snapshot:
        """Five answers in all: of the login, and three of statements."""
        address, verb = Address.of(credential.key), f"read role {key_id}"
        with self._session(address, verb, min(self.timeout, SNAPSHOT_SECONDS / 5)) as server:
            role = server.role(key_id)
        if role is None:
            raise Missing(NAME, verb, "the server has no such role")
        facts = {"login": "permitted" if role.may_login else "not permitted", "last use": "not kept by PostgreSQL"}
        if role.valid_until:
            facts["password valid until"] = role.valid_until
        return Snapshot(self.account(credential), role.rights, key_id, sessions=role.sessions, facts=facts)

    def sessions(self, credential: Credential, key_id: str, age: timedelta) -> int:
        """Sessions at every known server. Unless a session is open, names servers that cannot be asked, and standbys
        that are missing in the catalog. Source: pg_stat_activity.backend_start, by the server's own clock.
        """
        address, verb = Address.of(credential.key), "count the open sessions"

        def at(place: str) -> Census:
            with self._session_at(place, verb) as server:
                return server.census(key_id or address.user, age)

        found, failed = at_each(self.hosts.servers(address.places, verb), at)
        count = len(frozenset().union(*(each.older for each in found)))
        if failed is not None and not count:
            raise failed
        if not count:
            _demand_all_seen(found, verb)
        return count

    def use(self, held: Held, look: Look) -> UseReport:
        """The open sessions of the role at every known server: of all its users, and of no earlier time."""
        address, verb = Address.of(held.credential.key), "look up how the key was used"
        places = self.hosts.servers(address.places, verb)
        seconds = min(self.timeout, SNAPSHOT_SECONDS) / (2 * len(places))  # two answers each: login, sessions

        def at(place: str) -> list[Use]:
            with self._session_at(place, verb, seconds) as server:
                return server.logins(address.user)

        return look.of_open_sessions(places, at)

    def generate(self, old: Credential) -> Credential:
        return with_new_password(old)

    def install(self, new: Credential, old: Credential) -> None:
        """Changes nothing yet, see above. That `revoke` will find the role, and may log in, is seen here already."""
        verb = "prepare a new password"
        _same_role(new, old, verb)
        address = Address.of(new.key)
        with self._session(address, verb) as server:
            if server.role(address.user) is None:
                raise Missing(NAME, verb, "the server has no such role")

    def uninstall(self, unwanted: Credential) -> None:
        """Locks the role if `unwanted` is its password, by setting one that is then forgotten."""
        address, verb = Address.of(unwanted.key), "uninstall a password"
        with self._session(address, verb) as server:
            if self._accepted(unwanted, verb):
                server.set_password(address.user, new_password())
                server.end_sessions(address.user)

    def revoke(self, held: Held) -> None:
        """Puts the replacement in the old password's place and closes all sessions of the role, at every server.

        A session does not tell its password, so all are closed: clients with the new one reconnect at once.
        """
        verb = f"replace the password of {held.key_id}"
        address = self._checked(held, verb)
        if held.replacement is None:
            raise Refused(NAME, verb, "there is no new key yet to replace it")
        _same_role(held.replacement, held.credential, verb)
        new = Address.of(held.replacement.key).password
        if new == address.password:
            raise Refused(NAME, verb, "the new password is the old one")
        with self._session(address, verb) as server:
            if server.role(address.user) is None:
                return
            server.set_password(address.user, new.reveal())
            server.end_sessions(address.user)
        self._end_elsewhere(held.credential, verb)

    def _end_elsewhere(self, leaked: Credential, verb: str) -> None:
        """Ends the role's sessions at the other servers, once each refuses the leaked key too.

        Refused, with their names, where it does not come to that. One that does not take the bot in is passed over:
        `sessions` names it. To be called when all is done at the primary.
        """
        address, primary = Address.of(leaked.key), self._own().place

        def at(place: str) -> None:
            with suppress(Unauthorized, Refused), self._session_at(place, verb) as server:
                followed = self._followed(address, place)
                server.end_sessions(address.user)
                if not followed:
                    raise Unexpected(NAME, verb, "it still accepts the old password, or gives no answer")

        others = [place for place in self.hosts.servers(address.places, verb) if place != primary]
        _, failed = at_each(others, at)
        if failed is not None:
            where = f"{others[0]}: " if len(others) == 1 else ""
            cause = f"done at {primary}, but sessions elsewhere were not ended ({where}{failed.cause})"
            raise Refused(NAME, verb, f"{cause}. Press retry once that server answers")

    def _followed(self, address: Address, place: str) -> bool:
        until = time.monotonic() + FOLLOWING_SECONDS
        login = address.login(place, self.hosts, self.ca_file)
        while ask(login, self.timeout).liveness is not Liveness.DEAD:
            if time.monotonic() > until:
                return False
            time.sleep(PAUSE)
        return True

    def _checked(self, held: Held, verb: str) -> Address:
        """The old key's address. Refused where the id is not its role, or is the one that the bot itself uses."""
        address = Address.of(held.credential.key)
        if held.key_id != address.user:
            raise Refused(NAME, verb, "the URL names another role")
        if self._own().user == address.user:
            raise Refused(NAME, verb, "this is the role by which the bot itself administers the server")
        return address

    def _accepted(self, credential: Credential, verb: str) -> bool:
        """Whether this value opens its role now. Unreachable if that is unknown."""
        answer = self._probe_primary(credential)
        if answer.liveness is Liveness.UNKNOWN:
            raise Unreachable(NAME, verb, f"unknown whether the key is accepted ({answer.detail})")
        return answer.liveness is Liveness.LIVE

    @contextmanager
    def _session(self, target: Address, verb: str, timeout: float | None = None) -> Iterator[Server]:
        """At the primary, for a value that is of this service."""
        self.hosts.demand(target.places, verb)
        with self._session_at(self._own().place, verb, timeout) as server:
            yield server

    @contextmanager
    def _session_at(self, place: str, verb: str, timeout: float | None = None) -> Iterator[Server]:
        login = self._own().login(place, self.hosts, self.ca_file)
        with administered(login, timeout or self.timeout, verb) as server:
            yield server

    def _own(self) -> Address:
        own = Address.of(self.admin())
        if len(own.places) > 1:
            raise Refused(NAME, "read the admin URL", "it names several servers; expected the primary alone")
        return own


def _demand_all_seen(found: list[Census], verb: str) -> None:
    """Refused where more servers copy from these than there are among them that copy."""
    standbys = frozenset[tuple[str | None, ...]]().union(*(each.standbys for each in found))
    unseen = len(standbys) - len(frozenset().union(*(each.copies for each in found)))
    if unseen > 0:
        places = ", ".join(sorted({str(place) for *_, place in standbys}))
        cause = f"{unseen} more than are named copy it (copies go to {places}): name every standby in the catalog"
        raise Refused(NAME, verb, f"{cause} (`hosts:`)")


def _same_role(new: Credential, old: Credential, verb: str) -> None:
    """Refused unless both URLs are of one role at one server."""
    if Address.of(new.key).role != Address.of(old.key).role:
        raise Refused(NAME, verb, "the new URL is of another role or server than the old one")
