"""The words about one secret's values: claims about the old one, failures with the new one. Plain text."""

from __future__ import annotations

from bot.incident.consumers.lacking import lacking
from bot.incident.model import New, Old
from bot.incident.overlap.rules import roll_back_failed, serves_again
from bot.incident.overlap.strategy import used_since
from bot.incident.state import Incident, OldValue, SecretState
from bot.model.keys import Owner
from bot.model.providers import provider_name
from bot.phrases.times import listed, moment

OLD_LABELS = {
    Old.ALIVE: "STILL WORKS",
    Old.REJECTED: "REJECTED, NOT REVOKED",
    Old.REVOKING: "REJECTED, NOT CONFIRMED",
    Old.UNPROVEN: "REJECTED, NEVER SEEN WORKING",
    Old.ATTESTED: "vouched dead, not confirmed",
    Old.DEAD: "dead",
}
"""The leaked key's state in a word or two, without reason and time."""
NEW_LABELS = {
    New.NONE: "not made yet",
    New.STAGED: "not in place yet",
    New.PROMOTED: "in place, not verified in use",
    New.LIVE: "in use",
    New.UNCONFIRMED: "in place, not confirmed by consumers",
    New.FAILING: "FAILING",
    New.UNKNOWN: "UNKNOWN",
    New.NOT_NEEDED: "not needed",
}
"""The new key's state likewise."""

PROBE_LABELS = {"live": "ACCEPTED", "dead": "rejected", "unknown": "NO CLEAR ANSWER"}
"""What a provider said to one probe, by `Liveness`. One rejection does not prove that a key is dead."""


def serves_words(incident: Incident, secret: SecretState) -> str:
    """That a leaked key serves production again, and since when; empty if none does."""
    since = secret.new.back_since
    if since is None or not serves_again(incident, secret):
        return ""
    past = ", for over an hour" if secret.new.overdue else ""
    return f"the old key is in production again since {moment(since)}{past}"


def failing_words(incident: Incident, secret: SecretState) -> str:
    """The consumers that fail with the new key: plain text. If they also miss another one, that they are unhealthy
    and the cause is unknown.
    """
    new = secret.new
    since = f" since {moment(new.failing_since)}" if new.failing_since is not None else ""
    if absent := lacking(incident, secret):
        verb = "is" if len(new.failing) == 1 else "are"
        unclear = "unknown until then whether this one is accepted"
        return f"{listed(new.failing)} {verb} failing{since}, still without a new key of {listed(absent)}: {unclear}"
    return f"{listed(new.failing)} FAIL{'S' if len(new.failing) == 1 else ''} with it{since}"


def unconfirmed_words(secret: SecretState) -> str:
    """Why no consumer confirms a new key that is in place, as a phrase."""
    before = secret.new.as_before
    if not before:
        return "consumer health check unavailable"
    return f"not confirmed: {listed(before)} failed before it too"


def not_restored(incident: Incident, secret: SecretState) -> str:
    """The state of a new key that is not in use, with the reason."""
    match secret.new_state:
        case New.STAGED if secret.new.back_since is not None:
            return "staged again: the OLD key was put back in place"
        case New.FAILING:
            return f"in place, and {failing_words(incident, secret)}"
        case New.UNKNOWN if roll_back_failed(incident, secret):
            return "roll back FAILED: unknown which key is in use, the new or the OLD one"
        case New.UNKNOWN:
            return "a roll back has begun: unknown which key is in use, the new or the OLD one"
        case New.UNCONFIRMED:
            return f"in place, {unconfirmed_words(secret)}"
        case state:
            return NEW_LABELS[state]


def claim_words(secret: SecretState) -> str:
    """A person's claim that they revoked an old key by hand, and the provider's answer since; empty
    without a claim.
    """
    old = secret.old
    if old.claimed is None:
        return ""
    at = provider_name(secret.entry.provider)
    match old.claim_answer:
        case "":
            answered = f"not checked with {at} yet"
        case "live":
            answered = f"{at} still accepts it"
        case "dead":
            answered = f"{at} rejects it"
        case _:
            answered = f"no clear answer from {at} since"
    return f"reported revoked by {old.claimed.name} at {old.claimed.at:%H:%M:%S} UTC; {answered}"


def owner_words(owner: Owner) -> str:
    """Why the key could not be revoked by itself, and what follows."""
    needed = f"its provider revokes it only together with {owner.words}"
    if owner.alone:
        return f"{needed}; two people must approve that"
    return f"{needed}, and other working keys would be lost: a person must revoke it in the console"


def use_words(secret: SecretState) -> str:
    """That something used the old key after the new key was in place; empty where nothing did, as far as is known."""
    used = used_since(secret)
    if used is None or secret.new.promoted_at is None:
        return ""
    placed = moment(secret.new.promoted_at)
    return f"the old key was USED at {moment(used)}, after the new key was put in place at {placed}"


def key_words(old: OldValue) -> str:
    """The key at the provider that the leaked key is, with its certainty; empty if unknown."""
    if old.none_of_these:
        return "none of the listed keys (a person said so)"
    return f"looks like {old.key_id}" if old.by_looks else old.key_id


def old_warning(secret: SecretState) -> str:
    """The report's warning about a key that is not dead; empty for a dead one."""
    name, old, label = secret.name, secret.old, OLD_LABELS[secret.old_state]
    match secret.old_state:
        case Old.ALIVE:
            how = f"was {claim_words(secret)}" if old.claimed is not None else "has not been revoked"
            return f"{label}: the old key of {name} {how}."
        case Old.REVOKING:
            how = claim_words(secret) if old.revoked_at is None else "revoked"
            return f"{label}: the old key of {name} was {how}; assume it still works."
        case Old.REJECTED | Old.UNPROVEN:
            return f"{label}: the old key of {name}. Assume it still works."
        case Old.ATTESTED if old.attested is not None:
            return f"VOUCHED DEAD, not confirmed: {old.attested.name} says that the old key of {name} is dead."
        case _:
            return ""


def new_warning(incident: Incident, secret: SecretState) -> str:
    """The report's warning about a new key that is not in use."""
    if secret.new_state is New.NONE:
        return f"NOT RESTORED: no new key of {secret.name} yet."
    about = f"{secret.name}:" if secret.new_state is New.UNKNOWN else f"the new key of {secret.name} is"
    return f"NOT RESTORED: {about} {not_restored(incident, secret)}."
