"""What can have happened to the leaked value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.incident.model import Right
from bot.incident.stored import stored
from bot.model.keys import KeyRef, Owner, Snapshot
from bot.model.probes import Probe


@stored("person-awaited")
@dataclass(frozen=True)
class PersonAwaited:
    """These leaked values are alive, and nothing ends them unless a person acts: people were reminded."""

    secrets: tuple[str, ...]
    v: int = 1


@stored("death-attested")
@dataclass(frozen=True)
class DeathAttested:
    secret: str
    reason: str
    v: int = 1


@stored("candidate-chosen")
@dataclass(frozen=True)
class CandidateChosen:
    """Which of several keys at the provider the leaked value is."""

    secret: str
    key_id: str
    rights: tuple[Right, ...] = ()
    v: int = 1


@stored("revoked-by-person")
@dataclass(frozen=True)
class RevokedByPerson:
    secret: str
    v: int = 1


@stored("old-captured")
@dataclass(frozen=True)
class OldCaptured:
    """The leaked value is pinned: `versions` are the parameters' versions that hold it, `candidates` the keys at the
    provider it can be, none where the provider cannot say.
    """

    claim: int
    secret: str
    fingerprint: str
    versions: Mapping[str, int]
    current: bool
    candidates: tuple[KeyRef, ...]
    exposed_since: datetime | None = None
    own: tuple[str, ...] = ()
    """The settings of the bot that hold this very value."""
    hint: str = ""
    """Its beginning and its last characters, as consoles show them, where its form is known; never more than those."""
    shared: tuple[str, ...] = ()
    """What else has this very value now: ``openai-batch (production)``. Who revokes it here revokes it there."""
    v: int = 1


@stored("snapshot-taken")
@dataclass(frozen=True)
class SnapshotTaken:
    """`missing` says what could not be read; `probe` is the look at the old value that may serve as baseline."""

    claim: int
    secret: str
    snapshot: Snapshot
    missing: str
    probe: Probe
    v: int = 1


@stored("last-use-read")
@dataclass(frozen=True)
class LastUseRead:
    """When the provider says that the old key was last used, asked before a kill; None: it did not say. `missing` is
    why it could not be asked.
    """

    claim: int
    secret: str
    used_at: datetime | None
    missing: str = ""
    v: int = 1


@stored("access-revoked")
@dataclass(frozen=True)
class AccessRevoked:
    """The provider said that it revoked the key. That proves nothing yet."""

    claim: int
    secret: str
    detail: str
    v: int = 1


@stored("revocation-needs-owner")
@dataclass(frozen=True)
class RevocationNeedsOwner:
    """The provider does not end the key by itself: nothing was revoked, and another plan is needed."""

    claim: int
    secret: str
    owner: Owner
    v: int = 1


@stored("old-probed")
@dataclass(frozen=True)
class OldProbed:
    claim: int
    secret: str
    probe: Probe
    control: Probe | None = None
    bystanders: tuple[Probe, ...] = ()
    standing: tuple[str, ...] = ()
    """After the close: parameters whose current version is the old value."""
    v: int = 1


@stored("old-proven-dead")
@dataclass(frozen=True)
class OldProvenDead:
    """Follows the probe that completed the proof. `contained_at` is the first refusal of its run."""

    secret: str
    contained_at: datetime
    v: int = 1


@stored("old-value-reappeared")
@dataclass(frozen=True)
class OldValueReappeared:
    """After the close, the old value is the current version of these parameters again: a backup or an old deployment
    has brought it back.
    """

    secret: str
    parameters: tuple[str, ...]
    v: int = 1


@stored("containment-overdue")
@dataclass(frozen=True)
class ContainmentOverdue:
    """The provider said revoked, and the value still is not proven dead after `retry_for`."""

    secret: str
    v: int = 1


@stored("own-credential-concerned")
@dataclass(frozen=True)
class OwnCredentialConcerned:
    """Follows the capture: the leaked value is one that the bot itself works with. `settings` name where."""

    secret: str
    settings: tuple[str, ...]
    v: int = 1


@stored("old-deleted")
@dataclass(frozen=True)
class OldDeleted:
    """What the revocation had only switched off is gone for good: nobody needs it as evidence any more."""

    claim: int
    secret: str
    detail: str
    v: int = 1


OldValueByPerson = DeathAttested | CandidateChosen | RevokedByPerson
OldValueByMachine = OldProvenDead | OldValueReappeared | ContainmentOverdue | OwnCredentialConcerned | PersonAwaited
OldValueOutcome = (
    OldCaptured | SnapshotTaken | LastUseRead | AccessRevoked | RevocationNeedsOwner | OldProbed | OldDeleted
)
OldValueEvent = OldValueByPerson | OldValueByMachine | OldValueOutcome
