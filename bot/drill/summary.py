"""The one object that a drill prints at its end, and the exit status that follows from it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from bot.drill.leaks import Leaks
from bot.incident.clocks import clocks
from bot.incident.events import OldProbed, PlanApproved, ProposalApproved, Recorded, SiblingsSeen, SnapshotTaken
from bot.incident.model import New, Old, Probe
from bot.incident.state import Check, Incident, SecretState
from bot.report.access import leftover_words

CLOSED, FAILED, ALIVE = 0, 1, 3
"""Exit statuses: all done; something else went wrong; an old key is alive or unproven, or a new one not in place."""
IN_PLACE = frozenset({New.LIVE, New.UNCONFIRMED, New.NOT_NEEDED})


@dataclass(frozen=True)
class ProofLine:
    """One look: `subject` is old, control or bystander; `liveness` live, dead or unknown."""

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
    checks: tuple[CheckLine, ...]
    proof: tuple[ProofLine, ...]


@dataclass(frozen=True)
class Consent:
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
    approvals: tuple[Consent, ...]
    usage: dict[str, Any]
    report: str
    decisions: str
    events: int
    head: str
    leaks: Leaks
    seconds: float
    left_alone: tuple[dict[str, str], ...] = ()

    @property
    def exit_status(self) -> int:
        """3 while anything is alive, unproven or not in place; 0 for a closed incident without leaks; 1 otherwise."""
        if any(secret.old != Old.DEAD or secret.new not in IN_PLACE for secret in self.secrets):
            return ALIVE
        return CLOSED if self.state == "closed" and not self.leaks.hits and self.secrets else FAILED

    def document(self) -> dict[str, Any]:
        """For JSON; times are ISO 8601 in UTC."""
        made: dict[str, Any] = _plain(asdict(self))
        return made | {"leaks": self.leaks.document()}


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


def summarise(incident: Incident, events: Sequence[Recorded], head: str, leaks: Leaks, seconds: float) -> Summary:
    """The summary of an incident from its state and its whole log."""
    principals = sorted({name for seen in incident.usage.values() for name in seen.principals})
    return Summary(
        incident=incident.id,
        state="open" if incident.open else "closed",
        steps=tuple({"id": step.definition.id, "state": str(step.state)} for step in incident.steps),
        secrets=tuple(_secret(incident, secret, events) for secret in incident.secrets.values()),
        page={"dedup_key": incident.id, "state": incident.page.word},
        approvals=tuple(_consents(events)),
        usage={"events": sum(seen.events for seen in incident.usage.values()), "principals": principals},
        report=incident.report.path,
        decisions=incident.report.decisions,
        events=len(events),
        head=head,
        leaks=leaks,
        seconds=round(seconds, 3),
    )


def _secret(incident: Incident, secret: SecretState, events: Sequence[Recorded]) -> SecretLine:
    times = clocks(incident, secret)
    return SecretLine(
        name=secret.name,
        provider=secret.entry.provider,
        strategy=str(secret.strategy),
        target=str(secret.target.kind),
        old_fingerprint=secret.old.fingerprint,
        new_fingerprint=secret.new.fingerprint,
        old=str(secret.old_state),
        new=str(secret.new_state),
        contain_seconds=times.contain_seconds,
        restore_seconds=times.restore_seconds,
        access=str(secret.access),
        checks=tuple(_check(check) for check in secret.checks.values()),
        proof=tuple(_proof(secret.name, events)),
    )


def _check(check: Check) -> CheckLine:
    return CheckLine(
        item=check.item,
        outcome=str(check.outcome or ""),
        by=check.ended.name if check.ended else "",
        at=check.ended.at if check.ended else None,
        note=check.note,
        found=tuple(leftover_words(left) for left in check.found),
    )


def _proof(name: str, events: Sequence[Recorded]) -> Iterator[ProofLine]:
    """The baseline first, then every probe with its control and the bystanders that were looked at with it."""
    for recorded in events:
        match recorded.event:
            case SnapshotTaken(_, secret, probe=probe) if secret == name:
                yield _line(recorded.at, "old", probe)
            case OldProbed(_, secret, probe, control, bystanders) if secret == name:
                yield _line(recorded.at, "old", probe)
                if control is not None:
                    yield _line(recorded.at, "control", control)
                for bystander in bystanders:
                    yield _line(recorded.at, "bystander", bystander)
            case SiblingsSeen(secret=secret, probes=probes) if secret == name:
                for bystander in probes:
                    yield _line(recorded.at, "bystander", bystander)
            case _:
                pass


def _line(at: datetime, subject: str, probe: Probe) -> ProofLine:
    named = probe.subject.partition(": ")[2] or ("" if probe.subject == "old" else probe.subject)
    return ProofLine(at, subject, probe.liveness, f"{named}: {probe.detail}" if named else probe.detail)


def _consents(events: Sequence[Recorded]) -> Iterator[Consent]:
    for recorded in events:
        match recorded.event:
            case PlanApproved(plans):
                yield Consent(recorded.at, recorded.actor, "plan", tuple(plans))
            case ProposalApproved(number):
                yield Consent(recorded.at, recorded.actor, "proposal", (str(number),))
            case _:
                pass
