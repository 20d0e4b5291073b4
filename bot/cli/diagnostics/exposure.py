"""How a secret is stored and sent: encrypted in Parameter Store, over verified TLS, its admin credential apart.

Values are checked in memory, by a process that may read them; a finding names the parameter and never the value.

Facts: libpq's default sslmode is ``prefer``, which continues in clear text if the server has no TLS; ``require``
encrypts without checking a certificate; only ``verify-ca`` and ``verify-full`` check it (PostgreSQL's documentation,
SSL support). ``redis`` is clear text, ``rediss`` is TLS (IANA's registry of URI schemes).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from bot.cli.diagnostics.check import Checks, Doubtful, Skipped, Wrong
from bot.errors import OutsideError
from bot.net.hosts import is_loopback

if TYPE_CHECKING:
    from bot.app.outside import Outside
    from bot.catalog.catalog import CatalogEntry
    from bot.secrets.secret import Secret
    from bot.vault.contract import Stored

EXPOSED = Checks["Exposure"]()
ENCRYPTED = "Write it again as a SecureString: delete the parameter, put it again with its type, and rotate the value."
TRANSPORT = "Write a URL with TLS that verifies: rediss://, https://, or for PostgreSQL sslmode=verify-full."
ENDS = (
    "Store it without (`printf %s VALUE`, no line break at the end), unless its reader needs it, as for some PEM "
    "files. The bot compares values without it; scanners may not."
)
APART = "Move the admin credential to a path of the bot's own, such as /bot/admin/…, and name that under `admin`."
WITH_TLS = {"redis": "rediss", "http": "https", "ws": "wss", "amqp": "amqps", "mqtt": "mqtts"}
"""Schemes that are in clear, and the same with TLS."""
VERIFIED = frozenset({"verify-ca", "verify-full"})
BETTER = "sslmode=verify-full"


class Protection(StrEnum):
    """`UNVERIFIED`: encrypted, but a host in between can pretend to be the server."""

    CLEAR = "clear"
    UNVERIFIED = "unverified"
    VERIFIED = "verified"


@dataclass(frozen=True)
class Transport:
    """`said` is the part of the URL that decides, without anything secret; `better` is what to write instead."""

    protection: Protection
    said: str
    better: str = ""


@dataclass
class Exposure:
    """The questions about one secret."""

    entry: CatalogEntry
    environments: Collection[str]
    outside: Outside

    @EXPOSED("encrypted", ENCRYPTED, outside=True)
    def encrypted(self) -> str:
        """Whether Parameter Store encrypts it."""
        if plain := [name for name, stored in self._stored.items() if not stored.encrypted]:
            raise Wrong(f"stored in clear, as a plain String: {', '.join(plain)}")
        self._check_all_read()
        if not self._stored:
            raise Skipped("Parameter Store holds nothing secret of it")
        return f"SecureString: {', '.join(self._stored)}"

    @EXPOSED("transport", TRANSPORT, outside=True)
    def transported(self) -> str:
        """Whether what it opens is reached over TLS that verifies the server."""
        if clear := _of(self._ways, Protection.CLEAR):
            raise Wrong(f"the password may travel unencrypted: {clear}", _instead(self._ways))
        if unverified := _of(self._ways, Protection.UNVERIFIED):
            raise Doubtful(f"encrypted, but the server is not verified: {unverified}", _instead(self._ways))
        self._check_all_read()
        if not self._ways:
            raise Skipped("it is not a URL that shows how it is reached")
        return _of(self._ways, Protection.VERIFIED)

    @EXPOSED("admin apart", APART)
    def apart(self) -> str:
        """Whether the admin credential stands where the product cannot read it."""
        admin = self.entry.admin_parameter
        if admin is None:
            raise Skipped("the catalog names no admin credential")
        below = [f"/{name}/" for name in self.environments if admin.startswith(f"/{name}/")]
        if below:
            raise Wrong(f"{admin} is below {below[0]}, which the product's functions can read")
        return admin

    def _check_all_read(self) -> None:
        """That something cannot be read is another check's finding; nothing is said of it here."""
        if unread := [name for name in self._names if name not in self._stored]:
            raise Skipped(f"{', '.join(unread)} cannot be read")

    @cached_property
    def _names(self) -> tuple[str, ...]:
        """What opens doors, and the admin credential. What is public by design needs no cover."""
        parts = () if self.entry.public_by_design else [part.parameter for part in self.entry.parts if part.secret]
        admin = [self.entry.admin_parameter] if self.entry.admin_parameter else []
        return (*parts, *admin)

    @cached_property
    def _stored(self) -> dict[str, Stored]:
        """What of these can be read."""
        found = {}
        for name in self._names:
            with suppress(OutsideError):
                found[name] = self.outside.vault.read(name)
        return found

    @cached_property
    def _ways(self) -> dict[str, Transport]:
        return {name: how for name, stored in self._stored.items() if (how := transport(stored.value)) is not None}


def check_ends(stored: Mapping[str, Stored]) -> None:
    """Raises Doubtful where a parameter's value has white space at its ends."""
    if found := [name for name, one in stored.items() if one.value != one.value.trimmed]:
        raise Doubtful(f"the value begins or ends with white space: {', '.join(found)}", ENDS)


def _of(ways: Mapping[str, Transport], protection: Protection) -> str:
    return ", ".join(f"{name} ({how.said})" for name, how in ways.items() if how.protection is protection)


def _instead(ways: Mapping[str, Transport]) -> str:
    better = dict.fromkeys(how.better for how in ways.values() if how.better)
    return f"Write {' and '.join(better)} into the URL, once the server takes it; then rotate: it may have been seen."


def transport(value: Secret) -> Transport | None:
    """None if the value is no URL whose scheme decides, or leads to this machine."""
    try:
        parts = urlsplit(value.reveal().strip())
        host = parts.hostname or ""
        query = dict(parse_qsl(parts.query))
    except ValueError:
        return None
    scheme, _, _driver = parts.scheme.partition("+")
    if not host or is_loopback(host) or host.endswith(".localhost"):
        return None
    if scheme in WITH_TLS:
        return Transport(Protection.CLEAR, f"{scheme}://", f"{WITH_TLS[scheme]}://")
    if scheme in WITH_TLS.values():
        return Transport(Protection.VERIFIED, f"{scheme}://")
    if scheme in {"postgres", "postgresql"}:
        return _postgres(query)
    return None


def _postgres(query: dict[str, str]) -> Transport:
    """``ssl`` is what other drivers than libpq's call it; with ``sslrootcert=system`` libpq verifies by itself."""
    usual = "verify-full" if query.get("sslrootcert") == "system" else ""
    mode = query.get("sslmode") or query.get("ssl") or usual
    if mode in VERIFIED:
        return Transport(Protection.VERIFIED, f"sslmode={mode}")
    if mode in {"require", "true"}:
        return Transport(Protection.UNVERIFIED, "sslmode=require", BETTER)
    said = f"sslmode={mode}" if mode in {"disable", "allow", "prefer"} else "no known sslmode"
    return Transport(Protection.CLEAR, said, BETTER)
