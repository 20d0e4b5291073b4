"""When the revocation of a planned rotation needs no further consent, and why it does.

The worker's own catalog says ``planned: auto`` for a secret, or two people have agreed to a departure as a whole. Both
cover routine only: anything unusual stops, and the owner and a second person are asked.
"""

from __future__ import annotations

import hashlib

import msgspec

from bot.incident.codec import to_stored
from bot.incident.departure.rules import agreed
from bot.incident.model import ConsentKind, New, Right, Strategy
from bot.incident.overlap.strategy import used_since
from bot.incident.state import Basis, DepartureState, Giver, Incident, SecretState
from bot.incident.two_people import listed
from bot.model.secrets import Planned, SecretEntry

_ENCODER = msgspec.json.Encoder(order="sorted", enc_hook=to_stored)


def planned_basis(incident: Incident, secret: SecretState) -> Basis | None:
    """The earlier decision on which the revocation rests; None if it does not cover it."""
    if not_planned(incident, secret):
        return None
    if incident.departure is not None:
        return _departure_basis(incident, incident.departure, secret)
    return Basis(ConsentKind.PLANNED, (), secret.added.at, entry=entry_digest(secret.entry))


def entry_digest(entry: SecretEntry) -> str:
    """16 hex digits over the catalog's entry as it was frozen into the run."""
    return hashlib.sha256(_ENCODER.encode(entry)).hexdigest()[:16]


def _departure_basis(incident: Incident, departure: DepartureState, secret: SecretState) -> Basis | None:
    """The person who put the secret into the departure, at its beginning or later, and the second person who agreed to
    that; an account without an entry is neither.
    """
    given = agreed(departure, secret.name)
    right = Right.COMMAND if secret.added.name == incident.declared.name else Right.RESPOND
    first = (Giver(secret.added.name, frozenset({right})),) if listed(secret.added.name) else ()
    rights = ((one.by.name, Right.APPROVE if Right.APPROVE in one.rights else Right.COMMAND) for one in given)
    second = (Giver(name, frozenset({right})) for name, right in rights)
    return Basis(ConsentKind.DEPARTURE, (*first, *second), given[-1].by.at)


def not_planned(incident: Incident, secret: SecretState) -> str:
    """Why no earlier decision covers this revocation, as a phrase; empty if one does."""
    if incident.departure is not None:
        return _not_agreed(incident.departure, secret)
    if secret.entry.planned is not Planned.AUTO:
        return "the catalog asks for two people"
    if secret.lapsed is not None:
        return "the catalog no longer counts as approval"
    return _changed(secret) or _not_verified(secret)


def _not_agreed(departure: DepartureState, secret: SecretState) -> str:
    if not agreed(departure, secret.name):
        return "no second person has approved the rotation"
    if secret.lapsed is not None:
        return "the approval of the departure no longer counts"
    return _changed(secret)


def sharing(secret: SecretState) -> str:
    """Whose this value is too, as a phrase."""
    return f"{', '.join(secret.old.shared)} has the same key"


def _changed(secret: SecretState) -> str:
    """What has changed since the decision; empty if nothing."""
    entry = secret.entry
    if entry.fatal:
        return "the revocation cannot be undone and stops the product"
    if secret.old.owner is not None:
        return "more than the key would be deleted"
    if secret.old.shared:
        return sharing(secret)
    if len(secret.old.candidates) > 1:
        return "several keys match, and one person chose which"
    if secret.kill is not None or not secret.new.wanted:
        return "the plan was changed"
    if secret.new.source == "person" and not secret.made_by_person:
        return "the plan was changed: a person brought the new key"
    if entry.capabilities.swaps:
        return ""
    if secret.strategy is not Strategy.OVERLAP:
        return "the plan was changed: revoke the old key without an overlap"
    if (used := used_since(secret)) is not None:
        return f"the old key was used at {used:%Y-%m-%d %H:%M} UTC, after the new key was put in place"
    return ""


def _not_verified(secret: SecretState) -> str:
    """Why the catalog alone does not allow a revocation: there was no overlap, or a consumer did not confirm."""
    entry = secret.entry
    if entry.capabilities.swaps:
        return "its provider holds one key at a time, so the two cannot overlap"
    if not entry.consumers:
        return "no consumer can confirm the new key"
    if unasked := [one.function for one in entry.consumers if one.health is None]:
        return f"{unasked[0]} has no health URL to confirm the new key"
    if secret.new_state is New.UNCONFIRMED:
        return "not every consumer has confirmed the new key"
    return ""
