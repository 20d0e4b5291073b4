"""A drill's summary, made from the incident's state and its whole log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from bot.drill.client.summary import CheckLine, ConsentLine, Leaks, ProofLine, SecretLine, Summary
from bot.incident.clocks import clocks
from bot.incident.events import OldProbed, PlanApproved, ProposalApproved, Recorded, SiblingsSeen, SnapshotTaken
from bot.incident.model import Access
from bot.incident.state import Check, Incident, SecretState
from bot.model.probes import Probe
from bot.phrases.access import leftover_words
from bot.phrases.readers import lacking_words


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
        left=lacking_words(incident, secret.name) if secret.access is Access.CONTAINED else "",
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
    """The baseline first, then every probe with its comparison key and the siblings that were probed with it."""
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


def _consents(events: Sequence[Recorded]) -> Iterator[ConsentLine]:
    for recorded in events:
        match recorded.event:
            case PlanApproved(plans):
                yield ConsentLine(recorded.at, recorded.actor, "plan", tuple(plans))
            case ProposalApproved(number):
                yield ConsentLine(recorded.at, recorded.actor, "proposal", (str(number),))
            case _:
                pass
