"""An SSH signature of a statement, by a key of the people file. It needs neither AWS nor Slack.

``ssh-keygen -Y sign`` makes it, from a file, from ssh-agent or with a hardware token, and asks for passphrases itself.
``ssh-keygen -Y verify`` checks it, now and, since it is kept with the event, at any later time. Source: ssh-keygen(1).
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory

from bot.errors import ConfigurationError, Misuse
from bot.people import People, Person
from bot.proofs.sshkeys import PublicKey, Wire, decoded
from bot.proofs.statement import FORM, ProofRefused, ProofUnchecked, Statement, check_age

# Reads the fields of an armored SSH signature, before it is verified.
#
# This is stricter than ssh-keygen, which accepts text behind the armor, and a token's signature without a touch.
# Sources: OpenSSH's PROTOCOL.sshsig and PROTOCOL.u2f.


NAMESPACE = "compromise-bot"
"""The purpose of the signature: a signature made for git or for a file is refused."""
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
        # ssh-keygen would accept it, but without a touch any program on that machine can sign.
        raise ProofRefused("The hardware key signed without being touched: make one without `no-touch-required`.")
    return key


def _parts(signature: str) -> tuple[PublicKey, bytes, bool]:
    """Key, namespace, and whether someone was there: a token has to be touched. ValueError if it is anything else."""
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
    """The flags with which a token says how it signed: a byte after type and signature, followed by a counter."""
    wire = Wire(inner)
    wire.string()
    wire.string()
    flags = wire.take(1)[0]
    wire.number()
    wire.end()
    return flags


COUNTS_FOR = timedelta(minutes=5)
TO_SIGN = 120.0
"""Seconds in which someone finds the passphrase or the token."""
_SIGNER = "signer"
"""The name that ssh-keygen gets for the owner of the keys."""
_GOOD = re.compile(rf'Good "{NAMESPACE}" signature for {_SIGNER} with [A-Z0-9-]+ key (SHA256:[A-Za-z0-9+/]{{43}})\n')
_NOT_GOOD = "Could not verify signature.\n"
"""Said too where it could not even begin; then without the words of `_BAD`, which say that the numbers do not fit."""
_BAD = "Signature verification failed: "
_FROM_THE_TERMINAL = (
    *("PATH", "HOME", "USER", "TERM", "LANG", "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "XDG_RUNTIME_DIR"),
    *("DBUS_SESSION_BUS_ADDRESS", "SSH_AUTH_SOCK", "SSH_ASKPASS", "SSH_ASKPASS_REQUIRE", "SSH_SK_PROVIDER", "GPG_TTY"),
)
"""The variables that an agent, a token or a passphrase prompt may need; no credentials of AWS or the bot."""


@dataclass(frozen=True)
class SshProofs:
    """Checks signatures against the worker's people file. `program` is OpenSSH's ssh-keygen, `patience` the seconds
    that it gets.
    """

    people: People
    program: str = "ssh-keygen"
    patience: float = 10.0

    def check(self, statement: Statement, signature: str, now: datetime) -> Person:
        """The person whom `statement` claims, by the name that the people file has for them, if one of their keys made
        `signature`, at most five minutes before `now`, the worker's clock. ProofRefused or ProofUnchecked otherwise.
        """
        check_age(statement.at, now, COUNTS_FOR)
        person = self.people.named(statement.claims)
        if person is None:
            raise ProofRefused("The worker's people file does not have the name on the command.")
        if not person.keys:
            raise ProofRefused(f"The worker's people file has no SSH key of {person.name}: add it under `keys`.")
        self.signer(statement, signature, person.keys)
        return person

    def signer(self, statement: Statement, signature: str, keys: tuple[PublicKey, ...]) -> PublicKey:
        """Which of `keys` made `signature`, whenever that was: to check one again that was kept. ProofRefused if none
        did, ProofUnchecked if it could not be found out.
        """
        key = signing_key(signature)
        if key not in keys:
            raise ProofRefused(
                f"The command is signed by the SSH key {key.fingerprint}, which is none of the person who gives it."
            )
        self._verify(statement, signature, keys, key)
        return key

    def _verify(self, statement: Statement, signature: str, keys: tuple[PublicKey, ...], key: PublicKey) -> None:
        done = self._run(statement, signature, keys)
        answer, cause = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
        good = _GOOD.fullmatch(answer)
        if done.returncode == 0 and good and good[1] == key.fingerprint:
            return
        if done.returncode > 0 and answer == _NOT_GOOD and _BAD in cause:
            raise ProofRefused("The SSH signature does not fit: the command is not the one that was signed.")
        raise ProofUnchecked(
            f"The SSH signature could not be checked: ssh-keygen ended with status {done.returncode} and no clear "
            "answer. See that `ssh-keygen -Y verify` works on the worker's host."
        )

    def _run(
        self, statement: Statement, signature: str, keys: tuple[PublicKey, ...]
    ) -> subprocess.CompletedProcess[bytes]:
        """Runs `ssh-keygen -Y verify` with the public keys and the signature in private files."""
        program = which(self.program)
        if program is None:
            raise ProofUnchecked("SSH signatures cannot be checked on the worker's host: install openssh-client there.")
        try:
            with TemporaryDirectory(prefix="bot-ssh-") as folder:
                allowed, signed = Path(folder, "allowed"), Path(folder, "signature")
                _write(allowed, "".join(f'{_SIGNER} namespaces="{NAMESPACE}" {key.line}\n' for key in keys).encode())
                _write(signed, signature.encode())
                return subprocess.run(  # noqa: S603 - no shell, and no argument comes from outside
                    [program, "-Y", "verify", "-f", allowed, "-I", _SIGNER, "-n", NAMESPACE, "-s", signed],
                    input=text_of(statement),
                    capture_output=True,
                    env={"LC_ALL": "C"},
                    timeout=self.patience,
                    check=False,
                )
        except subprocess.TimeoutExpired:
            cause = f"ssh-keygen did not answer within {self.patience:g} seconds"
        except OSError as error:
            cause = f"ssh-keygen could not be run ({error.strerror})"
        raise ProofUnchecked(f"The SSH signature could not be checked: {cause} on the worker's host.")


def text_of(statement: Statement) -> bytes:
    """The signed text: the form's name, and a line for each field with its value as JSON, so that the signer can read
    it. Values are ASCII without line breaks, so two different statements never have the same text.
    """
    lines = [FORM, *(f"{name}: {json.dumps(value)}" for name, value in asdict(statement).items())]
    return ("\n".join(lines) + "\n").encode()


def sign(statement: Statement, key_file: Path, program: str = "ssh-keygen") -> str:
    """The armored signature of `statement` by the key in `key_file`: a private key, or a public one whose private half
    ssh-agent holds. ssh-keygen asks for a passphrase or a touch at the terminal. ConfigurationError if the file is
    missing, Misuse if signing failed, ProofRefused if a worker would refuse the signature.
    """
    path = key_file.expanduser().absolute()
    if not path.is_file():
        raise ConfigurationError(f"{path}: no such file; expected your SSH key, or its public half with ssh-agent")
    found = which(program)
    if found is None:
        raise Misuse("Nothing can be signed with an SSH key here: install openssh-client.")
    try:
        with TemporaryDirectory(prefix="bot-ssh-") as folder:
            # A file rather than a pipe: without a terminal on its standard input, ssh-keygen asks no passphrase there.
            text = Path(folder, "statement")
            _write(text, text_of(statement))
            done = subprocess.run(  # noqa: S603 - no shell; the file is the person's own choice
                [found, "-q", "-Y", "sign", "-n", NAMESPACE, "-f", path, text],
                env={name: os.environ[name] for name in _FROM_THE_TERMINAL if name in os.environ},
                timeout=TO_SIGN,
                check=False,
            )
            if done.returncode != 0:
                raise Misuse(
                    f"{path}: ssh-keygen did not sign with it (status {done.returncode}); its message is above."
                )
            signature = text.with_name("statement.sig").read_text(encoding="ascii")
    except subprocess.TimeoutExpired:
        raise Misuse(f"{path}: ssh-keygen did not sign with it within {TO_SIGN:g} seconds.") from None
    except (OSError, UnicodeDecodeError):
        raise Misuse(f"{path}: ssh-keygen left no signature that could be read.") from None
    signing_key(signature)
    return signature


def _write(path: Path, text: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(text)
