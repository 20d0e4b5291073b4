"""What can be asked of the leaked value."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.incident.stored import stored
from bot.model.fields import Known, Name, Words
from bot.model.probes import Probe


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


@stored("count-looks")
@dataclass(frozen=True)
class CountLooks:
    """Looks at a leaked value that said nothing new, as `old_value.looks.Tally` counts them."""

    secret: str
    base: int
    looks: int
    since: datetime
    until: datetime
    probe: Probe
    control: Probe | None = None


OldValueFromPeople = ChooseCandidate | ConfirmRevoked | AttestDeath
OldValueCommand = OldValueFromPeople | CountLooks
