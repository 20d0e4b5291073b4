"""What can be asked of report, close and reopening."""

from __future__ import annotations

from dataclasses import dataclass

from bot.incident.stored import stored
from bot.model.fields import Digest, Known, Words


@stored("request-report")
@dataclass(frozen=True)
class RequestReport:
    pass


@stored("close", text="reason")
@dataclass(frozen=True)
class Close:
    """`accept` names by key what is open and may stay so, `seen` is the digest of all that was shown as open
    (`left_digest`); `reason` says why, and is demanded where anything is.
    """

    reason: Words = ""
    accept: tuple[Known, ...] = ()
    seen: Digest = ""


@stored("reopen", text="reason")
@dataclass(frozen=True)
class Reopen:
    reason: Words


ClosingCommand = RequestReport | Close | Reopen
