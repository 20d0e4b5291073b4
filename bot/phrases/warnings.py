"""The head of a report, in words: the danger first, in capitals, then its subject."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.incident.model import OPERATOR, New, Old
from bot.incident.old_value.rules import own_words
from bot.incident.state import Incident, SecretState
from bot.phrases.secrets import OLD_LABELS, claim_words, not_restored
from bot.phrases.times import few, listed, moment

WITHOUT_SLACK = "WITHOUT SLACK: the person declaring did not trust it, so nothing was posted there."
UNPROVEN = "an operator at the worker's host, IDENTITY UNPROVEN,"


def accepted(items: Sequence[str], name: str, reason: str) -> str:
    """What was open at the close, each in the words that were accepted."""
    return f"CLOSED WITH OPEN ITEMS: {'; '.join(items)}. Accepted by {name}: {reason}"


def declined(titles: Sequence[str], name: str, reason: str) -> str:
    return f"NOT DONE, DECLINED: {few(titles)}. Declined by {name}: {reason}"


def own_credential(incident: Incident, secret: SecretState) -> str:
    return f"THE BOT'S OWN CREDENTIAL: {secret.name}, and {own_words(secret.own, planned=incident.routine)}"


def undecided(data: Sequence[str], due: datetime, now: datetime) -> str:
    """`data`: the kinds that the keys open; where they open none, something else asks for a notice."""
    late = "WAS due" if due <= now else "is due"
    about = f"{listed(list(data))} data; " if data else ""
    return f"NO DECISION ON NOTIFICATION: {about}it {late} by {moment(due)}."


def broken(actor: str, secret: str, reason: str) -> str:
    """Who broke the glass, for which key, and why."""
    who = UNPROVEN if actor == OPERATOR else actor
    return f"{who} broke the glass to revoke {secret} without a second approver: {reason}"


def reviewed(said: str, verdicts: Sequence[tuple[str, str]]) -> str:
    """`verdicts`: who reviewed it, and what each found."""
    found = ". ".join(f"Reviewed by {name}: {verdict}" for name, verdict in verdicts)
    return f"Broken glass, reviewed: {said}. {found}"


def old_value(secret: SecretState) -> str:
    """The warning about a key that is not dead; empty for a dead one."""
    name, old, label = secret.name, secret.old, OLD_LABELS[secret.old_state]
    match secret.old_state:
        case Old.ALIVE:
            how = f"was {claim_words(secret)}" if old.claimed is not None else "has not been revoked"
            return f"{label}: the old key of {name} {how}."
        case Old.REVOKING:
            how = claim_words(secret) if old.revoked_at is None else "revoked"
            return f"{label}: the old key of {name} was {how}; assume it still works."
        case Old.REJECTED | Old.UNPROVEN:
            return f"{label}: the old key of {name}. Assume it still works."
        case Old.ATTESTED if old.attested is not None:
            return f"VOUCHED DEAD, not confirmed: {old.attested.name} says that the old key of {name} is dead."
        case _:
            return ""


def not_contained(secret: SecretState) -> str:
    items = listed([check.item for check in secret.open_checks])
    return f"ACCESS NOT CONTAINED: backdoor checks of {secret.name} are open: {items}."


def reappeared(secret: SecretState) -> str:
    places = listed(secret.old.reappeared)
    return f"BACK AGAIN: the old key of {secret.name} is in {places} again."


def lacking(incident: Incident, secret: SecretState) -> str:
    if secret.new_state is New.NONE:
        return f"NOT RESTORED: no new key of {secret.name} yet."
    about = f"{secret.name}:" if secret.new_state is New.UNKNOWN else f"the new key of {secret.name} is"
    return f"NOT RESTORED: {about} {not_restored(incident, secret)}."


def copies_open(secret: SecretState, places: Sequence[str]) -> str:
    return f"COPIES NOT ANSWERED: the old key of {secret.name} may still be in {listed(list(places))}."


def copy_kept(secret: SecretState, name: str, place: str, note: str) -> str:
    return f"COPY ACCEPTED: {name} accepts that the old key of {secret.name} stays in {place}: {note}"


def another(secret: SecretState) -> str:
    """The warning about an assumed target that was compared since."""
    assert secret.compared is not None
    compared = f"compared by {secret.compared.name} at {moment(secret.compared.at)}: does not match"
    return f"WRONG TARGET: the leaked key is not the assumed one of {secret.name}, {compared}."


def assumed(names: Sequence[str]) -> str:
    """One line for all of them, so that a leaked `.env` does not bury the rest of the head."""
    keys = "key is" if len(names) == 1 else "keys are"
    return f"NOT VERIFIED: that the revoked {keys} the leaked {few(names)}."
