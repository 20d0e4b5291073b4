"""What people read of a thing that stands still until somebody acts: what it is, and what is to be done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.incident import commands as c
from bot.incident.approval.plan import turned_down, unlisted
from bot.incident.needs import Need, lacks_only_new
from bot.incident.new_value.promotion import promotion_words
from bot.incident.offers import Offer, Urgency
from bot.incident.operations import doing
from bot.incident.overlap.rules import held_by_readers, overlapping, readers_words
from bot.incident.state import Incident, SecretState
from bot.incident.two_people import others_words
from bot.model.providers import provider_name
from bot.model.secrets import Outage
from bot.phrases.marks import code, literal
from bot.phrases.secrets import owner_words
from bot.phrases.states import capitalised, effect_now, stops
from bot.phrases.typed import command_line

COPY_AGAIN = ": copy it again"
"""What ends the reason for which a provider's rejection of a value that a person handed over is recorded."""


def need_title(incident: Incident, need: Need) -> str:
    """The secret with the hint by which people know its key, or what else it is about."""
    if not need.secret:
        return f"*{literal(_subject(incident, need))}*"
    secret = incident.secrets[need.secret]
    return f"*{literal(secret.entry.title)}* {code(secret.name)}{hint_words(secret)}"


def hint_words(secret: SecretState) -> str:
    """Beginning and end of the leaked key, as its provider's console shows them; empty where they are not known."""
    return f" {code(secret.old.hint)}" if secret.old.hint else ""


def _subject(incident: Incident, need: Need) -> str:
    first = need.offers[0]
    if first.kind is c.Retry:
        return f"{first.subject.partition(':')[0].capitalize()} failed"
    if first.kind is c.ReleaseUpdate:
        return f"Status update to {first.subject}"
    task = incident.tasks.get(first.subject)
    return task.title if task is not None else first.subject.replace("-", " ").capitalize() or "The incident"


def need_words(incident: Incident, need: Need) -> str:
    """What is to be done, in a sentence or two."""
    if not need.secret:
        return capitalised(literal(need.offers[0].reason))
    secret = incident.secrets[need.secret]
    parts = (_stopped(secret, need), _of_old(incident, secret, need), _of_new(incident, secret, need))
    return " ".join(filter(None, parts)) or f"{capitalised(literal(need.offers[0].reason))}."


def _stopped(secret: SecretState, need: Need) -> str:
    """What does not go on, where the old value serves nobody any more and what is needed is a new one."""
    serves = not (secret.gone or lacks_only_new(secret))
    placed = secret.in_place or secret.new.promoted_at is not None
    if (
        serves
        or placed
        or secret.entry.outage is Outage.NONE
        or not need.has(c.AnnounceSubmission, c.UseValue, c.Retry)
    ):
        return ""
    down = "*The product is DOWN*: " if secret.entry.outage is Outage.DOWN and secret.entry.if_killed.strip() else ""
    return f"{down}{literal(stops(secret))}"


def _of_old(incident: Incident, secret: SecretState, need: Need) -> str:
    at = literal(provider_name(secret.entry.provider))
    failed = _failed(incident, need)
    if lacks_only_new(secret):
        return (
            "It is refused. That is proof only once another key of the account is accepted at the same time: "
            "hand over the new one."
        )
    if need.has(c.ConfirmRevoked):
        why = f"{capitalised(literal(owner_words(secret.old.owner)))}. " if secret.old.owner is not None else failed
        unknown = f"{at} lists no key that this value can be. " if unlisted(secret) and not why else ""
        way = "Retry, or revoke" if failed else "Revoke"
        if secret.old.contradicted:
            why, way = f"{at} still accepts it: was it the key {hint_words(secret).strip() or 'named here'}? ", "Revoke"
        return f"{why}{unknown}{way} it in {at}'s console. {_effect(secret)}"
    if need.has(c.ChooseCandidate):
        return f"{len(secret.old.candidates)} keys at {at} can be this one: choose which."
    if readers := held_by_readers(incident, secret):
        kept = f"Its overlap is over, and the old value lives on: {literal(readers_words(incident, readers))}."
        return f"{failed}{kept} Or end it all the same. {_effect(secret)}"
    if need.has(c.KillNow) and turned_down(incident, secret):
        said = "A second person rejected ending it; the thread of the card says why. *Revoke now…* asks again"
        return f"{failed}{said}. If revoked: {_effect(secret)}"
    if need.has(c.KillNow):
        return f"{failed}Nobody has decided on the revocation. If revoked: {_effect(secret)}"
    if need.has(c.AttestDeath) and secret.provable and secret.new.promoted_at is not None and not failed:
        return "The bot asks once more, with the new key beside it. Only if that proves nothing: vouch by name."
    if need.has(c.AttestDeath):
        return f"{failed}No proof is to be had: vouch for its death by name."
    return failed


def _failed(incident: Incident, need: Need) -> str:
    """What has failed for good, and why, for each lane that a retry is offered for."""
    lanes = [offer.command.lane for offer in need.offers if isinstance(offer.command, c.Retry)]
    failures = [incident.lane(lane).failure for lane in lanes]
    said = [f"{capitalised(doing(f.op, f.subject))} failed: {literal(f.message)}. " for f in failures if f and f.final]
    return "".join(said)


def _effect(secret: SecretState) -> str:
    return literal(effect_now(secret)) if secret.old.revoked_at is None else ""


def _of_new(incident: Incident, secret: SecretState, need: Need) -> str:
    at = literal(provider_name(secret.entry.provider))
    if need.has(c.AnnounceSubmission):
        rejected = secret.new.rejected
        again = f"The new value was rejected: {literal(rejected.removesuffix(COPY_AGAIN))}. " if rejected else ""
        there = need.has(c.ConfirmRevoked) and not incident.routine and not lacks_only_new(secret)
        where = "there" if there else f"at {at}"
        if rejected.endswith(COPY_AGAIN):
            return f"{again}Copy it again, or make another one {where}, and hand that over."
        return f"{again}Make a new one {where} and hand it over."
    if need.has(c.UseValue):
        return f"{'. '.join(capitalised(literal(words)) for words in promotion_words(incident, secret))}."
    if need.has(c.ReviewGlass) and secret.broken is not None:
        others = others_words(secret.reviewers_missing)
        return f"{literal(secret.broken.name)} broke the glass; {others} with approve or command must review it."
    if need.has(c.SettleCopy):
        return "Say what became of its copies: the old key lives until then."
    if need.has(c.AskReplacement):
        return f"{at} ends the old value only for a new one: have it replaced."
    return ""


# What only its owner can do about a secret of a planned rotation, as a message to them.


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
