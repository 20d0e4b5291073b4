"""Passwords of PostgreSQL roles, replaced in place. Sources: PostgreSQL's documentation of ALTER ROLE and pg_roles.

A role has one password: the statement that sets the new one revokes the old one. So `revoke` makes the change, with the
replacement as its argument; until then the new key is only made and staged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bot.errors import Missing, Refused
from bot.providers.cards import load_card
from bot.providers.contract import Card, Held
from bot.providers.passwords import new_password, with_new_password
from bot.providers.postgres.roles import RolePasswords, same_role
from bot.providers.postgres.server import NAME, Address
from bot.secrets.secret import Credential


@dataclass(frozen=True)
class Postgres(RolePasswords):
    """The key id is the role's name."""

    card: ClassVar[Card] = load_card(__file__)

    def generate(self, old: Credential) -> Credential:
        return with_new_password(old)

    def install(self, new: Credential, old: Credential) -> None:
        """Changes nothing yet, see above. That `revoke` will find the role, and may log in, is seen here already."""
        verb = "prepare a new password"
        same_role(new, old, verb)
        address = Address.of(new.key)
        with self.session(address, verb) as server:
            if server.role(address.user) is None:
                raise Missing(NAME, verb, "the server has no such role")

    def uninstall(self, unwanted: Credential) -> None:
        """Locks the role if `unwanted` is its password, by setting one that is then forgotten."""
        address, verb = Address.of(unwanted.key), "uninstall a password"
        with self.session(address, verb) as server:
            if self.accepted(unwanted, verb):
                server.set_password(address.user, new_password())
                server.end_sessions(address.user)

    def revoke(self, held: Held) -> None:
        """Puts the replacement in the old password's place and closes all sessions of the role, at every server.

        A session does not tell its password, so all are closed: clients with the new one reconnect at once.
        """
        verb = f"replace the password of {held.key_id}"
        address = self.checked(held, verb)
        if held.replacement is None:
            raise Refused(NAME, verb, "there is no new key yet to replace it")
        same_role(held.replacement, held.credential, verb)
        new = Address.of(held.replacement.key).password
        if new == address.password:
            raise Refused(NAME, verb, "the new password is the old one")
        with self.session(address, verb) as server:
            if server.role(address.user) is None:
                return
            server.set_password(address.user, new.reveal())
            server.end_sessions(address.user)
        self.end_elsewhere(held.credential, verb)
