"""How the connection that a value opens is protected, as far as its URL says. Pure.

Facts: libpq's default sslmode is ``prefer``, which continues in clear text if the server has no TLS; ``require``
encrypts without checking a certificate; only ``verify-ca`` and ``verify-full`` check it (PostgreSQL's documentation,
SSL support). ``redis`` is clear text, ``rediss`` is TLS (IANA's registry of URI schemes).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import parse_qsl, urlsplit

from bot.net.hosts import is_loopback
from bot.secrets.secret import Secret

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
