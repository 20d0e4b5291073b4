"""What a proof vouches for: one command of one person, in one form that all kinds of proof sign.

A digest binds the installation, the incident, the command's id, its time, the claimed author, and the command with all
its arguments (an approval's arguments hold the digest of the plan). A change of any of them makes the proof invalid.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.errors import BotError
from bot.eventlog.forms import format_time, parse_time
from bot.phrases.times import duration

FORM = "compromise-bot command 1"
"""The beginning of the signed text, so that no other program's signature and no other form fits."""
AHEAD = timedelta(minutes=1)
"""How far the author's clock may be ahead of the worker's."""


class ProofKind(StrEnum):
    """SLACK: the front's HMAC. AWS: a signed request to STS. SSH: a signature by a key of the people file.
    AT_WORKER: an HMAC that only the worker's host can make. NONE: someone's word.
    """

    SLACK = "slack"
    AWS = "aws"
    SSH = "ssh"
    AT_WORKER = "at-worker"
    NONE = "none"


@dataclass(frozen=True)
class Statement:
    """`at` is a fixed-width UTC time as the log writes it, `arguments` canonical JSON.

    `claims` is who gives the command by their own account: ``slack:U012AB3CD``, an ARN, or a name of the people file.
    """

    installation: str
    incident: str
    command_id: str
    at: str
    claims: str
    command: str
    arguments: str

    @property
    def digest(self) -> str:
        """SHA-256 in hex over all fields as a JSON array: no two different statements encode alike."""
        fields = json.dumps([FORM, *astuple(self)], separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(fields.encode()).hexdigest()


# Besides an identity, a check has two results: invalid, or not checked yet.


class ProofRefused(BotError):
    """The proof is invalid, now and later. The message is a sentence for the author of the command."""


class ProofExpired(ProofRefused):
    """The proof is the claimed author's, but came too late or too early."""


class ProofUnchecked(BotError):
    """The proof could not be checked because the other system did not answer. The command waits and is
    checked again.
    """


def check_age(at: str, now: datetime, at_most: timedelta) -> None:
    """ProofRefused unless a statement's time `at` is at most `at_most` before `now`, and at most a minute after it."""
    demand_fresh(_moment(at), now, at_most)


def demand_fresh(at: datetime, now: datetime, at_most: timedelta) -> None:
    """The same for a time. `now` is the worker's clock; ProofRefused names the difference."""
    age = now - at
    if age > at_most:
        raise ProofRefused(
            f"The command was given {_size(age)} ago by the worker's clock and expired after {_size(at_most)}. "
            "Send it again. If you sent it just now, one of the clocks is wrong."
        )
    if -age > AHEAD:
        raise ProofRefused(
            f"The command's time is {_size(-age)} ahead of the worker's clock ({_size(AHEAD)} at most): correct the "
            "wrong clock and send it again."
        )


def _moment(at: str) -> datetime:
    try:
        moment = parse_time(at)
        if format_time(moment) == at:
            return moment
    except (ValueError, OverflowError):
        pass
    raise ProofRefused("The command's time has the wrong form: send it again with this program.")


def _size(length: timedelta) -> str:
    return duration(length.total_seconds())
