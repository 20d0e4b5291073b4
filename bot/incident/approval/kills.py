"""Decisions on revoking a leaked key: revocation, break-glass and its review."""

from __future__ import annotations

from collections.abc import Iterable

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.approval.basis import MissingConsent, consenting, kill_basis, one_is_enough, slot_wanted
from bot.incident.approval.plan import plan_of, same_end, same_plan
from bot.incident.changes import replace
from bot.incident.commands import Asked, Events
from bot.incident.model import Actor, By, Right
from bot.incident.overlap.strategy import harm
from bot.incident.refusals import Declined, clean, demand, secret_named, when
from bot.incident.shown import digest_of
from bot.incident.state import Basis, Consent, Incident, SecretState
from bot.incident.two_people import demand_listed
from bot.model.secrets import SecretEntry

UNNAMED = "Name the plan by its digest, so you decide on the plan you saw."
CHANGED = "The plan changed since it was shown. Look at the new one, then decide."


def kill_now(incident: Incident, body: c.KillNow, asked: Asked) -> Events:
    """Never refused as stale: a revocation in progress or done is reported so, and a missing one is requested, for any
    plan that the person saw. A waiting one is requested again if that adds a consent of another person, or one of the
    `free` revocations by one responder.
    """
    secret = secret_named(incident, body.secret)
    if secret.gone or secret.old.revoked_at is not None:
        how = f"Revoked {secret.old.revoked_detail}. " if secret.old.revoked_detail else ""
        raise Declined(f"{secret.name}: the old key is {secret.old_state}. {how}Nothing more to revoke.")
    if secret.dies_in_company:
        raise Declined(_in_company(secret))
    if secret.revoked_by_person:
        raise Declined(
            f"{secret.name} can only be revoked by a person: {secret.by_hand.revoke or secret.by_hand.console} "
            "Then press “I revoked it”."
        )
    if not body.digest:
        raise Declined(UNNAMED)
    wanted = kill_asked(incident, secret, asked, body.digest)
    if secret.kill is not None:
        basis = kill_basis(incident, secret, asked.at)
        if isinstance(basis, Basis):
            raise Declined(f"{secret.name}: the revocation was requested {when(by_of(secret.kill))} and is under way.")
        if not wanted.slot and not _counts(incident, secret, basis, asked, body.digest):
            changed = "" if same_plan(incident, secret, body.digest) else f" {CHANGED}"
            asked_for = f"{secret.name}: the revocation was requested {when(by_of(secret.kill))}."
            raise Declined(f"{asked_for} {_waits(basis)}{changed}")
    return (wanted,)


def kill_asked(incident: Incident, secret: SecretState, asked: Asked, seen: str = "") -> e.KillRequested:
    """The event of this responder's decision: whether it takes a slot, and the plan that they have `seen`, by its
    digest: today's, where by changing it they have made it.
    """
    wanted = secret
    if secret.kill is None:
        wanted = replace(secret, kill=Consent(asked.actor.name, asked.at, asked.actor.rights))
    slot = asked.free > 0 and slot_wanted(incident, wanted, asked.at)
    plan = seen or plan_of(incident, secret, at_once=True).digest
    return e.KillRequested(secret.name, slot=slot, plan=plan, rights=asked.actor.recorded)


def _counts(incident: Incident, secret: SecretState, missing: MissingConsent, asked: Asked, seen: str) -> bool:
    """Whether the actor's consent adds to a waiting revocation: as the one responder, or as another one of two."""
    alone = not missing.why and same_end(incident, secret, seen)
    return alone or (same_plan(incident, secret, seen) and adds(incident, secret, asked))


def kills_declared(entries: tuple[SecretEntry, ...], actor: Actor, free: int, *, asks: bool) -> Events:
    """A responder who declares revoke-first has decided the revocation. If slots are few, the most harmful secrets take
    them; `asks`: the playbook always asks for a second person.
    """
    alone = [entry for entry in entries if not asks and one_is_enough(entry)]
    taking = {entry.name for entry in sorted(alone, key=harm, reverse=True)[: max(free, 0)]}
    return tuple(e.KillRequested(entry.name, slot=entry.name in taking, rights=actor.recorded) for entry in entries)


def adds(incident: Incident, secret: SecretState, asked: Asked) -> bool:
    """Whether the actor's consent is not counted yet."""
    return all(given.name != asked.actor.name for given in consenting(incident, secret, asked.at))


def _waits(missing: MissingConsent) -> str:
    if not missing.why:
        return f"{missing.whom} must decide on it as it is now."
    return f"It needs a second approver, because {missing.why}: {missing.whom}."


def by_of(given: Consent) -> By:
    return By(given.name, given.at)


def _in_company(secret: SecretState) -> str:
    assert secret.old.owner is not None
    return (
        f"{secret.entry.provider} revokes {secret.name} only together with {secret.old.owner.words}. The bot does "
        "not do that because other working keys would be revoked too. Move those, or revoke it in "
        f"{secret.by_hand.console}, then press “I revoked it”."
    )


def break_glass(incident: Incident, body: c.BreakGlass) -> Events:
    """Kills without the second person, and does nothing else."""
    reason = clean(body.reason, "reason")
    if not body.shown:
        raise Declined("Break-glass names the secrets to revoke.")
    alive = []
    for name, seen in body.shown.items():
        secret = secret_named(incident, name)
        if secret.revoked_by_person:
            raise Declined(f"{name} can only be revoked by a person, in {secret.by_hand.console}.")
        if secret.old.owner is not None:
            raise Declined(
                f"{name} is revoked only together with {secret.old.owner.words}. Breaking glass revokes a key and "
                "nothing more. This deletes more, so a second person must approve the plan."
            )
        if secret.gone or secret.old.revoked_at is not None or secret.glass is not None:
            continue
        if not same_end(incident, secret, seen):
            raise Declined(f"{name}: {CHANGED}")
        alive.append(name)
    if not alive:
        raise Declined("All of these are dead or being revoked. Glass was not broken.")
    return (e.GlassBroken(tuple(alive), reason),)


def review_glass(incident: Incident, body: c.ReviewGlass, actor: Actor) -> Events:
    """Another person than the one who broke it records the findings; two people if an account without an entry broke
    it.

    The review is owed in an open and in a closed incident.
    """
    if not actor.may(Right.APPROVE):
        demand(actor, Right.COMMAND)
    demand_listed(actor)
    verdict = clean(body.verdict, "verdict")
    broken = unreviewed(incident, body.secrets)
    if not broken:
        raise Declined("No broken glass to review here.")
    others = tuple(secret.name for secret in broken if actor.name not in secret.in_the_glass)
    if not others:
        raise Declined(f"{actor.name} broke the glass or has already reviewed it. Another person must review it.")
    if body.digest != glass_digest(incident, body.secrets):
        raise Declined("More glass was broken or reviewed since you saw this. Look again, then decide.")
    return (e.GlassReviewed(others, verdict),)


def unreviewed(incident: Incident, names: Iterable[str] = ()) -> list[SecretState]:
    """The ones of these secrets, or of all, whose broken glass was not reviewed yet."""
    named = [secret_named(incident, name) for name in dict.fromkeys(names)] or list(incident.secrets.values())
    return [secret for secret in named if secret.reviewers_missing]


def glass_digest(incident: Incident, names: Iterable[str] = ()) -> str:
    """The digest of what a reviewer sees: the secrets, the time, the author, and earlier reviews."""
    broken = [
        (s.name, s.broken.at.isoformat(), sorted(s.in_the_glass)) for s in unreviewed(incident, names) if s.broken
    ]
    return digest_of([incident.id, broken])
