"""What people read of one secret's values: who said what of the old one, what fails with the new one. Plain text."""

from __future__ import annotations

from bot.incident.consumers.lacking import lacking
from bot.incident.model import New
from bot.incident.overlap.rules import roll_back_failed, serves_again
from bot.incident.overlap.strategy import used_since
from bot.incident.state import Incident, OldValue, SecretState
from bot.model.keys import Owner
from bot.model.providers import provider_name
from bot.phrases.times import listed, moment


def serves_words(incident: Incident, secret: SecretState) -> str:
    """That a leaked value serves production again, and since when; empty if none does."""
    since = secret.new.back_since
    if since is None or not serves_again(incident, secret):
        return ""
    past = ", PAST its hour" if secret.new.overdue else ""
    return f"the old key serves production since {moment(since)}{past}"


def failing_words(incident: Incident, secret: SecretState) -> str:
    """Which consumers fail with the new value: plain text. Where they lack another one as well,
    that they are not well, and that nobody can tell whether it is for this one.
    """
    new = secret.new
    since = f" since {moment(new.failing_since)}" if new.failing_since is not None else ""
    if absent := lacking(incident, secret):
        verb = "is" if len(new.failing) == 1 else "are"
        unclear = "until there is one, nobody can tell whether this one is accepted"
        return f"{listed(new.failing)} {verb} not well{since}, with no new value yet of {listed(absent)}: {unclear}"
    return f"{listed(new.failing)} FAIL{'S' if len(new.failing) == 1 else ''} with it{since}"


def unconfirmed_words(secret: SecretState) -> str:
    """Why no consumer confirms a new value that is in place, as a phrase."""
    before = secret.new.as_before
    if not before:
        return "consumer health check unavailable"
    return f"not confirmed, since {listed(before)} fail{'s' if len(before) == 1 else ''} as before it"


def not_restored(incident: Incident, secret: SecretState) -> str:
    """The state of a new value that is not live, and why."""
    match secret.new_state:
        case New.STAGED if secret.new.back_since is not None:
            return "staged again: the OLD value was put back in its place"
        case New.FAILING:
            return f"in place, and {failing_words(incident, secret)}"
        case New.UNKNOWN if roll_back_failed(incident, secret):
            return "roll back FAILED: not known which value serves, the new one or the OLD one"
        case New.UNKNOWN:
            return "a roll back has begun: not known yet which value serves, the new one or the OLD one"
        case New.UNCONFIRMED:
            return f"in place, {unconfirmed_words(secret)}"
        case state:
            return str(state)


def claim_words(secret: SecretState) -> str:
    """What somebody says of an old value that they revoked by hand, and what its provider has answered since; empty
    where nobody does.
    """
    old = secret.old
    if old.claimed is None:
        return ""
    at = provider_name(secret.entry.provider)
    match old.claim_answer:
        case "":
            answered = f"{at} has not been asked since"
        case "live":
            answered = f"{at} still accepts it"
        case "dead":
            answered = f"{at} refuses it"
        case _:
            answered = f"no clear answer from {at} since"
    return f"reported revoked by {old.claimed.name} at {old.claimed.at:%H:%M:%S} UTC; {answered}"


def owner_words(owner: Owner) -> str:
    """Why the key could not be revoked by itself, and what follows."""
    needed = f"its provider ends it only together with {owner.words}"
    if owner.alone:
        return f"{needed}, and two people must agree to that"
    return f"{needed}, other living keys would die, and so a person must end it in the console"


def use_words(secret: SecretState) -> str:
    """That something used the old key after the new value was in place; empty where nothing did, as far as is known."""
    used = used_since(secret)
    if used is None or secret.new.promoted_at is None:
        return ""
    placed = moment(secret.new.promoted_at)
    return f"the old key was USED at {moment(used)}, after the new value was put in place at {placed}"


def key_words(old: OldValue) -> str:
    """Which key at the provider the leaked value is, no more surely than that is known; empty where nobody knows."""
    if old.none_of_these:
        return "none of the listed keys, as a person has said"
    return f"looks like {old.key_id}" if old.by_looks else old.key_id
