"""The plan of each secret, in words and as the digest that an approval is bound to, and who must agree to it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.incident.model import Action, Kill, Makes, Outage, OwnerRecord, RevokedBy, Strategy
from bot.incident.operations import Op, new_lane, old_lane
from bot.incident.state import Incident, SecretState

PROVE = "prove that the old value is refused, twice, while a control passes"
KILLS_BY_ONE = 3
"""One responder may kill this many secrets of an incident in production without a second person."""


@dataclass(frozen=True)
class Plan:
    """What will be done about one secret: `steps` are the operations in order, in words."""

    secret: str
    title: str
    old_fingerprint: str
    old_key_id: str
    parameters: tuple[str, ...]
    strategy: Strategy
    consumers: tuple[str, ...]
    steps: tuple[str, ...]
    digest: str


def plan_of(incident: Incident, secret: SecretState) -> Plan:
    """The secret's plan as it stands now. It is complete once the old value has been captured."""
    entry = secret.entry
    parameters = tuple(part.parameter for part in entry.parts)
    consumers = tuple(consumer.function for consumer in entry.consumers)
    steps = tuple(_steps(incident, secret))
    document = {
        "incident": incident.id,
        "secret": entry.name,
        "provider": entry.provider,
        "old_fingerprint": secret.old.fingerprint,
        "old_key_id": secret.old.key_id,
        "parameters": parameters,
        "strategy": secret.strategy,
        "replace": secret.new.wanted,
        "consumers": consumers,
        "steps": steps,
    }
    if secret.old.owner is not None:
        document["owner"] = secret.old.owner.id
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return Plan(
        secret=entry.name,
        title=entry.title,
        old_fingerprint=secret.old.fingerprint,
        old_key_id=secret.old.key_id,
        parameters=parameters,
        strategy=secret.strategy,
        consumers=consumers,
        steps=steps,
        digest=hashlib.sha256(canonical.encode()).hexdigest(),
    )


def _steps(incident: Incident, secret: SecretState) -> list[str]:
    kill = _kill_words(secret)
    make = _make_words(secret) if secret.new.wanted else ["leave the current value alone: an older one leaked"]
    if secret.entry.abilities.swaps and secret.new.wanted:
        return [make[0], *kill, *make[1:]]
    if secret.strategy is Strategy.KILL_FIRST:
        return [*kill, *make]
    minutes = incident.timings.overlap / 60
    wait = f"wait {minutes:g} minutes" if minutes >= 1 else f"wait {incident.timings.overlap:g} seconds"
    return [*make, f"{wait}, both values accepted", *kill]


def _kill_words(secret: SecretState) -> list[str]:
    entry = secret.entry
    key = f" {secret.old.key_id}" if secret.old.key_id else ""
    if secret.old.owner is not None:
        return [_owner_words(secret, secret.old.owner), PROVE]
    match entry.abilities.revokes:
        case RevokedBy.MACHINE if entry.abilities.swaps:
            revoke = f"put it in the place of the old one{key} at {entry.provider}, which ends that in the same moment"
        case RevokedBy.MACHINE if entry.abilities.deletes:
            revoke = f"switch off the old key{key} at {entry.provider}, and delete it once the investigation is over"
        case RevokedBy.MACHINE:
            revoke = f"revoke the old key{key} at {entry.provider}"
        case RevokedBy.ITSELF:
            revoke = f"have the old value revoke itself at {entry.provider}"
        case RevokedBy.PERSON:
            revoke = f"a person revokes the old key in {entry.provider}'s console"
    return [revoke, PROVE]


def _owner_words(secret: SecretState, owner: OwnerRecord) -> str:
    if owner.alone:
        return f"delete, at {secret.entry.provider}, {owner.words}: the old key ends only so"
    return f"a person ends the old key in {secret.entry.provider}'s console: it ends only together with {owner.words}"


def _make_words(secret: SecretState) -> list[str]:
    entry = secret.entry
    match entry.abilities.makes:
        case Makes.INSTALL if entry.abilities.swaps:
            make = "make a new value and keep it ready"
        case Makes.ISSUE:
            make = f"issue a new key at {entry.provider}"
        case Makes.INSTALL:
            make = f"make a new value and install it at {entry.provider}"
        case Makes.PERSON:
            make = f"a person makes a new key in {entry.provider}'s console and brings it with `bot submit`"
    words = [make, "verify it", *(f"store it in {part.parameter}" for part in entry.parts if part.secret)]
    words += [f"refresh {consumer.function}" for consumer in entry.consumers]
    return [*words, "verify it live"]


