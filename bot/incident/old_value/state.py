"""What is known of the leaked value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.incident.model import By
from bot.model.keys import NONE_OF_THESE, KeyRef, Owner, Snapshot
from bot.model.probes import Probe


@dataclass(frozen=True)
class RefusalRun:
    """The unbroken run of refusals that the proof is made of: looks next to each other, each with a control. One that
    was accepted ends it, and so does one that could not tell, until it is long enough.
    """

    first_at: datetime
    last_at: datetime
    count: int


@dataclass(frozen=True)
class OldValue:
    """What is known of the leaked value."""

    captured_at: datetime | None = None
    fingerprint: str = ""
    hint: str = ""
    """By which people find it in a console: its beginning and its last characters (``sk_live_…c668``)."""
    versions: Mapping[str, int] = field(default_factory=dict)
    shared: tuple[str, ...] = ()
    """What else has this very value, as it was when this one was captured."""
    current: bool = True
    candidates: tuple[KeyRef, ...] = ()
    key_id: str = ""
    exposed_since: datetime | None = None
    snapshot: Snapshot | None = None
    snapshot_at: datetime | None = None
    snapshot_missing: str = ""
    scopes_known: bool = False
    baseline_at: datetime | None = None
    seen_alive_at: datetime | None = None
    """The last time it was accepted."""
    use_asked_at: datetime | None = None
    used_at: datetime | None = None
    """When it was last used at its provider, as that said when it was last asked."""
    use_missing: str = ""
    """Why the provider could not be asked."""
    revoke_began_at: datetime | None = None
    owner: Owner | None = None
    """What the provider wants deleted, since it does not end the key by itself."""
    revoked_at: datetime | None = None
    """When its provider said that it had revoked it."""
    revoked_detail: str = ""
    claimed: By | None = None
    """Who said last that they had revoked it at its provider. That is a claim: the answers since then count."""
    claim_answer: str = ""
    """The last answer since the claim: live, dead or unknown; empty while nothing has looked."""
    overruled: bool = False
    """The machine is to revoke it once more, whoever has claimed that: the claim is still told, and ends nothing."""
    retried_at: datetime | None = None
    """When somebody last had it revoked, or asked about, once more."""
    begun_before: int = 0
    """The last operation that had begun by then: a look of up to this number says nothing of the claim."""
    refusals: RefusalRun | None = None
    refused_at: datetime | None = None
    only_refused_since: datetime | None = None
    """The first refusal since it was last accepted, whether or not a control was asked beside it."""
    last_probe: Probe | None = None
    last_control: Probe | None = None
    last_probe_at: datetime | None = None
    answer_since: datetime | None = None
    """Since when each look has been answered as the last one."""
    look_failed_at: datetime | None = None
    """When a look could last not be had, once all its tries had failed; None after one that was had."""
    probes: int = 0
    contained_at: datetime | None = None
    attested: By | None = None
    overdue: bool = False
    probes_after_close: int = 0
    reappeared: tuple[str, ...] = ()
    """Parameters in which it stood again after the close, when it was last looked for."""
    deleted_at: datetime | None = None

    @property
    def gone_at(self) -> datetime | None:
        """Since when it is gone: since the first refusal of its proof, else since somebody vouched for its death."""
        return self.contained_at or (self.attested.at if self.attested is not None else None)

    @property
    def none_of_these(self) -> bool:
        """A person has said that it is none of the keys that its provider lists: the machine has none to revoke."""
        return self.key_id == NONE_OF_THESE.id

    @property
    def by_looks(self) -> bool:
        """Whether the chosen key is only known to look like it."""
        return any(key.id == self.key_id and key.by_looks for key in self.candidates)

    @property
    def contradicted(self) -> bool:
        """Somebody said that it was revoked, and the last answer was that it is accepted."""
        return self.claimed is not None and self.claim_answer == "live"

    @property
    def refused_since(self) -> bool:
        """It was refused after somebody said that it was revoked, whether or not each refusal counts for the proof."""
        return self.claimed is not None and (self.refusals is not None or self.claim_answer == "dead")

    @property
    def ended_at(self) -> datetime | None:
        """Since when it is ended as far as anybody has said, and no answer contradicts: nothing is proven by that."""
        if self.revoked_at is not None or self.claimed is None:
            return self.revoked_at
        return None if self.contradicted or self.overruled else self.claimed.at

    @property
    def said_at(self) -> datetime | None:
        """When its provider or a person last said that it was revoked, whatever was answered since."""
        counts = self.claimed is not None and not self.overruled
        said = [self.revoked_at, self.claimed.at if self.claimed is not None and counts else None]
        return max((at for at in said if at is not None), default=None)
