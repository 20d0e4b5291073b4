"""The password of a Supabase project's database. Sources: the OpenAPI file of supabase/cli, database/password;
Supabase's guides on connecting, and issue reports on its pooler.

The one call that sets the new password ends the old one: as with `postgres`, `revoke` makes the change. Everything here
asks the database directly, past the pooler, which keeps old passwords for seconds and bans addresses that go on trying
them. That takes IPv6, or the project's IPv4 add-on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from bot.errors import ConfigurationError, Missing, Refused, Unauthorized, Unexpected
from bot.model.keys import KeyRef, Snapshot
from bot.model.probes import Answer, Liveness
from bot.providers.cards import load_card
from bot.providers.contract import SNAPSHOT_SECONDS, Card, Held, Setup, unclear_if_it_fails
from bot.providers.hosts import Hosts
from bot.providers.passwords import new_password, with_new_password
from bot.providers.postgres.server import Address, administered, ask
from bot.providers.postgres.wire import Login
from bot.providers.supabase.api import NAME, Management
from bot.secrets.secret import Credential, Secret

ROLE = "postgres"


@dataclass(frozen=True)
class SupabaseDatabase:
    """The key id is the role's name. `admin` is an access token of the account that may write the database's settings.

    `direct` is the database itself (``host:port``), `hosts` where else a URL of it may lead, besides Supabase's own
    poolers; `ca_file` is a PEM file of ours with its authority.
    """

    card: ClassVar[Card] = load_card(__file__, "database-password")
    management: Management
    direct: str
    hosts: Hosts
    ca_file: str
    timeout: float

    @classmethod
    def configured(cls, setup: Setup) -> Self:
        """The option `project` is the project's reference; `direct` (host:port) replaces the database's usual address,
        and `ca_file` names a PEM file of ours with the authority of its certificate.
        """
        setup.check_options(NAME, {"project", "direct", "ca_file"}, {"project"})
        management = Management.configured(setup)
        given = setup.options.get("direct") or f"db.{management.project}.supabase.co:5432"
        if not re.fullmatch(r"[a-z0-9.-]+:[0-9]{1,5}", given):
            raise ConfigurationError(f"{NAME}: the option 'direct' is not of the form host:port, in small letters")
        hosts = Hosts(NAME, (given, *setup.hosts))
        return cls(management, given, hosts, setup.options.get("ca_file", ""), setup.timeout)

    @unclear_if_it_fails
    def probe(self, credential: Credential) -> Answer:
        """One login, directly."""
        return ask(self._login(self._direct(credential)), self.timeout)

    def elsewhere(self, credential: Credential) -> tuple[str, ...]:
        places = Address.of(credential.key, NAME).places
        return self.hosts.elsewhere([place for place in places if not self._is_supabases(place)])

    def account(self, credential: Credential) -> str | None:
        return self._project_of(credential)

    def identify(self, credential: Credential) -> list[KeyRef]:
        """The role `postgres` of this project, unless the value is surely not its password; by looks unless it surely
        is, since whoever writes the URL can have it ask in vain (``sslmode``).
        """
        user = Address.of(credential.key, NAME).user.removesuffix(f".{self.management.project}")
        if self._project_of(credential) != self.management.project or user != ROLE:
            return []
        address, seen = self._direct(credential), self.probe(credential).liveness
        if seen is Liveness.DEAD:
            return []
        return [KeyRef(ROLE, ROLE, f"at {address.place}", by_looks=seen is not Liveness.LIVE)]

    def snapshot(self, credential: Credential, key_id: str) -> Snapshot:
        """Read with the leaked value itself: nothing else opens this database."""
        verb = f"read role {key_id}"
        login = self._login(self._direct(credential))
        with administered(login, min(self.timeout, SNAPSHOT_SECONDS / 5), verb, NAME) as server:
            role = server.role(ROLE)
        if role is None:
            raise Missing(NAME, verb, "the database has no such role")
        return Snapshot(self.management.project, role.rights, ROLE, sessions=role.sessions)

    def generate(self, old: Credential) -> Credential:
        return with_new_password(old)

    def install(self, new: Credential, old: Credential) -> None:
        """Changes nothing yet, see above."""
        self._direct(new)
        self._same(new, old, "prepare a new password")

    def uninstall(self, unwanted: Credential) -> None:
        """Locks everybody out if `unwanted` is the password: nobody knows the one that there is then."""
        verb = "uninstall a password"
        answer = self.probe(unwanted)
        if answer.liveness is Liveness.UNKNOWN:
            raise Unexpected(NAME, verb, f"whether the value is accepted cannot be told ({answer.detail})")
        if answer.liveness is Liveness.LIVE:
            self.management.set_password(Secret(new_password()), verb)

    def revoke(self, held: Held) -> None:
        """Puts the replacement in the old password's place, and with it ends all other sessions of the role."""
        verb = "replace the database's password"
        if held.key_id != ROLE or self._direct(held.credential).user != ROLE:
            raise Refused(NAME, verb, "this is not the role whose password Supabase changes")
        if held.replacement is None:
            raise Refused(NAME, verb, "there is no new value yet that could take its place")
        self._same(held.replacement, held.credential, verb)
        new = self._direct(held.replacement)
        if new.password == self._direct(held.credential).password:
            raise Refused(NAME, verb, "the new password is the old one")
        self.management.set_password(new.password, verb)
        try:
            with administered(self._login(new), self.timeout, f"{verb}, then end its sessions", NAME) as server:
                server.end_sessions(ROLE)
        except Unauthorized:
            raise Unexpected(NAME, verb, "the database does not accept the new password yet") from None

    def _direct(self, credential: Credential) -> Address:
        """Where the URL leads past the pooler, whose users are called ``postgres.<project>``."""
        address = Address.of(credential.key, NAME)
        self.hosts.demand(self.elsewhere(credential), "read the URL")
        user = address.user.removesuffix(f".{self.management.project}")
        return replace(address, places=(self.direct,), user=user)

    def _login(self, direct: Address) -> Login:
        return direct.login(self.direct, self.hosts, self.ca_file)

    def _is_supabases(self, place: str) -> bool:
        """Whether it is the project's host or a pooler of Supabase's, which nobody else can have."""
        host = place.rpartition(":")[0]
        own = {f"db.{self.management.project}.supabase.{top}" for top in ("co", "com")}
        return host in own or bool(re.fullmatch(r"[a-z0-9-]+\.pooler\.supabase\.com", host))

    def _project_of(self, credential: Credential) -> str | None:
        """The project that the URL names by its host or by its user; for another address, ours if that is `direct`."""
        address = Address.of(credential.key, NAME)
        named = re.fullmatch(r"db\.([a-z0-9-]+)\.supabase\.(co|com):[0-9]+", address.place)
        if named:
            return named[1]
        if "." in address.user:
            return address.user.rpartition(".")[2]
        return self.management.project if address.place == self.direct else None

    def _same(self, new: Credential, old: Credential, verb: str) -> None:
        if Address.of(new.key, NAME).role != Address.of(old.key, NAME).role:
            raise Refused(NAME, verb, "the new URL is of another role or server than the old one")
