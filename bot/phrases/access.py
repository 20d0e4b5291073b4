"""What may outlive a dead key, in plain words for every face: each check, and who answered it how."""

from __future__ import annotations

from bot.incident.access.checks import checks_of
from bot.incident.model import BOT, Access, CheckOutcome, CopyOutcome
from bot.incident.state import Check, CopyState, Incident, SecretState
from bot.model.keys import Leftover
from bot.model.secrets import CopyKind
from bot.phrases.readers import left_words
from bot.phrases.states import capitalised
from bot.phrases.times import listed, moment

OUTCOMES = {CheckOutcome.CLEAR: "clear", CheckOutcome.HANDLED: "handled"}
UNDONE = {CheckOutcome.CLEAR: "ours", CheckOutcome.HANDLED: "undone"}
"""The same for what a use of the leaked key made."""


def leftover_words(left: Leftover) -> str:
    """A thing that was found, by its name and id: ``backup (id-7), made 2026-11-25 03:10 UTC by user/ci``."""
    named = f"{left.name} ({left.id})" if left.name else left.id
    by = f" by {left.by}" if left.by else ""
    return named + (f", made {left.created_at:%Y-%m-%d %H:%M} UTC{by}" if left.created_at else "")


def settled_words(check: Check) -> str:
    """The state of a check: ``OPEN: found backup (id-7)``, ``clear by API at …``, ``handled by anna at …: deleted``."""
    found = f"found {listed([leftover_words(left) for left in check.found])}" if check.found else ""
    if check.ended is None or check.outcome is None:
        return f"OPEN: {found}" if found else "OPEN: not checked yet"
    who = "by API" if check.ended.name == "bot" else f"by {check.ended.name}"
    note = f": {check.note}" if check.note else ""
    seen = f" ({found})" if found else ""
    if check.undo is None:
        return f"{OUTCOMES[check.outcome]} {who} at {moment(check.ended.at)}{seen}{note}"
    said = "the bot" if check.ended.name == BOT.name else check.ended.name
    gone = f"; the bot saw at {moment(check.read_at)} that it is gone" if check.seen_gone and check.read_at else ""
    return f"{UNDONE[check.outcome]}, as {said} said at {moment(check.ended.at)}{gone}{seen}{note}"


def access_words(incident: Incident, secret: SecretState) -> str:
    """Whether anything may still be open, in a sentence."""
    if secret.access is Access.CONTAINED:
        if left := left_words(incident, secret.name):
            return f"{capitalised(left)}."
        return "Access is contained: the old key is dead, and everything that could outlive it was checked."
    return f"Access is {open_words(secret)}."


def open_words(secret: SecretState) -> str:
    """``not contained yet, 2 of 5 backdoor checks open``, after the word access."""
    what = str(checks_of([secret])) if secret.open_checks else "all checks done"
    return f"not contained yet, {what}{'' if secret.gone else '; the old key is not dead yet'}"


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
    CopyOutcome.ACCEPTED: "OLD KEY STILL ACCEPTED there",
}


def copy_words(state: CopyState) -> str:
    """The state of a copy: ``OPEN``, ``updated by anna at …: set in both repositories``."""
    if state.settled is None or state.outcome is None:
        back = "OPEN: was updated to the new key, which was rolled back since"
        return back if state.updated_to else "OPEN: may still hold the old key"
    note = f": {state.note}" if state.note else ""
    return f"{COPY_OUTCOMES[state.outcome]} by {state.settled.name} at {moment(state.settled.at)}{note}"


def place_words(state: CopyState) -> str:
    """A copy's kind and place: ``ci (CI secret): OPENAI_API_KEY of example/app``."""
    return f"{state.copy.name} ({KINDS[state.copy.kind]}): {state.copy.where}"
