"""What an armored SSH signature says of itself, before anybody checks whether it is true.

It is read more strictly than ssh-keygen does, which takes text behind the armor, and a token's signature for which
nobody touched the token. Sources: OpenSSH's PROTOCOL.sshsig and PROTOCOL.u2f.
"""

from __future__ import annotations

import re

from bot.proofs.errors import ProofRefused
from bot.sshkeys import PublicKey, Wire, decoded

NAMESPACE = "compromise-bot"
"""What the signature is for: one that was made for git or for a file is none of ours."""
LONGEST = 8192
"""Characters of a signature. Those of RSA keys with 16,384 bits, the largest, have less than 6,000."""
_ARMOR = re.compile(
    r"-----BEGIN SSH SIGNATURE-----\n((?:[A-Za-z0-9+/=]{1,76}\n)+)-----END SSH SIGNATURE-----\n?", re.ASCII
)
_TOUCHED = 0x01
_OF_RSA = frozenset({"rsa-sha2-256", "rsa-sha2-512"})
"""All other keys make signatures that are called as they are."""


def signing_key(signature: str) -> PublicKey:
    """The key that `signature` says it is by. ProofRefused if it is not exactly one signature, and for us."""
    try:
        key, namespace, touched = _parts(signature)
    except ValueError:
        raise ProofRefused(
            f"What came with the command is no SSH signature as ssh-keygen makes them, of {LONGEST} characters at most."
        ) from None
    if namespace != NAMESPACE.encode():
        raise ProofRefused(f"The SSH signature was made for something else, not for `{NAMESPACE}`.")
    if not touched:
        # ssh-keygen would take it: a token that signs without a touch does so for whatever runs on that machine.
        raise ProofRefused("The hardware key signed without being touched: make one without `no-touch-required`.")
    return key


def _parts(signature: str) -> tuple[PublicKey, bytes, bool]:
    """Key, namespace, and whether somebody was there: a token has to be touched. ValueError if it is anything else."""
    armor = _ARMOR.fullmatch(signature) if len(signature) <= LONGEST else None
    wire = Wire(decoded(armor[1].replace("\n", "")) if armor else b"")
    version = wire.take(6), wire.number()
    blob, namespace, reserved, algorithm, inner = (wire.string() for _ in range(5))
    wire.end()
    if version != (b"SSHSIG", 1) or reserved or algorithm not in {b"sha256", b"sha512"}:
        raise ValueError("not as OpenSSH makes them")
    key = PublicKey(Wire(blob).string().decode("ascii"), blob)
    if Wire(inner).string().decode("ascii") not in (_OF_RSA if key.type == "ssh-rsa" else {key.type}):
        raise ValueError("another algorithm than the key's")
    return key, namespace, not key.in_hardware or bool(_flags(inner) & _TOUCHED)


def _flags(inner: bytes) -> int:
    """What a token says about how it came to sign: a byte after type and signature, with a counter behind it."""
    wire = Wire(inner)
    wire.string()
    wire.string()
    flags = wire.take(1)[0]
    wire.number()
    wire.end()
    return flags
