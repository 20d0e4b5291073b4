"""What only its owner can do about a secret of a planned rotation, as a message to them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.incident import commands as c
from bot.incident.offers import Offer, Urgency
from bot.incident.state import Incident, SecretState
from bot.phrases.marks import code, literal

ASKED = (c.AnnounceSubmission, c.ConfirmRevoked, c.SettleCopy)
"""What waits for hands, in the order in which it is done."""


def by_hand(offers: Sequence[Offer], secret: SecretState) -> tuple[Offer, ...]:
    """What waits for hands now, of this secret: making its value, ending the old one, settling its copies."""
    mine = [offer for offer in offers if offer.secret == secret.name and offer.kind in ASKED and not offer.blocked]
    wanted = [offer for offer in mine if offer.urgency is Urgency.NEEDED]
    return tuple(sorted(wanted, key=lambda offer: ASKED.index(offer.kind)))


def by_hand_lines(incident: Incident, secret: SecretState, offers: Sequence[Offer]) -> Iterator[str]:
    """The message: what it is about, what to do, and how the bot learns of it."""
    where = literal(incident.environment)
    yield f"🔄 *The planned rotation of {code(secret.name)} ({where}) waits for you*"
    kinds = {offer.kind for offer in offers}
    if c.AnnounceSubmission in kinds:
        yield f"Make a new value at {literal(secret.entry.provider)}, with the rights of the old one and no more."
        yield f"Then hand it over at a terminal, never here: {code(f'bot submit {incident.id} {secret.name}')}"
    if c.ConfirmRevoked in kinds:
        yield f"The overlap is over and the new value is live: end the old one at {literal(secret.entry.provider)}."
        yield f"Then press *I revoked it*, or: {code(f'bot revoked {incident.id} {secret.name}')}"
    if c.SettleCopy in kinds:
        names = ", ".join(literal(state.copy.name) for state in secret.open_copies)
        yield f"Its copies still hold the old value: {names}. Update each; until then the old value lives on."
        yield f"Then say so: {code(f'bot copy {incident.id} {secret.name}')}"
    yield "Nothing leaked: nobody was paged, and the old value works until you are done."
