"""What a proof vouches for: one command of one person, in one form that all kinds of proof sign.

A digest binds the installation, the incident, the command's id, its time, the claimed author, and the command with all
its arguments (an approval's arguments hold the digest of the plan). A change of any of them makes the proof invalid.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import astuple, dataclass
from enum import StrEnum

from bot.errors import BotError

FORM = "compromise-bot command 1"
"""The beginning of the signed text, so that no other program's signature and no other form fits."""


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
