"""The words for something that waits for a person: what it is, and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.incident import commands as c
from bot.incident.approval.plan import turned_down, unlisted
from bot.incident.new_value.promotion import promotion_words
from bot.incident.offers import Offer, Urgency
from bot.incident.operations import doing
from bot.incident.overlap.rules import held_by_readers, overlapping, readers_words
from bot.incident.state import Incident, SecretState
from bot.model.providers import provider_name
from bot.model.secrets import Outage
from bot.phrases.marks import code, literal
from bot.phrases.secrets import owner_words
from bot.phrases.states import capitalised, effect_now, stops
from bot.phrases.typed import command_line

COPY_AGAIN = ": copy it again"
"""The end of the recorded reason when a provider rejects a submitted value."""


def hint_words(secret: SecretState) -> str:
    """Beginning and end of the leaked key, as its provider's console shows them; empty where they are not known."""
    return f" {code(secret.old.hint)}" if secret.old.hint else ""


def need_words(incident: Incident, secret: SecretState, offers: Sequence[Offer]) -> str:
    """What to do about the secret, in a sentence or two; `offers` are what can be done."""
    parts = (_stopped(secret, offers), _of_old(incident, secret, offers), _of_new(incident, secret, offers))
    return " ".join(filter(None, parts)) or f"{literal(capitalised(offers[0].reason))}."


def _has(offers: Sequence[Offer], *kinds: type[c.Act]) -> bool:
    return any(offer.kind in kinds for offer in offers)


def _stopped(secret: SecretState, offers: Sequence[Offer]) -> str:
    """What stops while the old key no longer works and a new one is needed."""
    serves = not (secret.gone or secret.lacks_only_new)
    placed = secret.in_place or secret.new.promoted_at is not None
    if (
        serves
        or placed
        or secret.entry.outage is Outage.NONE
        or not _has(offers, c.AnnounceSubmission, c.UseValue, c.Retry)
    ):
        return ""
    down = "*The product is DOWN*: " if secret.entry.outage is Outage.DOWN and secret.entry.if_killed.strip() else ""
    return f"{down}{literal(stops(secret))}"


def _of_old(incident: Incident, secret: SecretState, offers: Sequence[Offer]) -> str:
    at = literal(provider_name(secret.entry.provider))
    failed = _failed(incident, offers)
    if secret.lacks_only_new:
        return "Rejected, not confirmed. Hand over the new key to compare."
    if _has(offers, c.ConfirmRevoked):
        why = f"{literal(capitalised(owner_words(secret.old.owner)))}. " if secret.old.owner is not None else failed
        unknown = f"{at} lists no matching key. " if unlisted(secret) and not why else ""
        way = "Retry, or revoke" if failed else "Revoke"
        if secret.old.contradicted:
            why, way = f"{at} still accepts it: was it the key {hint_words(secret).strip() or 'named here'}? ", "Revoke"
        return f"{why}{unknown}{way} it in {at}'s console. {_effect(secret)}"
    if _has(offers, c.ChooseCandidate):
        return f"{len(secret.old.candidates)} keys at {at} match: choose one."
    if readers := held_by_readers(incident, secret):
        kept = f"Its overlap is over, and the old key still works: {literal(readers_words(incident, readers))}."
        return f"{failed}{kept} Or revoke it anyway. {_effect(secret)}"
    if _has(offers, c.KillNow) and turned_down(incident, secret):
        said = "The second person refused the revocation; see the card's thread. *Revoke now…* asks again"
        return f"{failed}{said}. If revoked: {_effect(secret)}"
    if _has(offers, c.KillNow):
        return f"{failed}Not decided yet. If revoked: {_effect(secret)}"
    if _has(offers, c.AttestDeath) and secret.provable and secret.new.promoted_at is not None and not failed:
        return "The bot checks again with the new key to compare. Only if that fails: vouch by name."
    if _has(offers, c.AttestDeath):
        return f"{failed}It can't be confirmed: vouch by name that it is dead."
    return failed


def _failed(incident: Incident, offers: Sequence[Offer]) -> str:
    """What has failed for good, and why, for each lane with an offered retry."""
    lanes = [offer.command.lane for offer in offers if isinstance(offer.command, c.Retry)]
    failures = [incident.lane(lane).failure for lane in lanes]
    said = [f"{capitalised(doing(f.op))} failed: {literal(f.message)}. " for f in failures if f and f.final]
    return "".join(said)


def _effect(secret: SecretState) -> str:
    return literal(effect_now(secret)) if secret.old.revoked_at is None else ""