def request_digest(plans: Mapping[str, str]) -> str:
    """One digest over several secrets' plans: what an approve button carries."""
    canonical = json.dumps(dict(plans), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def kill_wanted(secret: SecretState) -> bool:
    """Whether somebody decided that the old value is to end without waiting for an overlap."""
    return secret.kill is not None or secret.glass is not None


def second_person(incident: Incident, secret: SecretState) -> str:
    """Why a second person must agree to this kill; empty if one responder is enough."""
    entry = secret.entry
    if secret.old.owner is not None:
        return "more than the key is deleted"
    if any(step.definition.approval and Action.REVOKE in step.definition.actions for step in incident.steps):
        return "the playbook asks for it"
    if entry.kill is Kill.IRREVERSIBLE and entry.outage is Outage.DOWN:
        return "the kill cannot be undone and takes the product down"
    if secret.kill is None and secret.strategy is Strategy.OVERLAP:
        return "it is the kill at the end of an overlap"
    if incident.environment == "production" and _kills_by_one(incident, secret) > KILLS_BY_ONE:
        return f"more than {KILLS_BY_ONE} secrets of production are to be killed"
    return ""


def _kills_by_one(incident: Incident, this: SecretState) -> int:
    """Kills asked for without a second person, this one included."""
    if this.kill is None:
        # Nobody pressed kill: the declaration as a whole is what would kill.
        return sum(1 for secret in incident.secrets.values() if secret.strategy is Strategy.KILL_FIRST)
    earlier = [s for s in incident.secrets.values() if s.kill is not None and s.approval is None and s.glass is None]
    earlier.sort(key=lambda s: (s.kill.at, s.name) if s.kill else ())
    names = [secret.name for secret in earlier]
    return names.index(this.name) + 1 if this.name in names else 1


def owner_kept(incident: Incident, secret: SecretState) -> bool:
    """Whether the plan to delete what the key belongs to, with it, was rejected; killing it now asks once more."""
    rejected = incident.rejected_plans.get(secret.name)
    return secret.old.owner is not None and not secret.gone and rejected == plan_of(incident, secret).digest


def revoked_by_hand(incident: Incident, secret: SecretState) -> bool:
    """Whether a person must revoke it: always in this provider's case, or because the machine cannot this time."""
    if secret.revoked_by_person:
        return True
    if owner_kept(incident, secret):
        return True
    if secret.entry.abilities.identifies and secret.old.captured_at is not None and not secret.old.candidates:
        return True  # the provider lists no key that this value can be
    failure = incident.lane(old_lane(secret.name)).failure
    return failure is not None and failure.final and failure.op is Op.REVOKE


def plan_started(incident: Incident, secret: SecretState) -> bool:
    """Whether any of the plan has been carried out: from then on its approval no longer runs out."""
    revoked = incident.lane(old_lane(secret.name)).attempts.get(Op.REVOKE, 0)
    made = incident.lane(new_lane(secret.name)).attempts.get(Op.PROMOTE, 0)
    return bool(revoked or made)


def approved(incident: Incident, secret: SecretState, now: datetime) -> bool:
    """Whether a second person's approval of exactly this plan is in force."""
    approval = secret.approval
    if approval is None or approval.digest != plan_of(incident, secret).digest:
        return False
    return now < approval.until or plan_started(incident, secret)


def kill_allowed(incident: Incident, secret: SecretState, now: datetime) -> bool:
    """Whether the old value may be revoked, as far as people's consent goes.

    What a key belongs to is never deleted on broken glass or on one person's word: those kill a key, and nothing more.
    """
    if secret.old.owner is not None:
        return approved(incident, secret, now)
    if secret.glass is not None or approved(incident, secret, now):
        return True
    return secret.kill is not None and not second_person(incident, secret)


def approval_missing(incident: Incident, secret: SecretState, now: datetime) -> bool:
    """Whether this secret waits for a second person."""
    if secret.gone or secret.old.captured_at is None or secret.old.revoked_at is not None or secret.revoked_by_person:
        return False
    if kill_allowed(incident, secret, now):
        return False
    return bool(second_person(incident, secret))


def initiators(incident: Incident, secret: SecretState) -> frozenset[str]:
    """Those who cannot be the second person: whoever declared the incident, added this secret or decided about it."""
    decided = {by.name for by in (incident.declared, secret.added, secret.kill, secret.glass) if by is not None}
    return frozenset(decided | {secret.chosen_by})
