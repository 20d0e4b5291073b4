"""The seal: the proof that workers wrote a log.

Digests reveal a change to a person who holds an outside head; but write access to the database is enough to compute
digests. So each append ends in a row with an HMAC over its own digest, which covers all earlier rows, under a key that
only workers can read. Without the key an attacker with the database can hide and delete events, but not add any.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.secrets.secret import Secret

if TYPE_CHECKING:
    from bot.eventlog.chain import StoredEvent

FORM = "v1"
_EVENT = "event"
_LABEL = b"compromise-bot log seal\n"


@dataclass(frozen=True)
class Seal:
    """`keys` are the installation's worker keys, the current one first; earlier ones still verify their seals."""

    keys: Sequence[Secret]

    def make(self, row: StoredEvent) -> str:
        """``v1:`` and 64 hex digits, for a row with this digest. The seal is invalid for another stream or number."""
        return self.of_text(_EVENT, _bound(row))

    def fits(self, row: StoredEvent) -> bool:
        """Whether the row's seal was made by a worker of this installation, for exactly this row."""
        return row.seal is not None and self.fits_text(_EVENT, _bound(row), row.seal)

    def of_text(self, what: str, text: str) -> str:
        """A seal for data beside the log: `what` names the table, so that a seal is invalid for another one."""
        return f"{FORM}:{_keyed(self.keys[0], what.encode(), text)}"

    def fits_text(self, what: str, text: str, seal: str) -> bool:
        """Whether `of_text` gave this seal for this text."""
        form, _, given = seal.partition(":")
        return form == FORM and any(_same(given, _keyed(key, what.encode(), text)) for key in self.keys)


def _same(given: str, made: str) -> bool:
    """Compares bytes: a stored text with a letter outside ASCII is simply an invalid seal."""
    return hmac.compare_digest(given.encode(errors="surrogatepass"), made.encode())


def _bound(row: StoredEvent) -> str:
    return f"{row.stream}\n{row.seq}\n{row.digest}"


def _keyed(key: Secret, what: bytes, text: str) -> str:
    return hmac.new(key.reveal().encode(), _LABEL + what + b"\n" + text.encode(), hashlib.sha256).hexdigest()
