"""What may outlive a dead key, for every face: each item of the checklist, who settled it and how, in plain words."""

from __future__ import annotations

from bot.incident.access.checks import checks_of
from bot.incident.model import Access, CheckOutcome, CopyOutcome
from bot.incident.state import Check, CopyState, Incident, SecretState
from bot.model.keys import Leftover
from bot.model.secrets import CopyKind
from bot.phrases.readers import left_words
from bot.phrases.states import capitalised
from bot.phrases.times import listed, moment

OUTCOMES = {CheckOutcome.CLEAR: "clear", CheckOutcome.HANDLED: "handled"}


def leftover_words(left: Leftover) -> str:
    """A thing that was found, by its name and id."""
    named = f"{left.name} ({left.id})" if left.name else left.id
    return named + (f", made {left.created_at:%Y-%m-%d %H:%M} UTC" if left.created_at else "")


def settled_words(check: Check) -> str:
    """How an item stands: ``OPEN: found backup (id-7)``, ``clear by API at …``, ``handled by anna at …: deleted``."""
    found = f"found {listed([leftover_words(left) for left in check.found])}" if check.found else ""
    if check.ended is None or check.outcome is None:
        return f"OPEN: {found}" if found else "OPEN: nobody has looked"
    who = "by API" if check.ended.name == "bot" else f"by {check.ended.name}"
    note = f": {check.note}" if check.note else ""
    seen = f" ({found})" if found else ""
    return f"{OUTCOMES[check.outcome]} {who} at {moment(check.ended.at)}{seen}{note}"


def access_words(incident: Incident, secret: SecretState) -> str:
    """Whether anything may still be open, in a sentence."""
    if secret.access is Access.CONTAINED:
        if left := left_words(incident, secret.name):
            return f"{capitalised(left)}."
        return "Access is contained: the old value is gone, and everything that could outlive it was looked at."
    return f"Access is {open_words(secret)}."


def open_words(secret: SecretState) -> str:
    """``not contained yet, 2 of 5 persistence checks open``, for what stands behind the word access."""
    what = str(checks_of([secret])) if secret.open_checks else "all checks ended"
    return f"not contained yet, {what}{'' if secret.gone else '; the old value is not proven dead'}"


# Copies of a secret beside its parameter: what became of each, in plain words, for every face.


KINDS = {
    CopyKind.CI: "CI secret",
    CopyKind.VERCEL: "Vercel variable",
    CopyKind.LAMBDA_VARIABLE: "Lambda variable",
    CopyKind.IMAGE: "image",
    CopyKind.BACKUP: "backup",
    CopyKind.REGION: "another region",
    CopyKind.ACCOUNT: "another account",
    CopyKind.OTHER: "other copy",
}
COPY_OUTCOMES = {
    CopyOutcome.UPDATED: "updated",
    CopyOutcome.PURGED: "purged",
    CopyOutcome.ACCEPTED: "OLD VALUE ACCEPTED there",
}


def copy_words(state: CopyState) -> str:
    """How a copy stands: ``OPEN``, ``updated by anna at …: set in both repositories``."""
    if state.settled is None or state.outcome is None:
        back = "OPEN: was updated to the new value, which was rolled back since"
        return back if state.updated_to else "OPEN: may still hold the old value"
    note = f": {state.note}" if state.note else ""
    return f"{COPY_OUTCOMES[state.outcome]} by {state.settled.name} at {moment(state.settled.at)}{note}"


def place_words(state: CopyState) -> str:
    """What and where it is: ``ci (CI secret): OPENAI_API_KEY of example/app``."""
    return f"{state.copy.name} ({KINDS[state.copy.kind]}): {state.copy.where}"
