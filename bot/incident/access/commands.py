"""What can be asked of what may outlive the dead key."""

from __future__ import annotations

from dataclasses import dataclass

from bot.incident.model import CheckOutcome, CopyOutcome, ReaderOutcome
from bot.incident.stored import stored
from bot.model.fields import Digest, Known, Name, Words


@stored("end-check", text="note")
@dataclass(frozen=True)
class EndCheck:
    """`note` says who looked and what they saw, what was removed, or why what the machine found belongs there."""

    secret: Name
    item: Known
    outcome: CheckOutcome
    note: Words = ""
    seen: Digest = ""
    """Digest of the item as the form showed it; empty from the terminal."""


@stored("settle-copy", text="note")
@dataclass(frozen=True)
class SettleCopy:
    """`note` says what was done, or why the old value may stay there."""

    secret: Name
    copy: Known
    outcome: CopyOutcome
    note: Words = ""
    seen: Digest = ""
    """Digest of the copy as the form showed it; empty from the terminal."""


@stored("account-reader", text="note")
@dataclass(frozen=True)
class AccountReader:
    """`note` says who explains the reads of `principal`, or what was asked in vain."""

    principal: Known
    outcome: ReaderOutcome
    note: Words = ""


AccessCommand = EndCheck | SettleCopy | AccountReader
