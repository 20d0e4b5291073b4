"""Passwords of PostgreSQL roles, replaced in place. Sources: PostgreSQL's documentation of ALTER ROLE and pg_roles.

A role has one password: the statement that begins the new one ends the old one. So `revoke` makes the change, and takes
the replacement for it; until then the new value is only made and staged. Where both must be accepted for a while, two
roles hand over to each other (`postgres_two_roles`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Self

from bot.errors import Missing, Refused
from bot.model.keys import KeyRef, Snapshot
from bot.model.probes import Answer
from bot.providers.cards import load_card
from bot.providers.contract import Card, Held, Setup
from bot.providers.passwords import new_password
from bot.providers.postgres.admin import OPTIONS, Administration, account, same_role
from bot.providers.postgres.server import NAME, Address, with_password
from bot.secrets.secret import Credential


@dataclass(frozen=True)
class Postgres:
    """The key id is the role's name.

    `admin` is a URL of the same server, of a role of the bot's own that may alter this one (CREATEROLE, and from
    version 16 a grant of it WITH ADMIN OPTION), end its sessions (pg_signal_backend) and see them (pg_read_all_stats).
    """

    card: ClassVar[Card] = load_card(__file__)
    by: Administration

    @classmethod
    def configured(cls, setup: Setup) -> Self:
        setup.check_options(NAME, OPTIONS)
        return cls(Administration.configured(setup))

    def probe(self, credential: Credential) -> Answer:
        return self.by.probe(credential)

    def control(self) -> Answer:
        return self.by.control()

    def control_along(self, probed: Credential) -> Answer:
        """At a pooler that does not know the admin role it says nothing: the new value has to be the control."""
        return self.by.control_along(probed)

    def elsewhere(self, credential: Credential) -> tuple[str, ...]:
        return self.by.elsewhere(credential)

    def account(self, credential: Credential) -> str | None:
        return account(credential)

    def identify(self, credential: Credential) -> list[KeyRef]:
        return self.by.identify(credential)

    def snapshot(self, credential: Credential, key_id: str) -> Snapshot:
        return self.by.snapshot(credential, key_id, account(credential))

    def generate(self, old: Credential) -> Credential:
        return old.replace(**{old.main: with_password(old.key, new_password())})

    def install(self, new: Credential, old: Credential) -> None:
        """Changes nothing yet, see above. That `revoke` will find the role, and may log in, is seen here already."""
        verb = "prepare a new password"
        same_role(new, old, verb)
        address = Address.of(new.key)
        with self.by.session(address, verb) as server:
            if server.role(address.user) is None:
                raise Missing(NAME, verb, "the server has no such role")

    def uninstall(self, unwanted: Credential) -> None:
        """Locks the role if `unwanted` is its password: nobody knows the one that it then has."""
        address, verb = Address.of(unwanted.key), "uninstall a password"
        with self.by.session(address, verb) as server:
            if self.by.accepted(unwanted, verb):
                server.set_password(address.user, new_password())
                server.end_sessions(address.user)

    def revoke(self, held: Held) -> None:
        """Puts the replacement in the old password's place and ends all sessions of the role, at every server.

        A session does not say by which password it was opened, so all are ended: clients with the new one come back at
        once.
        """
        verb = f"replace the password of {held.key_id}"
        address = self.by.checked(held, verb)
        if held.replacement is None:
            raise Refused(NAME, verb, "there is no new value yet that could take its place")
        same_role(held.replacement, held.credential, verb)
        new = Address.of(held.replacement.key).password
        if new == address.password:
            raise Refused(NAME, verb, "the new password is the old one")
        with self.by.session(address, verb) as server:
            if server.role(address.user) is None:
                return
            server.set_password(address.user, new.reveal())
            server.end_sessions(address.user)
        self.by.end_elsewhere(held.credential, verb)

    def sessions(self, credential: Credential, key_id: str, age: timedelta) -> int:
        """Source: pg_stat_activity.backend_start, by the server's own clock."""
        return self.by.sessions(credential, key_id, age)
