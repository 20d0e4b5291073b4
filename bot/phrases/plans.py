"""What people read of a plan before they agree to it: a phrase for each step."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import assert_never

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


def _words(plan: Plan, step: PlanStep) -> str:
    at, subjects = provider_name(plan.provider), ", ".join(step.subjects)
    key = f" {plan.old_key_id}" if plan.old_key_id else ""
    owner = plan.owner.words if plan.owner is not None else ""
    match step.does:
        case Does.REVOKE:
            return f"revoke the old key{key} at {at}"
        case Does.SWAP:
            return f"put it in the place of the old one{key} at {at}, which ends that in the same moment"
        case Does.SWITCH_OFF:
            return f"switch off the old key{key} at {at}, and delete it once the investigation is over"
        case Does.SELF_REVOKE:
            return f"have the old value revoke itself at {at}"
        case Does.REVOKE_BY_HAND:
            return f"a person revokes the old key in {at}'s console"
        case Does.DELETE_OWNER:
            return f"delete, at {at}, {owner}: the old key ends only so"
        case Does.END_OWNER_BY_HAND:
            return f"a person ends the old key in {at}'s console: it ends only together with {owner}"
        case Does.PROVE:
            return "prove that the old value is refused, twice, while a control passes"
        case Does.KEEP_CURRENT:
            return "keep the current value: an older one leaked"
        case Does.PREPARE:
            return "make a new value and keep it ready"
        case Does.ISSUE:
            room = f", and delete the inactive key {plan.makes_room} first, to make room" if plan.makes_room else ""
            return f"issue a new key at {at}{room}"
        case Does.INSTALL:
            return f"make a new value and install it at {at}"
        case Does.MAKE_BY_HAND:
            return f"a person makes a new key in {at}'s console and brings it with `bot submit`"
        case Does.VERIFY:
            return "verify it"
        case Does.STORE:
            return f"store it in {subjects}"
        case Does.REFRESH:
            return f"refresh {subjects}"
        case Does.VERIFY_LIVE:
            return "verify it live"
        case Does.SETTLE_COPIES:
            return f"people update, purge or accept each copy: {subjects}"
        case Does.WAIT:
            seconds = float(subjects)
            length = f"{seconds / 60:g} minutes" if seconds >= 60 else f"{seconds:g} seconds"
            return f"wait {length}, both values accepted"
        case _:
            assert_never(step.does)


def superseded_words(names: tuple[str, ...]) -> str:
    """That people agreed to another plan than this one, as a sentence; empty where nobody did."""
    return f"{' and '.join(names)} agreed to an earlier plan: agree again" if names else ""


def approver_words(incident: Incident, secret: SecretState, now: datetime) -> str:
    """Who can agree to the plan of one secret now; empty where nobody has to."""
    basis = kill_basis(incident, secret, now)
    return basis.whom if isinstance(basis, MissingConsent) else ""


def if_failing_words(chosen: IfFailing) -> str:
    """What the plan says of failing consumers, as a phrase."""
    match chosen:
        case IfFailing.KEEP:
            return "if consumers fail, the old key is kept until people decide"
        case IfFailing.END:
            return "if consumers fail, the old key is ended all the same"
        case _:
            assert_never(chosen)


def proposal_words(what: str, subject: str, if_failing: IfFailing) -> str:
    """What is proposed, as a phrase."""
    if what == "strategy":
        return f"overlap for {subject} ({if_failing_words(if_failing)})"
    if what == "redaction":
        return f"taking people's words out of event {subject}"
    if what == "scopes":
        return f"rights of the new {subject}"
    return f"closing over {subject}"
