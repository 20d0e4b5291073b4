"""SSH public keys as OpenSSH writes them: ``ssh-ed25519 AAAA… ada@laptop``, read strictly.

Ed25519 alone, in a file or in a hardware token (``sk-…``). Sources: RFC 4251 (5, data types), RFC 8709 (4, Ed25519),
OpenSSH's PROTOCOL.u2f.
"""

from __future__ import annotations

import hashlib
from base64 import b64decode, b64encode
from dataclasses import dataclass

LONGEST = 1024
"""Characters of a line."""
TYPES = ("ssh-ed25519", "sk-ssh-ed25519@openssh.com")


@dataclass(frozen=True)
class PublicKey:
    """A public key without its comment: two that are equal are the same key. `blob` is its wire form."""

    type: str
    blob: bytes

    @property
    def line(self) -> str:
        """The key as in a ``.pub`` file, without a comment."""
        return f"{self.type} {b64encode(self.blob).decode()}"

    @property
    def fingerprint(self) -> str:
        """``SHA256:…``, as ssh-keygen names it."""
        return "SHA256:" + b64encode(hashlib.sha256(self.blob).digest()).decode().rstrip("=")

    @property
    def in_hardware(self) -> bool:
        """Whether a token holds it (FIDO), which says with each signature whether someone touched it."""
        return self.type.startswith("sk-")


def read_key(line: str) -> PublicKey:
    """The key in one line of a ``.pub`` file. ValueError says what was expected, and repeats no part of the line."""
    if len(line) > LONGEST or not line.isprintable():
        raise ValueError("one line of a .pub file, such as `ssh-ed25519 AAAA…`")
    kind, _, rest = line.strip().partition(" ")
    if kind not in TYPES:
        raise ValueError(_other(kind))
    try:
        key = PublicKey(kind, decoded(rest.strip().partition(" ")[0]))
        _check(key)
    except ValueError:
        raise ValueError(f"a whole {kind} key as in the .pub file") from None
    return key


def decoded(text: str) -> bytes:
    """The bytes of canonical base64, so that one text means one key. ValueError for other text."""
    blob = b64decode(text, validate=True)
    if b64encode(blob).decode() != text:
        raise ValueError("not canonical base64")
    return blob


class Wire:
    """Reads SSH's wire format front to back. ValueError if fewer bytes are left than requested."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, count: int) -> bytes:
        end = self._at + count
        if end > len(self._data):
            raise ValueError("ends too early")
        taken, self._at = self._data[self._at : end], end
        return taken

    def number(self) -> int:
        """A `uint32`."""
        return int.from_bytes(self.take(4))

    def string(self) -> bytes:
        return self.take(self.number())

    def end(self) -> None:
        """ValueError if anything is left."""
        if self._at != len(self._data):
            raise ValueError("goes on too long")


def _other(kind: str) -> str:
    """What was expected instead of a first word that is not one of the accepted types."""
    if "-cert-v01" in kind or kind.startswith("cert-authority"):
        return "a key itself, no certificate and no authority: this file lists who may sign"
    if kind.startswith(("ssh-", "ecdsa-", "sk-")):
        return "an Ed25519 key: `ssh-keygen -t ed25519` makes one"
    return f"the key's type first, without options before it: one of {', '.join(TYPES)}"


def _check(key: PublicKey) -> None:
    """ValueError if its content does not fit its type."""
    wire = Wire(key.blob)
    if wire.string() != key.type.encode() or len(wire.string()) != 32:
        raise ValueError("not an Ed25519 key")
    if key.in_hardware:
        wire.string()  # the application that the token made it for, `ssh:` unless its owner chose another
    wire.end()
