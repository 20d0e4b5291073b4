"""The plan of each secret: its steps, and the digest that people's consent is bound to.

The digest covers what will be done and to what, but not the words (`bot.phrases.plans`): a reworded plan is the same
plan. Its first half covers what is revoked and how, without the replacement. By this half a wish to revoke, and the
consent of the plan's author, are distinguished from ones about another key. People who agreed to another plan are asked
again, and the card names them.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from bot.incident.lanes import old_lane
from bot.incident.model import Strategy
from bot.incident.operations import Op
from bot.incident.shown import digest_of
from bot.incident.state import Incident, SecretState
from bot.model.capabilities import Makes, RevokedBy
from bot.model.keys import MAKES_ROOM, Owner
from bot.model.playbooks import MAKES, REVOKES


class Does(StrEnum):
    """The kinds of steps. The values are part of the digest: a new name is a new plan."""

    REVOKE = "revoke"
    SWAP = "swap"
    SWITCH_OFF = "switch-off"
    SELF_REVOKE = "self-revoke"
    REVOKE_BY_HAND = "revoke-by-hand"
    DELETE_OWNER = "delete-owner"
    END_OWNER_BY_HAND = "end-owner-by-hand"
    PROVE = "prove"
    KEEP_CURRENT = "keep-current"
    PREPARE = "prepare"
    ISSUE = "issue"
    INSTALL = "install"
    MAKE_BY_HAND = "make-by-hand"
    VERIFY = "verify"
    STORE = "store"
    REFRESH = "refresh"
    VERIFY_LIVE = "verify-live"
    SETTLE_COPIES = "settle-copies"
    WAIT = "wait"


ENDING = frozenset({
    Does.REVOKE, Does.SWAP, Does.SWITCH_OFF, Does.SELF_REVOKE, Does.REVOKE_BY_HAND, Does.DELETE_OWNER,
    Does.END_OWNER_BY_HAND,
})  # fmt: skip
"""The ways of revoking."""


@dataclass(frozen=True)
class PlanStep:
    """`subjects` are the things it changes: a parameter, a function, copies, the seconds of an overlap; for a
    revocation the other secrets with the value.
    """

    does: Does
    subjects: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """The steps for one secret, in order. `owner`: what is deleted together with the old key. `makes_room`: another,
    inactive key that is deleted to make room for the new one; it is not part of the digest, since it may be read after
    people have agreed.
    """

    secret: str
    title: str
    provider: str
    old_fingerprint: str
    old_key_id: str
    parameters: tuple[str, ...]
    strategy: Strategy
    consumers: tuple[str, ...]
    steps: tuple[PlanStep, ...]
    digest: str
    owner: Owner | None = None
    makes_room: str = ""


_HALF = 32
"""Hex digits of each half of a plan's digest."""


def plan_of(incident: Incident, secret: SecretState, *, at_once: bool = False) -> Plan:
    """The secret's current plan, or the one after a wish to revoke `at_once`. It is complete once the old key is
    captured.
    """
    entry = secret.entry
    parameters = tuple(part.parameter for part in entry.parts)
    consumers = tuple(consumer.function for consumer in entry.consumers)
    at_once = at_once or _at_once(secret)
    steps = tuple(_steps(incident, secret, at_once=at_once))
    strategy = Strategy.KILL_FIRST if at_once else secret.strategy
    return Plan(
        secret=entry.name,
        title=entry.title,
        provider=entry.provider,
        old_fingerprint=secret.old.fingerprint,
        old_key_id=secret.old.key_id,
        parameters=parameters,
        strategy=strategy,
        consumers=consumers,
        steps=steps,
        digest=end_of(incident, secret) + _whole(*_document(incident, secret, strategy, steps, at_once=at_once)),
        owner=secret.old.owner,
        makes_room=_makes_room(secret),
    )


def end_of(incident: Incident, secret: SecretState) -> str:
    """What is revoked, how and together with what: the first half of its plan's digest."""
    return _end(incident, secret, _fingerprint(secret), secret.old.key_id)


def same_end(incident: Incident, secret: SecretState, digest: str) -> bool:
    """Whether this plan's digest, or its first half, is of the very revocation that is planned now. It stays that when
    the value is captured, and with it the one key that it is.
    """
    end = digest[:_HALF]
    if end == end_of(incident, secret):
        return True
    before = (_end(incident, secret, known, "") for known in ("", _fingerprint(secret)))
    return (not secret.old.key_id or len(secret.old.candidates) == 1) and end in before


def _end(incident: Incident, secret: SecretState, fingerprint: str, key_id: str) -> str:
    owner = secret.old.owner.id if secret.old.owner is not None else ""
    what = (fingerprint, key_id, owner, secret.old.shared)
    return _half(incident.id, secret.name, secret.entry.provider, _revoking(secret), what)


@lru_cache(4096)
def _half(*end: Hashable) -> str:
    """Asked again and again of the same end: the half of its plan's digest."""
    return digest_of(end)[:_HALF]


@lru_cache(4096)
def _whole(*document: tuple[str, Hashable]) -> str:
    """The other half, likewise: of all that people agree to."""
    return digest_of(dict(document))[_HALF:]


def _fingerprint(secret: SecretState) -> str:
    return secret.old.fingerprint or secret.target.fingerprint


def same_plan(incident: Incident, secret: SecretState, digest: str) -> bool:
    """Whether this is the digest of today's plan."""
    return bool(digest) and digest == plan_of(incident, secret).digest


def waiting_plans(incident: Incident) -> dict[str, str]:
    """The plans that wait for a second person, by their digests; one that has changed since is asked about again."""
    plans = incident.request.plans if incident.request is not None else {}
    return {name: digest for name, digest in plans.items() if same_plan(incident, incident.secrets[name], digest)}


