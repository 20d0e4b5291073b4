"""Proofs by a key that only one place holds: an HMAC over a statement's digest.

Slack's front holds `/bot/command-key`: it has checked Slack's own signature, and vouches for the person who pressed.
Only the worker's host can derive a key from `/bot/worker-key`; a command there needs neither AWS, Slack nor SSH.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from bot.errors import ConfigurationError
from bot.proofs.statement import ProofExpired, ProofKind, ProofRefused, Statement, check_age
from bot.secrets.secret import Secret

WAITS = timedelta(minutes=15)
"""How long a command may wait while no worker runs, unless another time is given."""
SHORTEST_KEY = 32
"""Characters: 16 random bytes in hex."""
_FORM = b"compromise-bot proof 1"
_DERIVING = b"compromise-bot key of commands given at the worker 1"
_PROOF = re.compile(r"v1:[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True)
class KeyedProofs:
    """Makes proofs under `current`, and accepts proofs under `previous` keys too, for commands given before a key
    change. Proofs of one kind are invalid for another, even under the same key.
    """

    kind: ProofKind
    current: Secret
    previous: tuple[Secret, ...] = ()

    def __post_init__(self) -> None:
        if any(len(key.reveal()) < SHORTEST_KEY for key in (self.current, *self.previous)):
            raise ConfigurationError(
                f"A key for proofs of commands ({self.kind}) is too short; expected {SHORTEST_KEY} characters at least."
            )

    @classmethod
    def slack(cls, command_key: Secret, previous: tuple[Secret, ...] = ()) -> Self:
        """Proofs of Slack's front, under the values of `/bot/command-key`."""
        return cls(ProofKind.SLACK, command_key, previous)

    @classmethod
    def at_worker(cls, worker_key: Secret, previous: tuple[Secret, ...] = ()) -> Self:
        """Proofs of the worker's host, under keys derived from the values of `/bot/worker-key`, which
        has other uses.
        """
        return cls(ProofKind.AT_WORKER, _derived(worker_key), tuple(_derived(key) for key in previous))

    def make(self, statement: Statement) -> str:
        """The proof of `statement`: ``v1:`` and 64 hex digits."""
        return self._under(self.current, statement)

    def check(self, statement: Statement, proof: str, now: datetime, at_most: timedelta = WAITS) -> None:
        """ProofRefused unless `proof` is of `statement`, given at most `at_most` before `now`, the worker's clock."""
        if not _PROOF.fullmatch(proof):
            raise ProofRefused(f"What came with the command is no proof of the kind that it says ({self.kind}).")
        # Always tries all keys, so that the time reveals nothing.
        fits = [hmac.compare_digest(self._under(key, statement), proof) for key in (self.current, *self.previous)]
        if not any(fits):
            raise ProofRefused(
                f"The command's proof ({self.kind}) does not fit: it was made under another key, or the command is not "
                "the one that it was made for."
            )
        try:
            check_age(statement.at, now, at_most)
        except ProofRefused as refused:
            raise ProofExpired(str(refused)) from None

    def _under(self, key: Secret, statement: Statement) -> str:
        message = b"\0".join((_FORM, self.kind.encode(), statement.digest.encode()))
        return "v1:" + hmac.new(key.reveal().encode(), message, hashlib.sha256).hexdigest()


def _derived(key: Secret) -> Secret:
    if len(key.reveal()) < SHORTEST_KEY:
        return key  # which is then refused for that
    return Secret(hmac.new(key.reveal().encode(), _DERIVING, hashlib.sha256).hexdigest())
