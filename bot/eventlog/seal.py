"""The seal: by it a worker knows that a log was written by workers.

Digests show a change to whoever holds a head from outside; anybody who can write the database can make digests. So each
append ends in a row that carries an HMAC over its own digest, which covers all rows before it, under a key that only
workers can read. Whoever has the database and not the key can hide events and delete them, and can add none.
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
    """`keys` are the installation's worker keys, the one in force first: earlier ones still fit what they sealed."""

    keys: Sequence[Secret]

    def make(self, row: StoredEvent) -> str:
        """``v1:`` and 64 hex digits, for a row whose digest stands: it fits no other stream and no other number."""
        return self.of_text(_EVENT, _bound(row))

    def fits(self, row: StoredEvent) -> bool:
        """Whether the row's seal was made by a worker of this installation, for exactly this row."""
        return row.seal is not None and self.fits_text(_EVENT, _bound(row), row.seal)

    def of_text(self, what: str, text: str) -> str:
        """A seal for what stands beside the log: `what` names the table, so that none fits in another's place."""
        return f"{FORM}:{_keyed(self.keys[0], what.encode(), text)}"

    def fits_text(self, what: str, text: str, seal: str) -> bool:
        """Whether `of_text` gave this seal for this text."""
        form, _, given = seal.partition(":")
        return form == FORM and any(_same(given, _keyed(key, what.encode(), text)) for key in self.keys)


def _same(given: str, made: str) -> bool:
    """As bytes: whatever stands in the database, a text with a letter outside ASCII is a seal that does not fit."""
    return hmac.compare_digest(given.encode(errors="surrogatepass"), made.encode())


def _bound(row: StoredEvent) -> str:
    return f"{row.stream}\n{row.seq}\n{row.digest}"


def _keyed(key: Secret, what: bytes, text: str) -> str:
    return hmac.new(key.reveal().encode(), _LABEL + what + b"\n" + text.encode(), hashlib.sha256).hexdigest()
