"""SCRAM-SHA-256 as PostgreSQL uses it: the stored form of a password, and the proof of knowing it.

Sources: RFC 5802 and RFC 7677; PostgreSQL's documentation, "SASL Authentication" and pg_authid.rolpassword. With the
stored form made here, `ALTER ROLE … PASSWORD` never carries a clear password into a log or pg_stat_statements.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import stringprep
import unicodedata
from base64 import b64decode, b64encode
from dataclasses import dataclass, field

from bot.secrets.secret import Secret

MECHANISM = b"SCRAM-SHA-256"
ITERATIONS = 4096
"""PostgreSQL's default (scram_iterations); the passwords made here are too long to guess at any number."""
MOST_ITERATIONS = 1_000_000
SALT_BYTES = 16
_NO_BINDING = b"n,,"


class NotScram(Exception):
    """The other side does not follow the protocol, or does not prove that it knows the password's stored form."""


def stored_form(password: Secret) -> str:
    """``SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey``: enough to check the password, not to log in with."""
    salt = secrets.token_bytes(SALT_BYTES)
    salted = _salted(password, salt, ITERATIONS)
    keys = f"{_text(_digest(_hmac(salted, b'Client Key')))}:{_text(_hmac(salted, b'Server Key'))}"
    return f"SCRAM-SHA-256${ITERATIONS}:{_text(salt)}${keys}"


@dataclass
class Exchange:
    """One login: `first()`, then `answer()` to the server's challenge, then `check()` of its own proof."""

    password: Secret
    nonce: str = field(default_factory=lambda: _text(secrets.token_bytes(18)))
    _server_signature: bytes = b""

    def first(self) -> bytes:
        """PostgreSQL takes the name from the start of the connection and ignores the one here."""
        return _NO_BINDING + self._bare()

    def answer(self, challenge: bytes) -> bytes:
        """NotScram for a challenge of another form, of another exchange, or with an absurd amount of work."""
        try:
            fields = dict(part.split("=", 1) for part in challenge.decode("ascii").split(","))
            salt, iterations, nonce = b64decode(fields["s"], validate=True), int(fields["i"]), fields["r"]
        except (ValueError, KeyError):
            raise NotScram from None
        if not nonce.startswith(self.nonce) or not 1 <= iterations <= MOST_ITERATIONS:
            raise NotScram
        salted = _salted(self.password, salt, iterations)
        final = f"c={_text(_NO_BINDING)},r={nonce}".encode()
        message = b",".join((self._bare(), challenge, final))
        client_key = _hmac(salted, b"Client Key")
        signature = _hmac(_digest(client_key), message)
        self._server_signature = _hmac(_hmac(salted, b"Server Key"), message)
        proof = bytes(one ^ other for one, other in zip(client_key, signature, strict=True))
        return final + b",p=" + b64encode(proof)

    def check(self, final: bytes) -> None:
        """NotScram unless the server proves that it holds this password's stored form."""
        if not self._server_signature or not hmac.compare_digest(final, b"v=" + b64encode(self._server_signature)):
            raise NotScram

    def _bare(self) -> bytes:
        return f"n=,r={self.nonce}".encode()


def _salted(password: Secret, salt: bytes, iterations: int) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", _prepared(password.reveal()).encode(), salt, iterations)


def _prepared(password: str) -> str:
    """SASLprep (RFC 4013) as PostgreSQL applies it: a password that it forbids is taken as it is."""
    if password.isascii():
        return password
    kept = (letter for letter in password if not stringprep.in_table_b1(letter))
    spaced = "".join(" " if stringprep.in_table_c12(letter) else letter for letter in kept)
    normal = unicodedata.normalize("NFKC", spaced)
    return password if not normal or any(_forbidden(letter) for letter in normal) else normal


def _forbidden(letter: str) -> bool:
    tables = (stringprep.in_table_c21_c22, stringprep.in_table_c3, stringprep.in_table_c4, stringprep.in_table_c5)
    more = (stringprep.in_table_c6, stringprep.in_table_c7, stringprep.in_table_c8, stringprep.in_table_c9)
    return any(table(letter) for table in (*tables, *more)) or stringprep.in_table_a1(letter)


def _hmac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")


def _digest(value: bytes) -> bytes:
    return hashlib.sha256(value).digest()


def _text(value: bytes) -> str:
    return b64encode(value).decode()
