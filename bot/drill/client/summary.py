"""What comes of a drill: the one object that it prints at its end, and the exit status that follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from bot.drill.client.debrief import Debrief, Measure
from bot.incident.model import Access, New, Old

CLOSED, FAILED, ALIVE = 0, 1, 3
"""Exit statuses: all done; something else went wrong; an old key works or is unproven, or a new one is not in place."""
IN_PLACE = frozenset({New.LIVE, New.UNCONFIRMED, New.NOT_NEEDED})


OLD_WORDS: Mapping[str, str] = {
    Old.ALIVE: "STILL WORKS",
    Old.REVOKING: "STILL WORKS",
    Old.REJECTED: "REJECTED, NOT CONFIRMED",
    Old.UNPROVEN: "REJECTED, NOT CONFIRMED",
    Old.ATTESTED: "REVOKED, NOT CONFIRMED",
    Old.DEAD: "DEAD",
}
NEW_WORDS: Mapping[str, str] = {
    New.LIVE: "IN USE",
    New.UNCONFIRMED: "IN USE, NOT CONFIRMED",
    New.FAILING: "FAILING",
    New.NOT_NEEDED: "not needed",
}


@dataclass(frozen=True)
class Hit:
    """A value seen at `place`; `value` are words for it, `form` how it was written. The value itself is not kept."""

    place: str
    value: str
    form: str


@dataclass(frozen=True)
class Leaks:
    """What was looked through, and what was found there."""

    places: tuple[str, ...]
    hits: tuple[Hit, ...]

    def document(self) -> dict[str, Any]:
        """`hits` is their number; `found` says where, if there are any."""
        found = [{"place": hit.place, "value": hit.value, "form": hit.form} for hit in self.hits]
        return {"places": list(self.places), "hits": len(found), **({"found": found} if found else {})}


@dataclass(frozen=True)
class ProofLine:
    """One probe: `subject` is ``old``, ``control`` or ``bystander``; `liveness` live, dead or unknown."""

    at: datetime
    subject: str
    liveness: str
    detail: str


@dataclass(frozen=True)
class CheckLine:
    """One item of the checklist: `outcome` is empty while it is open, `by` the bot where the API showed nothing."""

    item: str
    outcome: str
    by: str
    at: datetime | None
    note: str
    found: tuple[str, ...]


@dataclass(frozen=True)
class SecretLine:
    """One secret's outcome. Seconds count from the declaration; None: never."""

    name: str
    provider: str
    strategy: str
    target: str
    old_fingerprint: str
    new_fingerprint: str
    old: str
    new: str
    contain_seconds: float | None
    restore_seconds: float | None
    access: str
    left: str
    """What keeps access from being called contained though its checks have ended, as a phrase; empty: nothing does."""
    checks: tuple[CheckLine, ...]
    proof: tuple[ProofLine, ...]

    @property
    def words(self) -> str:
        """What became of both keys: ``DEAD after 0.6 s, new key IN USE after 1.7 s, access contained``."""
        old = f"{OLD_WORDS[self.old]}{_after(self.contain_seconds)}"
        in_use = _after(self.restore_seconds) if self.new != New.NOT_NEEDED else ""
        return f"{old}, new key {NEW_WORDS.get(self.new, 'NOT IN USE')}{in_use}, {self.access_words}"

    @property
    def access_words(self) -> str:
        """``access contained``, or what is true instead."""
        if self.left:
            return f"access not contained ({self.left})"
        return "access not contained yet" if self.access == Access.OPEN else f"access {self.access}"


@dataclass(frozen=True)
class ConsentLine:
    """Who agreed to what, as a second person."""

    at: datetime
    by: str
    what: str
    subjects: tuple[str, ...]


@dataclass(frozen=True)
class Summary:
    """What came of a drill. `report` and `decisions` are paths, empty if not written.

    `left_alone` are the catalog's other secrets, each with the reason why it was no part of the incident.
    """

    incident: str
    state: str
    steps: tuple[dict[str, str], ...]
    secrets: tuple[SecretLine, ...]
    page: dict[str, str]
    approvals: tuple[ConsentLine, ...]
    usage: dict[str, Any]
    report: str
    decisions: str
    events: int
    head: str
    leaks: Leaks
    seconds: float
    why_open: str = ""
    """What keeps an open incident from its close; empty for a closed one."""
    left_alone: tuple[dict[str, str], ...] = ()
    measures: tuple[Measure, ...] = ()
    """What the debrief compares with other drills."""
    debrief: Debrief | None = None
    rotation: dict[str, Any] | None = None
    """What came of the planned rotation beside the incident; None where none was practised."""

    departure: dict[str, Any] | None = None
    """What came of the departure after it; None where none was practised."""

    @property
    def exit_status(self) -> int:
        """3 while a key works, is unproven or not in place; 0 for a closed incident without leaks; 1 for the rest."""
        if any(secret.old != Old.DEAD or secret.new not in IN_PLACE for secret in self.secrets):
            return ALIVE
        rotated = self.rotation is None or self.rotation["state"] == "closed"
        return CLOSED if self.state == "closed" and rotated and not self.leaks.hits and self.secrets else FAILED

    def document(self) -> dict[str, Any]:
        """For JSON; times are ISO 8601 in UTC."""
        made: dict[str, Any] = _plain(asdict(self))
        return made | {"leaks": self.leaks.document()}


def _after(seconds: float | None) -> str:
    return "" if seconds is None else f" after {seconds:.1f} s"


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return value.isoformat()
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case _:
            return value
