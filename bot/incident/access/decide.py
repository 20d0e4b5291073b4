"""Decisions on what may outlive the dead key: checks, copies, and who read the value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.access.copies import copies_with_new, copy_digest, settle
from bot.incident.access.readers import account, principal_name, readers_of, unexpected
from bot.incident.asked import Asked, Events
from bot.incident.commands import AccessAnswer
from bot.incident.model import CheckOutcome, CopyOutcome, ReaderOutcome, Right
from bot.incident.offer import NEEDED, POSSIBLE, RESPONDER, SENSIBLE, Offer
from bot.incident.overlap.rules import held_by_copies
from bot.incident.refusals import Declined, clean, demand, demand_open, demand_responder, secret_named, when
from bot.incident.state import Check, Incident, SecretState
from bot.incident.steps.rules import check_digest


def decide(incident: Incident, body: AccessAnswer, asked: Asked) -> Events:
    if isinstance(body, c.EndCheck):
        demand(asked.actor, Right.RESPOND)
        return _end_check(incident, body)
    demand_responder(incident, asked.actor)
    match body:
        case c.SettleCopy():
            return settle(incident, body)
        case c.AccountReader():
            return account(incident, body)
        case _:
            assert_never(body)


def alone(answer: c.Act) -> str:
    """What it is about, where that is said of one matter by itself: something was found there, or nobody can explain a
    reader. Empty for what may be said of several at once.
    """
    match answer:
        case c.EndCheck(secret, item, CheckOutcome.HANDLED):
            return f"“{item}” of {secret}"
        case c.AccountReader(principal, ReaderOutcome.UNEXPLAINED | ReaderOutcome.REMOVED):
            return principal_name(principal)
        case _:
            return ""


def _end_check(incident: Incident, body: c.EndCheck) -> Events:
    """Only what is seen after the key's death counts. What the machine read as clear a person may still know better.

    What is open after the close was accepted there, and may still be ended; what had ended stays as it was closed over.
    """
    secret = secret_named(incident, body.secret)
    check = secret.checks.get(body.item)
    if check is None:
        known = ", ".join(secret.checks) or "none"
        raise Declined(f"{secret.name} has no item {body.item!r} to check. Its items: {known}.")
    if not check.open:
        demand_open(incident)
    if not secret.gone:
        raise Declined(
            f"The old value of {secret.name} is {secret.old_state}: whoever has it can still leave something behind. "
            "Check once it is dead."
        )
    if body.seen and body.seen != check_digest(check):
        raise Declined(f"“{check.item}” of {secret.name} has changed since this was shown to you: look again.")
    if check.ended is not None and check.outcome is body.outcome:
        raise Declined(f"“{check.item}” of {secret.name} was found {check.outcome} {when(check.ended)}.")
    return (e.CheckEnded(secret.name, check.item, body.outcome, _check_note(body, check), late=not incident.open),)


def _check_note(body: c.EndCheck, check: Check) -> str:
    if body.note.strip():
        return clean(body.note, "note")
    if body.outcome is CheckOutcome.HANDLED:
        raise Declined("Say in the note what was removed: the report quotes it.")
    if check.found:
        raise Declined(f"Something was found for “{check.item}”: say in the note why it may stay.")
    raise Declined(f"Say in the note who looked at “{check.item}”, and what they saw: the report quotes it.")


# Offers about what may outlive the dead key: checks, copies, and whose reads they were.


def checks(secret: SecretState) -> Iterator[Offer]:
    for check in secret.checks.values():
        for outcome in CheckOutcome:
            body = c.EndCheck(secret.name, check.item, outcome, "", check_digest(check))
            urgency = SENSIBLE if check.open and secret.gone else POSSIBLE
            reason = f"persistence check: {check.item}"
            yield Offer(c.EndCheck, body, check.item, reason, RESPONDER, urgency, secret.name)


def copies(incident: Incident, secret: SecretState) -> Iterator[Offer]:
    """The old value cannot end at the end of an overlap while a copy may still be served by it."""
    held, back = bool(held_by_copies(incident, secret)), copies_with_new(secret)
    for state in secret.copies.values():
        words = _COPY_WORDS | (_AFTER_ROLL_BACK if state.copy.name in back else {})
        for outcome in CopyOutcome:
            body = c.SettleCopy(secret.name, state.copy.name, outcome, "", copy_digest(state))
            urgency = POSSIBLE if not state.open else NEEDED if held else SENSIBLE
            reason = f"{state.copy.where}: {words[outcome]}"
            yield Offer(c.SettleCopy, body, state.copy.name, reason, RESPONDER, urgency, secret.name)


_COPY_WORDS = {
    CopyOutcome.UPDATED: "once it has the new value",
    CopyOutcome.PURGED: "once nothing of it is left",
    CopyOutcome.ACCEPTED: "if the old value may stay there",
}
_AFTER_ROLL_BACK = {CopyOutcome.ACCEPTED: "once it has the old value again, or if it may fail with the new one"}


def readers(incident: Incident) -> Iterator[Offer]:
    for principal in sorted(readers_of(incident), key=lambda each: not unexpected(incident, each)):
        for outcome in ReaderOutcome:
            urgency = POSSIBLE if principal in incident.readers else SENSIBLE
            reason = f"{principal_name(principal)} read what leaked: say whose reads these were"
            body = c.AccountReader(principal, outcome)
            yield Offer(c.AccountReader, body, principal, reason, RESPONDER, urgency)
