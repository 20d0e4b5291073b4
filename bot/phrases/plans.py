"""What people read of a plan before they agree to it: a phrase for each step."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.incident.approval.basis import MissingConsent, kill_basis
from bot.incident.approval.plan import ENDING, Does, Plan, PlanStep, plan_of
from bot.incident.approval.progress import is_done, is_half_done
from bot.incident.model import IfFailing
from bot.incident.state import Incident, SecretState
from bot.model.providers import provider_name


def step_words(plan: Plan) -> tuple[str, ...]:
    """The plan's steps in order, as plain text."""
    return tuple(_words(plan, step) + _shared(step) for step in plan.steps)


def _shared(step: PlanStep) -> str:
    """What else stops working with the old value."""
    return f"; {', '.join(step.subjects)} stops working too" if step.does in ENDING and step.subjects else ""


def steps_so_far(incident: Incident, secret: SecretState, now: datetime) -> Iterator[str]:
    """The steps of a secret's plan in order, as plain text, with what is over called done: nobody does it again.
    What is switched off and still to be deleted is called that.
    """
    plan = plan_of(incident, secret)
    for step, words in zip(plan.steps, step_words(plan), strict=True):
        done = "done" if is_done(incident, secret, step, now) else "switched off" if is_half_done(secret, step) else ""
        yield f"{words} ({done})" if done else words


_WORDS = {
    Does.REVOKE: "revoke the old key{key} at {at}",
    Does.SWAP: "put it in the place of the old one{key} at {at}, which ends that in the same moment",
    Does.SWITCH_OFF: "switch off the old key{key} at {at}, and delete it once the investigation is over",
    Does.SELF_REVOKE: "have the old value revoke itself at {at}",
    Does.REVOKE_BY_HAND: "a person revokes the old key in {at}'s console",
    Does.DELETE_OWNER: "delete, at {at}, {owner}: the old key ends only so",
    Does.END_OWNER_BY_HAND: "a person ends the old key in {at}'s console: it ends only together with {owner}",
    Does.PROVE: "prove that the old value is refused, twice, while a control passes",
    Does.KEEP_CURRENT: "keep the current value: an older one leaked",
    Does.PREPARE: "make a new value and keep it ready",
    Does.ISSUE: "issue a new key at {at}{room}",
    Does.INSTALL: "make a new value and install it at {at}",
    Does.MAKE_BY_HAND: "a person makes a new key in {at}'s console and brings it with `bot submit`",
    Does.VERIFY: "verify it",
    Does.STORE: "store it in {subjects}",
    Does.REFRESH: "refresh {subjects}",
    Does.VERIFY_LIVE: "verify it live",
    Does.SETTLE_COPIES: "people update, purge or accept each copy: {subjects}",
}


def _words(plan: Plan, step: PlanStep) -> str:
    subjects = ", ".join(step.subjects)
    if step.does is Does.WAIT:
        seconds = float(subjects)
        length = f"{seconds / 60:g} minutes" if seconds >= 60 else f"{seconds:g} seconds"
        return f"wait {length}, both values accepted"
    return _WORDS[step.does].format(
        at=provider_name(plan.provider),
        subjects=subjects,
        key=f" {plan.old_key_id}" if plan.old_key_id else "",
        owner=plan.owner.words if plan.owner is not None else "",
        room=f", and delete the inactive key {plan.makes_room} first, to make room" if plan.makes_room else "",
    )


def superseded_words(names: tuple[str, ...]) -> str:
    """That people agreed to another plan than this one, as a sentence; empty where nobody did."""
    return f"{' and '.join(names)} agreed to an earlier plan: agree again" if names else ""


def approver_words(incident: Incident, secret: SecretState, now: datetime) -> str:
    """Who can agree to the plan of one secret now; empty where nobody has to."""
    basis = kill_basis(incident, secret, now)
    return basis.whom if isinstance(basis, MissingConsent) else ""


_IF_FAILING = {
    IfFailing.KEEP: "if consumers fail, the old key is kept until people decide",
    IfFailing.END: "if consumers fail, the old key is ended all the same",
}


def if_failing_words(chosen: IfFailing) -> str:
    """What the plan says of failing consumers, as a phrase."""
    return _IF_FAILING[chosen]


def proposal_words(what: str, subject: str, if_failing: IfFailing) -> str:
    """What is proposed, as a phrase."""
    if what == "strategy":
        return f"overlap for {subject} ({if_failing_words(if_failing)})"
    if what == "redaction":
        return f"taking people's words out of event {subject}"
    if what == "scopes":
        return f"rights of the new {subject}"
    return f"closing over {subject}"
