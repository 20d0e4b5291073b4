"""Offers about what may outlive the dead key: checks, copies, and whose reads they were."""

from __future__ import annotations

from collections.abc import Iterator

from bot.incident import commands as c
from bot.incident.access.copies import copies_with_new, copy_digest
from bot.incident.access.readers import principal_name, readers_of
from bot.incident.model import CheckOutcome, CopyOutcome, ReaderOutcome
from bot.incident.offer import NEEDED, POSSIBLE, RESPONDER, SENSIBLE, Offer
from bot.incident.overlap.rules import held_by_copies
from bot.incident.state import Incident, SecretState
from bot.incident.steps.rules import check_digest


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
    for principal in readers_of(incident):
        for outcome in ReaderOutcome:
            urgency = POSSIBLE if principal in incident.readers else SENSIBLE
            reason = f"{principal_name(principal)} read what leaked: say whose reads these were"
            body = c.AccountReader(principal, outcome)
            yield Offer(c.AccountReader, body, principal, reason, RESPONDER, urgency)
