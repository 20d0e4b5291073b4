"""PostgreSQL by two roles that hand over to each other, so that old and new overlap.

The pattern is that of AWS's rotation for two users: a role `app` and a role `app_clone` with the same rights, of which
one is in use. A new value is the other role with a new password. Both must exist, and what one makes the other must
own too: `GRANT app TO app_clone; ALTER ROLE app_clone SET role TO app`. No other client may use either role.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Self

from bot.errors import ConfigurationError, Missing, Refused
from bot.model.probes import Liveness
from bot.providers.cards import load_card
from bot.providers.contract import Card, Held, Setup
from bot.providers.passwords import new_password, with_new_password
from bot.providers.postgres.roles import RolePasswords
from bot.providers.postgres.server import NAME, Address
from bot.secrets.secret import Credential

CLONE = "_clone"


@dataclass(frozen=True)
class PostgresTwoRoles(RolePasswords):
    """The key id is the name of the role in use.

    `roles` are the two of the option, empty for a name and the same with ``_clone``.
    """

    card: ClassVar[Card] = load_card(__file__, "two-roles")
    options: ClassVar[frozenset[str]] = RolePasswords.options | {"roles"}
    roles: tuple[str, ...] = ()

    @classmethod
    def configured(cls, setup: Setup) -> Self:
        """The option `roles` names both, with a comma between them."""
        roles = tuple(name.strip() for name in setup.options.get("roles", "").split(",") if name.strip())
        if roles and len(set(roles)) != 2:
            raise ConfigurationError(f"{NAME}: the option 'roles' names {len(set(roles))}; expected two, with a comma")
        return replace(super().configured(setup), roles=roles)

    def account(self, credential: Credential) -> str:
        """Both roles are one account: the pair."""
        address = Address.of(credential.key)
        pair = " and ".join(sorted((address.user, self._other(address.user))))
        return f"{pair} at {address.place}"

    def generate(self, old: Credential) -> Credential:
        return with_new_password(old, self._other(Address.of(old.key).user))

    def install(self, new: Credential, old: Credential) -> None:
        """Gives the other role its new password and lets it log in; the one in use is not touched."""
        verb, address, used = "install a password", Address.of(new.key), Address.of(old.key)
        if address.place != used.place or address.user != self._other(used.user):
            raise Refused(NAME, verb, "the new URL is not of the other role at the same server")
        with self.session(address, verb) as server:
            if server.role(address.user) is None:
                raise Missing(NAME, verb, f"the server has no role {address.user} that could take over")
            server.set_password(address.user, address.password.reveal(), "LOGIN")

    def uninstall(self, unwanted: Credential) -> None:
        address, verb = Address.of(unwanted.key), "uninstall a password"
        with self.session(address, verb) as server:
            if self.accepted(unwanted, verb):
                server.set_password(address.user, new_password(), "NOLOGIN")
                server.end_sessions(address.user)

    def revoke(self, held: Held) -> None:
        """Locks the old role and ends its sessions. Its password becomes one that nobody knows, so that a later LOGIN
        does not bring the leaked one back. A role that has been given another password meanwhile is somebody's again:
        only its sessions are ended.
        """
        verb = f"lock role {held.key_id}"
        address = self.checked(held, verb)
        if held.replacement is not None and Address.of(held.replacement.key).user == address.user:
            raise Refused(NAME, verb, "the new value is of the same role, and would be locked with the old one")
        with self.session(address, verb) as server:
            role = server.role(address.user)
            if role is None:
                return
            if not (role.may_login and self.probe_primary(held.credential).liveness is Liveness.DEAD):
                server.set_password(address.user, new_password(), "NOLOGIN")
            server.end_sessions(address.user)
        self.end_elsewhere(held.credential, verb)

    def _other(self, role: str) -> str:
        if self.roles:
            if role not in self.roles:
                raise Refused(NAME, "find the other role", "the URL names none of the two roles of the catalog")
            return self.roles[1 - self.roles.index(role)]
        return role.removesuffix(CLONE) if role.endswith(CLONE) else f"{role}{CLONE}"
