"""What a planned rotation will do, told before it begins: who makes the value, when the old one ends, on whose word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from bot.incident.approval.basis import kill_basis, rests_on
from bot.incident.approval.state import Basis
from bot.incident.state import Incident, SecretState
from bot.model.capabilities import RevokedBy
from bot.model.secrets import Outage


@dataclass(frozen=True)
class Rotating:
    """One secret. `joined` is the incident or run that has it already: then nothing new happens to it, and the rest is
    empty. `overlap` is in seconds; None where its provider holds one value at a time, so that both cannot work.

    `waits` says why it cannot begin now, and when it can; empty if it can.

    `consent` says on whose word the old value ends, or who is still to agree; `agreed` whether nobody is to be asked.
    """

    name: str
    joined: str = ""
    owner: str = ""
    made_by_person: bool = False
    revoked_by_person: bool = False
    overlap: float | None = None
    consent: str = ""
    agreed: bool = False
    outage: Outage = Outage.NONE
    if_killed: str = ""
    waits: str = ""

    @property
    def begins(self) -> bool:
        """Whether something new happens to it now."""
        return not (self.joined or self.waits)


def foreseen(incident: Incident, now: datetime, joined: Mapping[str, str], waits: str = "") -> tuple[Rotating, ...]:
    """Of a run that was declared in rehearsal; `waits` says why it could not begin."""
    mine = tuple(replace(_rotating(incident, secret, now), waits=waits) for secret in incident.secrets.values())
    return (*mine, *(Rotating(name, holder) for name, holder in joined.items()))


def _rotating(incident: Incident, secret: SecretState, now: datetime) -> Rotating:
    entry, basis = secret.entry, kill_basis(incident, secret, now)
    by_person = entry.capabilities.revokes is RevokedBy.PERSON
    swaps = entry.capabilities.swaps
    return Rotating(
        name=entry.name,
        owner=entry.owner,
        made_by_person=secret.made_by_person,
        revoked_by_person=by_person,
        overlap=None if swaps else incident.timings.overlap,
        consent=_consent(basis, entry.owner) if not by_person else f"{entry.owner or 'a responder'} revokes it by hand",
        agreed=isinstance(basis, Basis) or by_person,
        outage=entry.outage if swaps else Outage.NONE,
        if_killed=entry.if_killed if swaps else "",
    )


def _consent(basis: object, owner: str) -> str:
    if isinstance(basis, Basis):
        return rests_on(basis)
    why = getattr(basis, "why", "")
    return f"{getattr(basis, 'whom', owner)}: {why}"
