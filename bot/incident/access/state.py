"""What is known of what may outlive the dead key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.incident.model import By, CheckOutcome, CopyOutcome, ReaderOutcome
from bot.model.keys import Leftover
from bot.model.secrets import Copy


@dataclass(frozen=True)
class Check:
    """One item of the checklist: `found` is what the machine last saw there, `ended` who settled it (the bot, where it
    read that nothing is there), `settled` the ids of what was seen by then.
    """

    item: str
    sentence: str
    found: tuple[Leftover, ...] = ()
    read_at: datetime | None = None
    outcome: CheckOutcome | None = None
    ended: By | None = None
    note: str = ""
    settled: frozenset[str] = frozenset()

    @property
    def open(self) -> bool:
        return self.ended is None


@dataclass(frozen=True)
class CopyState:
    """A copy of the secret, and what somebody says became of it. `updated_to` is the fingerprint of the new value that
    it was updated to, kept where that was rolled back since: then it is open again, and may have it still.
    """

    copy: Copy
    outcome: CopyOutcome | None = None
    settled: By | None = None
    note: str = ""
    updated_to: str = ""

    @property
    def open(self) -> bool:
        return self.settled is None


@dataclass(frozen=True)
class Siblings:
    """What is known of the secret's siblings: `alive` were accepted before the revocation, `looks` came after it."""

    seen_at: datetime | None = None
    alive: frozenset[str] = frozenset()
    looks: int = 0


@dataclass(frozen=True)
class Reader:
    """What somebody says of the reads of one principal. `settled_at`: since when it is answered for, or can read no
    more, whatever was corrected since; None while neither is so.
    """

    outcome: ReaderOutcome
    by: By
    note: str = ""
    settled_at: datetime | None = None


@dataclass(frozen=True)
class UsageState:
    """The last reading of who read the parameter; the whole of it stands in the log. `principals` are those of the
    looks before too: the history forgets, and a look that stops early has not seen that nobody did.
    """

    seq: int
    at: datetime
    source: str
    since: datetime
    until: datetime
    events: int
    by_bot: int
    principals: tuple[str, ...]
    not_visible: tuple[str, ...]
    truncated: bool
    after_containment: bool
    dropped: int = 0