def _of_new(incident: Incident, secret: SecretState, offers: Sequence[Offer]) -> str:
    at = literal(provider_name(secret.entry.provider))
    if _has(offers, c.AnnounceSubmission):
        rejected = secret.new.rejected
        again = f"The new key was rejected: {literal(rejected.removesuffix(COPY_AGAIN))}. " if rejected else ""
        there = _has(offers, c.ConfirmRevoked) and not incident.routine and not secret.lacks_only_new
        where = "there" if there else f"at {at}"
        if rejected.endswith(COPY_AGAIN):
            return f"{again}Copy it again, or make another one {where}, and hand that over."
        return f"{again}Make a new key {where} and hand it over."
    if _has(offers, c.UseValue):
        return f"{'. '.join(literal(capitalised(words)) for words in promotion_words(incident, secret))}."
    if _has(offers, c.SettleCopy):
        return "Answer its copies: the old key works until then."
    if _has(offers, c.AskReplacement):
        return f"{at} revokes the old key only for a new one: replace it."
    return ""


# What only its owner can do about a secret of a planned rotation, as a message to them.


ASKED = (c.AnnounceSubmission, c.ConfirmRevoked, c.SettleCopy)
"""Work by hand, in its order."""


def by_hand(offers: Sequence[Offer], secret: SecretState) -> tuple[Offer, ...]:
    """The work by hand for this secret now: making its value, revoking the old one, updating its copies."""
    mine = [offer for offer in offers if offer.secret == secret.name and offer.kind in ASKED and not offer.blocked]
    wanted = [offer for offer in mine if offer.urgency is Urgency.NEEDED]
    return tuple(sorted(wanted, key=lambda offer: ASKED.index(offer.kind)))


def without_terminal(incident: Incident, secret: SecretState, wanted: Offer) -> Iterator[str]:
    """What a person without a terminal, as on a phone, does about a needed new key: who can submit it, and what is
    true until then. `wanted` is the offer to submit it.
    """
    owner = f"{literal(secret.entry.owner)}, or " if secret.entry.owner else ""
    able = f"{owner}{literal(wanted.whom)}"
    yield f"*No terminal here?* Give this line to {able}. Don't make the key yet: it is shown once."
    yield f"Until then {_meanwhile(incident, secret)}."


def _meanwhile(incident: Incident, secret: SecretState) -> str:
    """What is safe while there is no new key, and what is not."""
    if incident.routine and not secret.gone:
        return "the old key keeps working"
    if not secret.gone and (overlapping(secret) or secret.entry.capabilities.revoke_needs_replacement):
        return "the old key *STILL WORKS*: it is revoked once the new one is in place"
    stops = {
        Outage.NONE: "nothing stops",
        Outage.DEGRADED: "the product is degraded",
        Outage.DOWN: "the product is *DOWN*",
    }[secret.entry.outage]
    if secret.gone:
        return stops
    if secret.old.revoked_at is not None:
        return f"the old key is revoked, and the bot checks that it is dead; without the new one {stops}"
    if secret.old.claimed is not None and not secret.old.contradicted:
        return f"the old key is reported revoked and *may still work*; without the new one {stops}"
    return f"you can revoke the old key anyway, without a terminal. Once it is dead {stops}"


def by_hand_lines(
    incident: Incident, secret: SecretState, offers: Sequence[Offer], readers: Sequence[str] = ()
) -> Iterator[str]:
    """The message: its subject, what to do, and how the bot learns of it. `readers` are the functions that delay the
    revocation.
    """
    where, at = literal(incident.environment), literal(provider_name(secret.entry.provider))
    yield f"🔄 *The planned rotation of {code(secret.name)} ({where}) waits for you*"
    typed = {offer.kind: code(command_line(incident, offer)) for offer in offers}
    if c.AnnounceSubmission in typed:
        yield f"Make a new key at {at}, with the rights of the old one and no more."
        yield f"Then hand it over at a terminal, never here: {typed[c.AnnounceSubmission]}"
    if c.ConfirmRevoked in typed:
        yield f"The overlap is over and the new key is in use: revoke the old one at {at}."
        yield f"Then press *I revoked it*, or: {typed[c.ConfirmRevoked]}"
    if readers:
        words = literal(readers_words(incident, readers))
        yield f"The overlap is over, but don't revoke the old one yet: {words}. The bot asks you then."
    if c.SettleCopy in typed:
        names = ", ".join(literal(state.copy.name) for state in secret.open_copies)
        yield f"Its copies still hold the old key: {names}. Update each; until then the old key keeps working."
        yield f"Then record it: {typed[c.SettleCopy]}"
    yield "No page: the old key works until you are done."
