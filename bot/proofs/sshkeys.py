"""SSH public keys as OpenSSH writes them: ``ssh-ed25519 AAAA… ada@laptop``, read strictly.

Sources: RFC 4251 (5, data types), RFC 4253 (6.6, `ssh-rsa`), RFC 5656 (3.1, ECDSA), RFC 8709 (4, Ed25519), OpenSSH's
PROTOCOL.u2f for the keys of hardware tokens (``sk-…``).
"""

from __future__ import annotations

import hashlib
from base64 import b64decode, b64encode
from dataclasses import dataclass

LONGEST = 8192
"""Characters of a line. RSA keys of 16,384 bits, the largest that OpenSSH takes, have less than 3,000."""
WEAKEST_RSA = 3072
"""Bits: what NIST SP 800-57 part 1 asks of keys that are to hold after 2030."""
_CURVES = {
    "ecdsa-sha2-nistp256": 32,
    "ecdsa-sha2-nistp384": 48,
    "ecdsa-sha2-nistp521": 66,
    "sk-ecdsa-sha2-nistp256@openssh.com": 32,
}
"""Bytes of a coordinate."""
TYPES = ("ssh-ed25519", "ssh-rsa", "sk-ssh-ed25519@openssh.com", *_CURVES)


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
        blob = decoded(rest.strip().partition(" ")[0])
        key = PublicKey(kind, blob)
        weak = _weakness(key)
    except ValueError:
        raise ValueError(f"a whole {kind} key as in the .pub file") from None
    if weak:
        raise ValueError(weak)
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

    def positive(self) -> int:
        """An `mpint` above zero in its shortest form."""
        raw = self.string()
        value = int.from_bytes(raw, signed=True)
        if value <= 0 or len(raw) != value.bit_length() // 8 + 1:
            raise ValueError("not a positive number in its shortest form")
        return value

    def end(self) -> None:
        """ValueError if anything is left."""
        if self._at != len(self._data):
            raise ValueError("goes on too long")


def _other(kind: str) -> str:
    """What was expected instead of a first word that is not one of the accepted types."""
    if "-cert-v01" in kind or kind.startswith("cert-authority"):
        return "a key itself, no certificate and no authority: this file lists who may sign"
    if kind == "ssh-dss":
        return "a stronger key, such as ssh-ed25519: ssh-dss is too weak"
    return f"the key's type first, without options before it: one of {', '.join(TYPES)}"


def _weakness(key: PublicKey) -> str | None:
    """What to use instead, if the key is weak. ValueError if its content does not fit its type."""
    wire = Wire(key.blob)
    if wire.string() != key.type.encode():
        raise ValueError("another type inside")
    bits = None
    if key.type == "ssh-rsa":
        exponent, modulus = wire.positive(), wire.positive()
        if exponent < 3 or not exponent & modulus & 1:
            raise ValueError("no RSA key has these numbers")
        bits = modulus.bit_length()
    elif key.type in _CURVES:
        _point(wire, key.type)
    elif len(wire.string()) != 32:
        raise ValueError("not the length of an Ed25519 key")
    if key.in_hardware:
        wire.string()  # the application that the token made it for, `ssh:` unless its owner chose another
    wire.end()
    if bits is not None and bits < WEAKEST_RSA:
        return f"an RSA key of at least {WEAKEST_RSA} bits, or ssh-ed25519: this one has {bits}"
    return None


def _point(wire: Wire, kind: str) -> None:
    size = _CURVES[kind]
    curve = kind.removeprefix("sk-").removeprefix("ecdsa-sha2-").removesuffix("@openssh.com")
    name, point = wire.string(), wire.string()
    if name != curve.encode() or len(point) != 1 + 2 * size or point[0] != 4:
        raise ValueError("not an uncompressed point of this curve")