def turned_down(incident: Incident, secret: SecretState) -> bool:
    """Whether a second person rejected the current plan; log and thread say who, and why."""
    return same_plan(incident, secret, incident.rejected_plans.get(secret.name, ""))


def _document(
    incident: Incident, secret: SecretState, strategy: Strategy, steps: Iterable[PlanStep], *, at_once: bool
) -> Iterator[tuple[str, Hashable]]:
    """The data that people agree to, as names and values of JSON's types. `steps` are in order."""
    entry = secret.entry
    yield "incident", incident.id
    yield "secret", entry.name
    yield "provider", entry.provider
    yield "old_fingerprint", secret.old.fingerprint
    yield "old_key_id", secret.old.key_id
    yield "parameters", tuple(part.parameter for part in entry.parts)
    yield "strategy", strategy
    yield "replace", secret.new.wanted
    yield "consumers", tuple(consumer.function for consumer in entry.consumers)
    yield "steps", tuple((step.does, *step.subjects) for step in steps)
    if secret.old.owner is not None:
        yield "owner", secret.old.owner.id
    if value := brought(secret, at_once=at_once):
        yield "value", value


def _at_once(secret: SecretState) -> bool:
    """Whether the revocation does not wait for a new key: without an overlap, after a wish to revoke now, or if no
    new key is wanted.
    """
    return secret.strategy is Strategy.KILL_FIRST or secret.kill is not None or not secret.new.wanted


def brought(secret: SecretState, *, at_once: bool = False) -> str:
    """The value that a person brings, if it is in use once the old one is revoked: where it lies, then which."""
    able = secret.entry.capabilities
    if (at_once or _at_once(secret)) and not (able.swaps or able.revoke_needs_replacement):
        return ""
    return secret.new.inbox or (secret.new.fingerprint if secret.new.source == "person" else "")


def _steps(incident: Incident, secret: SecretState, *, at_once: bool) -> list[PlanStep]:
    allows = incident.playbook.allows
    kill = [PlanStep(_revoking(secret), secret.old.shared), PlanStep(Does.PROVE)] if allows(REVOKES) else []
    make = _making(secret) if secret.new.wanted and allows(MAKES) else [PlanStep(Does.KEEP_CURRENT)]
    if secret.entry.capabilities.swaps and secret.new.wanted and kill:
        return [make[0], *kill, *make[1:]]
    if at_once or not kill:
        return [*kill, *make]
    return [*make, PlanStep(Does.WAIT, (f"{incident.timings.overlap:g}",)), *kill]


def _revoking(secret: SecretState) -> Does:
    capabilities, owner = secret.entry.capabilities, secret.old.owner
    if owner is not None:
        return Does.DELETE_OWNER if owner.alone else Does.END_OWNER_BY_HAND
    match capabilities.revokes:
        case RevokedBy.MACHINE if capabilities.swaps:
            return Does.SWAP
        case RevokedBy.MACHINE if capabilities.deletes:
            return Does.SWITCH_OFF
        case RevokedBy.MACHINE:
            return Does.REVOKE
        case RevokedBy.ITSELF:
            return Does.SELF_REVOKE
        case RevokedBy.PERSON:
            return Does.REVOKE_BY_HAND


def _making(secret: SecretState) -> list[PlanStep]:
    entry = secret.entry
    match entry.capabilities.makes:
        case Makes.INSTALL if entry.capabilities.swaps:
            make = Does.PREPARE
        case Makes.ISSUE:
            make = Does.ISSUE
        case Makes.INSTALL:
            make = Does.INSTALL
        case Makes.PERSON:
            make = Does.MAKE_BY_HAND
    steps = [PlanStep(make), PlanStep(Does.VERIFY)]
    steps += [PlanStep(Does.STORE, (part.parameter,)) for part in entry.parts if part.secret]
    steps += [PlanStep(Does.REFRESH, (consumer.function,)) for consumer in entry.consumers]
    copies = tuple(f"{copy.name} ({copy.where})" for copy in entry.copies)
    return [*steps, PlanStep(Does.VERIFY_LIVE), *([PlanStep(Does.SETTLE_COPIES, copies)] if copies else [])]


def _makes_room(secret: SecretState) -> str:
    """Which key goes for the new one to have a place, as far as it is known and not done."""
    snapshot = secret.old.snapshot
    named = snapshot.facts.get(MAKES_ROOM, "") if snapshot is not None else ""
    return named if named != secret.new.made_room and not secret.new.staged else ""


def kill_wanted(secret: SecretState) -> bool:
    """Whether someone decided that the old key is to end without waiting for an overlap."""
    return secret.kill is not None or secret.glass is not None


def owner_kept(incident: Incident, secret: SecretState) -> bool:
    """Whether the plan to delete the key's owner with it was rejected; revoking it now asks again."""
    return secret.old.owner is not None and not secret.gone and turned_down(incident, secret)


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
    failed = incident.lane(old_lane(secret.name)).gave_up(Op.REVOKE)
    return failed or secret.old.overdue  # its provider had said revoked, and it did not take


def to_revoke_by_hand(incident: Incident, secret: SecretState) -> bool:
    """Whether it is still a person's to revoke: neither their word nor the provider's ends that, only refusals do."""
    return not secret.gone and not _refused(secret) and revoked_by_hand(incident, secret)


def being_checked(secret: SecretState) -> bool:
    """Whether someone said that it was revoked, and its provider has not contradicted that: it may still work."""
    return secret.old.claimed is not None and not secret.old.contradicted


def _refused(secret: SecretState) -> bool:
    """Whether it is refused since someone, or the machine, revoked it, though that may prove nothing."""
    return secret.old.refused_since or (secret.old.revoked_at is not None and secret.refused)
