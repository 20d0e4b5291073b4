"""What can be asked of the leaked value."""

from __future__ import annotations

from dataclasses import dataclass

from bot.incident.stored import stored
from bot.model.fields import Known, Name, Words


@stored("choose-candidate")
@dataclass(frozen=True)
class ChooseCandidate:
    secret: Name
    key_id: Known


@stored("confirm-revoked")
@dataclass(frozen=True)
class ConfirmRevoked:
    """A person revoked the key in the provider's console; the machine now proves it."""

    secret: Name


@stored("attest-death", text="reason")
@dataclass(frozen=True)
class AttestDeath:
    secret: Name
    reason: Words


OldValueCommand = ChooseCandidate | ConfirmRevoked | AttestDeath
