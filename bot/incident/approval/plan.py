"""The plan of each secret, in words and as the digest that people's consent is bound to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from bot.incident.model import IfFailing, Strategy
from bot.incident.operations import Op, old_lane
from bot.incident.state import Incident, SecretState
from bot.model.capabilities import Makes, RevokedBy
from bot.model.keys import Owner

PROVE = "prove that the old value is refused, twice, while a control passes"


@dataclass(frozen=True)
class Plan:
    """What will be done about one secret: `steps` are the operations in order, in words. `if_failing` says what becomes
    of the old value at the end of an overlap while a consumer refuses the new one; None where it ends without that.
    """

    secret: str
    title: str
    old_fingerprint: str
    old_key_id: str
    parameters: tuple[str, ...]
    strategy: Strategy
    consumers: tuple[str, ...]
    steps: tuple[str, ...]
    digest: str
    if_failing: IfFailing | None = None


def plan_of(incident: Incident, secret: SecretState) -> Plan:
    """The secret's plan as it stands now. It is complete once the old value has been captured."""
    entry = secret.entry
    parameters = tuple(part.parameter for part in entry.parts)
    consumers = tuple(consumer.function for consumer in entry.consumers)
    steps = tuple(_steps(incident, secret))
    strategy = Strategy.KILL_FIRST if _at_once(secret) else secret.strategy
    document = {
        "incident": incident.id,
        "secret": entry.name,
        "provider": entry.provider,
        "old_fingerprint": secret.old.fingerprint,
        "old_key_id": secret.old.key_id,
        "parameters": parameters,
        "strategy": strategy,
        "replace": secret.new.wanted,
        "consumers": consumers,
        "steps": steps,
    }
    if secret.old.owner is not None:
        document["owner"] = secret.old.owner.id
    if value := _brought(secret):
        document["value"] = value
    overlaps = strategy is Strategy.OVERLAP and secret.new.wanted and not entry.capabilities.swaps
    if overlaps and secret.if_failing is not IfFailing.KEEP:
        document["if_failing"] = secret.if_failing  # plans of before this could be said kept it, and say nothing
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return Plan(
        secret=entry.name,
        title=entry.title,
        old_fingerprint=secret.old.fingerprint,
        old_key_id=secret.old.key_id,
        parameters=parameters,
        strategy=strategy,
        consumers=consumers,
        steps=steps,
        digest=hashlib.sha256(canonical.encode()).hexdigest(),
        if_failing=secret.if_failing if overlaps else None,
    )


def _at_once(secret: SecretState) -> bool:
    """Whether the old value ends without waiting for the new one: an overlap too, once somebody wants it killed now."""
    return secret.strategy is Strategy.KILL_FIRST or secret.kill is not None


def _brought(secret: SecretState) -> str:
    """The value that a person brings, since revoking can put it in the old one's place: where it lies, then which."""
    return secret.new.inbox or (secret.new.fingerprint if secret.new.source == "person" else "")


def _steps(incident: Incident, secret: SecretState) -> list[str]:
    kill = _kill_words(secret)
    make = _make_words(secret) if secret.new.wanted else ["leave the current value alone: an older one leaked"]
    if secret.entry.capabilities.swaps and secret.new.wanted:
        return [make[0], *kill, *make[1:]]
    if _at_once(secret):
        return [*kill, *make]
    minutes = incident.timings.overlap / 60
    wait = f"wait {minutes:g} minutes" if minutes >= 1 else f"wait {incident.timings.overlap:g} seconds"
    return [*make, f"{wait}, both values accepted", *kill]


def _kill_words(secret: SecretState) -> list[str]:
    entry = secret.entry
    key = f" {secret.old.key_id}" if secret.old.key_id else ""
    if secret.old.owner is not None:
        return [_owner_words(secret, secret.old.owner), PROVE]
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
    return [revoke, PROVE]


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


def request_digest(plans: Mapping[str, str]) -> str:
    """One digest over several secrets' plans: what an approve button carries."""
    canonical = json.dumps(dict(plans), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def kill_wanted(secret: SecretState) -> bool:
    """Whether somebody decided that the old value is to end without waiting for an overlap."""
    return secret.kill is not None or secret.glass is not None


def owner_kept(incident: Incident, secret: SecretState) -> bool:
    """Whether the plan to delete what the key belongs to, with it, was rejected; killing it now asks once more."""
    rejected = incident.rejected_plans.get(secret.name)
    return secret.old.owner is not None and not secret.gone and rejected == plan_of(incident, secret).digest


def unlisted(secret: SecretState) -> bool:
    """Whether its provider lists no key that this value can be, so that the machine has none to revoke."""
    return secret.entry.capabilities.identifies and secret.old.captured_at is not None and not secret.old.candidates


def revoked_by_hand(incident: Incident, secret: SecretState) -> bool:
    """Whether a person must revoke it: always in this provider's case, or because the machine cannot this time."""
    if secret.revoked_by_person:
        return True
    if owner_kept(incident, secret):
        return True
    if unlisted(secret) or secret.old.none_of_these:
        return True
    failure = incident.lane(old_lane(secret.name)).failure
    failed = failure is not None and failure.final and failure.op is Op.REVOKE
    return failed or secret.old.overdue  # its provider had said revoked, and it did not take


def to_revoke_by_hand(incident: Incident, secret: SecretState) -> bool:
    """Whether it is still a person's to revoke: their word does not end that, only refusals do."""
    return not secret.gone and not secret.old.refused_since and revoked_by_hand(incident, secret)
