"""What only its owner can do about a secret of a planned rotation, as a message to them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.incident import commands as c
from bot.incident.offers import Offer, Urgency
from bot.incident.overlap.rules import overlapping, readers_words
from bot.incident.state import Incident, SecretState
from bot.model.providers import provider_name
from bot.model.secrets import Outage
from bot.phrases.marks import code, literal
from bot.phrases.typed import command_line

ASKED = (c.AnnounceSubmission, c.ConfirmRevoked, c.SettleCopy)
"""What waits for hands, in the order in which it is done."""


def by_hand(offers: Sequence[Offer], secret: SecretState) -> tuple[Offer, ...]:
    """What waits for hands now, of this secret: making its value, ending the old one, settling its copies."""
    mine = [offer for offer in offers if offer.secret == secret.name and offer.kind in ASKED and not offer.blocked]
    wanted = [offer for offer in mine if offer.urgency is Urgency.NEEDED]
    return tuple(sorted(wanted, key=lambda offer: ASKED.index(offer.kind)))


def without_terminal(incident: Incident, secret: SecretState, wanted: Offer) -> Iterator[str]:
    """What somebody does who is asked for a new value and has no terminal, as on a phone: who can, and what is true
    until then. `wanted` is the offer to hand it over.
    """
    owner = f"{literal(secret.entry.owner)}, or " if secret.entry.owner else ""
    yield (
        f"*No terminal here?* Leave the new key unmade, since it is shown once, and give the line above to {owner}"
        f"{literal(wanted.whom)}: they make it and hand it over."
    )
    yield f"Until then {_meanwhile(incident, secret)}."


def _meanwhile(incident: Incident, secret: SecretState) -> str:
    """What stays safe while there is no new value, and what does not."""
    if incident.routine and not secret.gone:
        return "the old key works on"
    if not secret.gone and (overlapping(secret) or secret.entry.capabilities.revoke_needs_replacement):
        return "the old key stays *ALIVE*: it ends only once the new one is in place"
    stops = {
        Outage.NONE: "nothing stops",
        Outage.DEGRADED: "the product works less well",
        Outage.DOWN: "the product is *DOWN*",
    }[secret.entry.outage]
    if secret.gone:
        return f"nothing is at risk from the old key, which is dead; without the new one {stops}"
    if secret.old.revoked_at is not None:
        return f"the old key is revoked, and the bot goes on to prove that it is dead; without the new one {stops}"
    if secret.old.claimed is not None and not secret.old.contradicted:
        return f"the old key, reported revoked, counts as *ALIVE* until it is proven dead; without the new one {stops}"
    return f"the old key can be ended all the same: that needs no terminal. Once it is dead {stops}"


def by_hand_lines(
    incident: Incident, secret: SecretState, offers: Sequence[Offer], readers: Sequence[str] = ()
) -> Iterator[str]:
    """The message: what it is about, what to do, and how the bot learns of it. `readers` are the functions for which
    the end of the old value waits.
    """
    where, at = literal(incident.environment), literal(provider_name(secret.entry.provider))
    yield f"🔄 *The planned rotation of {code(secret.name)} ({where}) waits for you*"
    typed = {offer.kind: code(command_line(incident, offer)) for offer in offers}
    if c.AnnounceSubmission in typed:
        yield f"Make a new value at {at}, with the rights of the old one and no more."
        yield f"Then hand it over at a terminal, never here: {typed[c.AnnounceSubmission]}"
    if c.ConfirmRevoked in typed:
        yield f"The overlap is over and the new value is live: end the old one at {at}."
        yield f"Then press *I revoked it*, or: {typed[c.ConfirmRevoked]}"
    if readers:
        words = literal(readers_words(incident, readers))
        yield f"The overlap is over, but do not end the old one yet: {words}. You are asked for it then."
    if c.SettleCopy in typed:
        names = ", ".join(literal(state.copy.name) for state in secret.open_copies)
        yield f"Its copies still hold the old value: {names}. Update each; until then the old value lives on."
        yield f"Then say so: {typed[c.SettleCopy]}"
    yield "Nobody was paged: the old value works until you are done."
