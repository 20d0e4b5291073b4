"""Decisions on what may outlive the dead key: checks, copies, and who read the value."""

from __future__ import annotations

from collections.abc import Iterator

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.access.copies import copies_with_new, copy_digest, settle
from bot.incident.access.readers import account, principal_name, readers_of, unexpected
from bot.incident.commands import AccessAnswer, Asked, Events
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
    return settle(incident, body) if isinstance(body, c.SettleCopy) else account(incident, body)


def alone(answer: c.Act) -> str:
    """The subject of an answer that must be given alone: a finding, or a reader that no one can explain. Empty for an
    answer that may be given for several.
    """
    match answer:
        case c.EndCheck(secret, item, CheckOutcome.HANDLED):
            return f"“{item}” of {secret}"
        case c.AccountReader(principal, ReaderOutcome.UNEXPLAINED | ReaderOutcome.REMOVED):
            return principal_name(principal)
        case _:
            return ""


def _end_check(incident: Incident, body: c.EndCheck) -> Events:
    """Only what is seen after the key's death counts; what a use of it made is undone at once. A person may know better
    about what the machine read as clear.

    A check that was accepted open at the close can still be answered; one answered before stays as it was.
    """
    secret = secret_named(incident, body.secret)
    check = secret.checks.get(body.item)
    if check is None:
        known = ", ".join(secret.checks) or "none"
        raise Declined(f"{secret.name} has no item {body.item!r} to check. Its items: {known}.")
    if not check.open:
        demand_open(incident)
    if not secret.can_end(check):
        raise Declined(
            f"The old key of {secret.name} is not dead yet: an attacker can still leave something behind. "
            "Check once it is dead."
        )
    if body.seen and body.seen != check_digest(check):
        raise Declined(f"“{check.item}” of {secret.name} has changed since you saw it. Look again.")
    if check.ended is not None and check.outcome is body.outcome:
        raise Declined(f"“{check.item}” of {secret.name} was found {check.outcome} {when(check.ended)}.")
    return (e.CheckEnded(secret.name, check.item, body.outcome, _check_note(body, check), late=not incident.open),)


def _check_note(body: c.EndCheck, check: Check) -> str:
    if body.note.strip():
        return clean(body.note, "note")
    if body.outcome is CheckOutcome.HANDLED:
        raise Declined("Write in the note what was removed. The report quotes it.")
    if check.found:
        raise Declined(f"Something was found for “{check.item}”. Explain in the note why it may stay.")
    raise Declined(f"Write in the note who checked “{check.item}” and what they saw. The report quotes it.")


# Offers about what may outlive the dead key: checks, copies, and whose reads they were.


def checks(secret: SecretState) -> Iterator[Offer]:
    for check in secret.checks.values():
        for outcome in CheckOutcome:
            body = c.EndCheck(secret.name, check.item, outcome, "", check_digest(check))
            urgency = SENSIBLE if check.open and secret.can_end(check) else POSSIBLE
            reason = f"backdoor check: {check.item}"
            yield Offer(c.EndCheck, body, check.item, reason, RESPONDER, urgency, secret.name)


def copies(incident: Incident, secret: SecretState) -> Iterator[Offer]:
    """The old key cannot end at the end of an overlap while a copy may still be served by it."""
    held, back = bool(held_by_copies(incident, secret)), copies_with_new(secret)
    for state in secret.copies.values():
        words = _COPY_WORDS | (_AFTER_ROLL_BACK if state.copy.name in back else {})
        for outcome in CopyOutcome:
            body = c.SettleCopy(secret.name, state.copy.name, outcome, "", copy_digest(state))
            urgency = POSSIBLE if not state.open else NEEDED if held else SENSIBLE
            reason = f"{state.copy.where}: {words[outcome]}"
            yield Offer(c.SettleCopy, body, state.copy.name, reason, RESPONDER, urgency, secret.name)


_COPY_WORDS = {
    CopyOutcome.UPDATED: "once it has the new key",
    CopyOutcome.PURGED: "once no trace is left",
    CopyOutcome.ACCEPTED: "if the old key may stay there",
}
_AFTER_ROLL_BACK = {CopyOutcome.ACCEPTED: "once it has the old key again, or if it may fail with the new one"}


def readers(incident: Incident) -> Iterator[Offer]:
    for principal in sorted(readers_of(incident), key=lambda each: not unexpected(incident, each)):
        for outcome in ReaderOutcome:
            urgency = POSSIBLE if principal in incident.readers else SENSIBLE
            reason = f"{principal_name(principal)} read what leaked: identify this reader"
            body = c.AccountReader(principal, outcome)
            yield Offer(c.AccountReader, body, principal, reason, RESPONDER, urgency)
