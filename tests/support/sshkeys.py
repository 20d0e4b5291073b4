"""SSH keys for tests: made by the real ssh-keygen, put together by hand, or held by a hardware token in software."""

from __future__ import annotations

import hashlib
import subprocess
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

TOUCHED = 0x01


def make(folder: Path, name: str, *options: str) -> Path:
    """A private key without a passphrase; its public half is beside it, as ``.pub``."""
    path = folder / name
    command = ["ssh-keygen", "-q", "-N", "", "-C", f"{name}@laptop", *options, "-f", str(path)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return path


def public(path: Path) -> str:
    return path.with_name(f"{path.name}.pub").read_text().strip()


def string(data: bytes) -> bytes:
    return len(data).to_bytes(4) + data


def mpint(number: int) -> bytes:
    return string(number.to_bytes(number.bit_length() // 8 + 1))


def line(kind: str, *parts: bytes, inside: str | None = None) -> str:
    """A public key put together by hand: `inside` is the type that its blob names, `parts` follow as they are."""
    return f"{kind} {b64encode(b''.join((string((inside or kind).encode()), *parts))).decode()}"


def simple(number: int) -> str:
    """A key that nobody holds."""
    return line("ssh-ed25519", string(bytes([number]) * 32))


def rsa(bits: int) -> str:
    """A key of this size, which nobody holds."""
    return line("ssh-rsa", mpint(65537), mpint((1 << (bits - 1)) + 1))


def armored(blob: bytes, width: int = 70) -> str:
    text = b64encode(blob).decode()
    lines = [text[at : at + width] for at in range(0, len(text), width)]
    return "\n".join(["-----BEGIN SSH SIGNATURE-----", *lines, "-----END SSH SIGNATURE-----", ""])


@dataclass(frozen=True)
class Token:
    """A FIDO token in software, with one Ed25519 key. Source: OpenSSH's PROTOCOL.u2f and PROTOCOL.sshsig."""

    key: Ed25519PrivateKey
    application: bytes = b"ssh:"

    @property
    def line(self) -> str:
        raw = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return line("sk-ssh-ed25519@openssh.com", string(raw), string(self.application))

    def sign(self, text: bytes, namespace: str, flags: int = TOUCHED) -> str:
        """The armored signature of a token that reports `flags`."""
        space = string(namespace.encode())
        signed = b"SSHSIG" + space + string(b"") + string(b"sha512") + string(hashlib.sha512(text).digest())
        state = bytes([flags]) + (7).to_bytes(4)
        seen = hashlib.sha256(self.application).digest() + state + hashlib.sha256(signed).digest()
        kind = string(b"sk-ssh-ed25519@openssh.com")
        inner = kind + string(self.key.sign(seen)) + state
        raw = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        blob = kind + string(raw) + string(self.application)
        whole = b"SSHSIG" + (1).to_bytes(4) + string(blob) + space + string(b"") + string(b"sha512") + string(inner)
        return armored(whole)
