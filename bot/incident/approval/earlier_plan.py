"""The words that a plan's digest covered up to the release that hashes operations instead.

Consents that people gave under it stay valid as long as the plan is the same, so these words never change, and nobody
reads them any more: what people read is in `bot.phrases.plans`.
"""

from __future__ import annotations

from bot.incident.state import Incident, SecretState
from bot.model.capabilities import Makes, RevokedBy
from bot.model.keys import Owner

_PROVE = "prove that the old value is refused, twice, while a control passes"


def earlier_steps(incident: Incident, secret: SecretState, *, at_once: bool) -> list[str]:
    """The plan's steps as they were hashed. `at_once`: the old value ends without waiting for the new one."""
    kill = _kill_words(secret)
    make = _make_words(secret) if secret.new.wanted else ["leave the current value alone: an older one leaked"]
    if secret.entry.capabilities.swaps and secret.new.wanted:
        return [make[0], *kill, *make[1:]]
    if at_once:
        return [*kill, *make]
    minutes = incident.timings.overlap / 60
    wait = f"wait {minutes:g} minutes" if minutes >= 1 else f"wait {incident.timings.overlap:g} seconds"
    return [*make, f"{wait}, both values accepted", *kill]


def _kill_words(secret: SecretState) -> list[str]:
    entry = secret.entry
    key = f" {secret.old.key_id}" if secret.old.key_id else ""
    if secret.old.owner is not None:
        return [_owner_words(secret, secret.old.owner), _PROVE]
    match entry.capabilities.revokes:
        case RevokedBy.MACHINE if entry.capabilities.swaps:
            revoke = f"put it in the place of the old one{key} at {entry.provider}, which ends that in the same moment"
        case RevokedBy.MACHINE if entry.capabilities.deletes:
            revoke = f"switch off the old key{key} at {entry.provider}, and delete it once the investigation is over"
        case RevokedBy.MACHINE:
            revoke = f"revoke the old key{key} at {entry.provider}"
        case RevokedBy.ITSELF:
            revoke = f"have the old value revoke itself at {entry.provider}"
        case RevokedBy.PERSON:
            revoke = f"a person revokes the old key in {entry.provider}'s console"
    return [revoke, _PROVE]


def _owner_words(secret: SecretState, owner: Owner) -> str:
    if owner.alone:
        return f"delete, at {secret.entry.provider}, {owner.words}: the old key ends only so"
    return f"a person ends the old key in {secret.entry.provider}'s console: it ends only together with {owner.words}"


def _make_words(secret: SecretState) -> list[str]:
    entry = secret.entry
    match entry.capabilities.makes:
        case Makes.INSTALL if entry.capabilities.swaps:
            make = "make a new value and keep it ready"
        case Makes.ISSUE:
            make = f"issue a new key at {entry.provider}"
        case Makes.INSTALL:
            make = f"make a new value and install it at {entry.provider}"
        case Makes.PERSON:
            make = f"a person makes a new key in {entry.provider}'s console and brings it with `bot submit`"
    words = [make, "verify it", *(f"store it in {part.parameter}" for part in entry.parts if part.secret)]
    words += [f"refresh {consumer.function}" for consumer in entry.consumers]
    words = [*words, "verify it live"]
    named = ", ".join(f"{copy.name} ({copy.where})" for copy in entry.copies)
    return [*words, f"people update, purge or accept each copy: {named}"] if named else words
