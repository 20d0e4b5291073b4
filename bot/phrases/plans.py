"""The words of a plan that people read before they agree to it: a phrase for each step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.incident.approval.basis import MissingConsent, kill_basis
from bot.incident.approval.plan import ENDING, Does, Plan, PlanStep, plan_of
from bot.incident.approval.progress import is_done, is_half_done
from bot.incident.state import Incident, SecretState
from bot.model.providers import provider_name
from bot.phrases.times import listed


def step_words(plan: Plan) -> tuple[str, ...]:
    """The plan's steps in order, as plain text."""
    return tuple(_words(plan, step) + _shared(step) for step in plan.steps)


def _shared(step: PlanStep) -> str:
    """What else stops working with the old key."""
    if step.does not in ENDING or not step.subjects:
        return ""
    return f"; {listed(step.subjects)} {'stops' if len(step.subjects) == 1 else 'stop'} working too"


@dataclass(frozen=True)
class StepSoFar:
    """A step of a plan as plain text, with the mark of a finished one."""

    words: str
    done: bool


def steps_so_far(incident: Incident, secret: SecretState, now: datetime) -> Iterator[StepSoFar]:
    """The steps of a secret's plan in order. A key that is switched off and will be deleted is named so."""
    plan = plan_of(incident, secret)
    for step, words in zip(plan.steps, step_words(plan), strict=True):
        done = is_done(incident, secret, step, now)
        mark = " (done)" if done else " (switched off)" if is_half_done(secret, step) else ""
        yield StepSoFar(f"{words}{mark}", done)


_WORDS = {
    Does.REVOKE: "revoke the old key{key} at {at}",
    Does.SWAP: "replace the old key{key} at {at}, which revokes it at the same time",
    Does.SWITCH_OFF: "switch off the old key{key} at {at}; delete it once the investigation ends",
    Does.SELF_REVOKE: "let the old key revoke itself at {at}",
    Does.REVOKE_BY_HAND: "a person revokes the old key in {at}'s console",
    Does.DELETE_OWNER: "delete, at {at}, {owner}: the only way to revoke the old key",
    Does.END_OWNER_BY_HAND: "a person revokes the old key in {at}'s console: only possible together with {owner}",
    Does.PROVE: "confirm that it is dead",
    Does.KEEP_CURRENT: "keep the current key: an older one leaked",
    Does.PREPARE: "make a new key and keep it ready",
    Does.ISSUE: "issue a new key at {at}{room}",
    Does.INSTALL: "make a new key and install it at {at}",
    Does.MAKE_BY_HAND: "a person makes a new key in {at}'s console and hands it over",
    Does.VERIFY: "verify it",
    Does.STORE: "store it in {subjects}",
    Does.REFRESH: "refresh {subjects}",
    Does.VERIFY_LIVE: "check it with its consumers",
    Does.SETTLE_COPIES: "people update, purge or accept each copy: {subjects}",
}


def _words(plan: Plan, step: PlanStep) -> str:
    subjects = ", ".join(step.subjects)
    if step.does is Does.WAIT:
        seconds = float(subjects)
        length = f"{seconds / 60:g} minutes" if seconds >= 60 else f"{seconds:g} seconds"
        return f"wait {length} with both keys accepted"
    return _WORDS[step.does].format(
        at=provider_name(plan.provider),
        subjects=subjects,
        key=f" {plan.old_key_id}" if plan.old_key_id else "",
        owner=plan.owner.words if plan.owner is not None else "",
        room=f", and delete the inactive key {plan.makes_room} first, to make room" if plan.makes_room else "",
    )


def superseded_words(names: tuple[str, ...]) -> str:
    """That people agreed to another plan than this one, as a sentence; empty if no one did."""
    return f"{' and '.join(names)} agreed to an earlier plan: agree again" if names else ""


def approver_words(incident: Incident, secret: SecretState, now: datetime) -> str:
    """Who can agree to the plan of one secret now; empty if it needs no agreement."""
    basis = kill_basis(incident, secret, now)
    return basis.whom if isinstance(basis, MissingConsent) else ""


IF_FAILING = "if consumers fail, the old key is kept until people decide"
"""What an overlap means for the old key."""
