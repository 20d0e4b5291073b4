"""Values that must never be seen, and the fingerprints by which people talk about them.

A value is wrapped in `Secret` at the edge where it enters (SSM, a provider's answer, a hidden prompt) and unwrapped
with `reveal()` only at the call that needs it. Every printed form is its fingerprint: 12 hex digits of HMAC-SHA-256
over the secret part, under the installation's key. A bare hash would let anyone who reads the log guess a weak
password offline.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NoReturn
from urllib.parse import unquote, urlsplit

FINGERPRINT_DIGITS = 12
UNKEYED = "unkeyed-value"
"""What a `Secret` prints in a process that holds no fingerprint key (the Slack front of a split installation)."""

_keyed: hmac.HMAC | None = None
"""Only copied: a report's words are compared by the thousand, and the key is taken in once."""


def use_fingerprint_key(key: bytes | None) -> None:
    """Sets this process's fingerprint key (32 bytes from `/bot/fingerprint-key`); called by the composition root."""
    global _keyed  # noqa: PLW0603 - one installation, one key: as for logging, passing it to every value would hide nothing
    _keyed = None if key is None else hmac.new(key, digestmod="sha256")


def secret_part(value: str) -> str:
    """The part of `value` that gives access: a URL's password if it has one, else the whole value."""
    if "://" not in value:
        return value
    try:
        password = urlsplit(value).password
    except ValueError:
        return value
    return unquote(password) if password else value


class Secret:
    """A value that prints as its fingerprint and compares in constant time. Unhashable and unpicklable on purpose."""

    __slots__ = ("__value",)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, value: str) -> None:
        self.__value = value

    def reveal(self) -> str:
        """The clear value. Call it in the argument list of the call that needs it, and nowhere else."""
        return self.__value

    @property
    def secret_part(self) -> Secret:
        """The part that gives access; see `secret_part`."""
        return Secret(secret_part(self.__value))

    @property
    def trimmed(self) -> Secret:
        """The value without white space at its ends, the form that is compared. A parameter may include a file's last
        newline, which is missing where the value is found elsewhere. Fingerprints name the stored form.
        """
        return Secret(self.__value.strip())

    @property
    def fingerprint(self) -> str:
        """12 hex digits that name this value, or `UNKEYED` where this process holds no key."""
        if _keyed is None:
            return UNKEYED
        made = _keyed.copy()
        made.update(secret_part(self.__value).encode())
        return made.hexdigest()[:FINGERPRINT_DIGITS]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self.__value.encode(), other.__value.encode())

    def __bool__(self) -> bool:
        return bool(self.__value)

    def __str__(self) -> str:
        return self.fingerprint

    def __repr__(self) -> str:
        return f"Secret({self.fingerprint})"

    def __format__(self, spec: str) -> str:
        return format(self.fingerprint, spec)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret cannot be pickled or copied to disk")


@dataclass(frozen=True)
class Credential:
    """One version of a catalogued secret: each of its parts by its catalog name, `main` naming the secret one.

    Most have one part (``key``); a pair such as an AWS access key has ``id`` and ``secret``.
    """

    parts: Mapping[str, Secret]
    main: str

    def __post_init__(self) -> None:
        if self.main not in self.parts:
            raise ValueError(f"a credential needs its main part {self.main!r}")
        object.__setattr__(self, "parts", MappingProxyType(dict(self.parts)))

    @classmethod
    def single(cls, value: Secret, name: str = "key") -> Credential:
        """A credential of one part."""
        return cls({name: value}, name)

    @property
    def key(self) -> Secret:
        """The main part, as it is stored (for a URL: the whole URL)."""
        return self.parts[self.main]

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the main part."""
        return self.key.fingerprint

    @property
    def trimmed(self) -> Credential:
        """Each part without white space at its ends: the form that a provider knows."""
        return Credential({name: part.trimmed for name, part in self.parts.items()}, self.main)

    def replace(self, **parts: Secret) -> Credential:
        """A copy with other values for the named parts."""
        return Credential({**self.parts, **parts}, self.main)

    def __iter__(self) -> Iterator[str]:
        return iter(self.parts)
