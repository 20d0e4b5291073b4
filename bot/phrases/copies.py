"""Copies of a secret beside its parameter: what became of each, in plain words, for every face."""

from __future__ import annotations

from bot.incident.access.state import CopyState
from bot.incident.model import CopyOutcome
from bot.model.secrets import CopyKind
from bot.phrases.times import moment

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
OUTCOMES = {
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
    return f"{OUTCOMES[state.outcome]} by {state.settled.name} at {moment(state.settled.at)}{note}"


def place_words(state: CopyState) -> str:
    """What and where it is: ``ci (CI secret): OPENAI_API_KEY of example/app``."""
    return f"{state.copy.name} ({KINDS[state.copy.kind]}): {state.copy.where}"
