"""The evidence in the log that an old key is dead, and what is missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.incident import events as e
from bot.incident.model import Old
from bot.incident.old_value.rules import effective
from bot.incident.state import Incident, SecretState
from bot.model.probes import Probe
from bot.phrases.secrets import PROBE_LABELS, claim_words
from bot.phrases.times import counted, duration, listed, moment
from bot.report.facts import Entry, Fact, entries, seqs


@dataclass(frozen=True)
class ProbeRow:
    """One probe of a credential. `subject` is ``old``, ``control: …`` or ``another key of the account: …``."""

    seq: int
    at: datetime
    subject: str
    liveness: str
    detail: str


@dataclass(frozen=True)
class Proof:
    """`rows` are all the looks, in order."""

    facts: tuple[Fact, ...]
    missing: tuple[Fact, ...]
    rows: tuple[ProbeRow, ...]


def proof_of(incident: Incident, secret: SecretState, events: Sequence[e.Recorded]) -> Proof:
    return Proof(
        facts=tuple(_facts(secret, events)),
        missing=tuple(_missing(incident, secret, events)),
        rows=tuple(_rows(secret, events)),
    )


def _rows(secret: SecretState, events: Sequence[e.Recorded]) -> Iterator[ProbeRow]:
    for recorded in events:
        match recorded.event:
            case e.SnapshotTaken(secret=name) as taken if name == secret.name:
                yield _row(recorded, taken.probe)
            case e.OldProbed(secret=name) as probed if name == secret.name:
                yield _row(recorded, probed.probe)
                if probed.control is not None:
                    yield _row(recorded, probed.control)
                yield from (_row(recorded, bystander) for bystander in probed.bystanders)
            case e.SiblingsSeen(secret=name) as seen if name == secret.name:
                yield from (
                    _row(recorded, replace(each, subject=f"another key of the account: {each.subject}"))
                    for each in seen.probes
                )
            case _:
                pass


def _row(recorded: e.Recorded, probe: Probe) -> ProbeRow:
    return ProbeRow(recorded.seq, recorded.at, probe.subject, PROBE_LABELS[probe.liveness], probe.detail)


def _facts(secret: SecretState, events: Sequence[e.Recorded]) -> Iterator[Fact]:
    old = secret.old
    if old.baseline_at is not None:
        seen = [r.seq for r in events if r.at == old.baseline_at and _is_look(r, secret.name)]
        yield Fact(f"Seen working by the same check at {moment(old.baseline_at)}.", tuple(seen[:1]))
    if old.revoked_at is not None:
        revoked = seqs(entries(events, e.AccessRevoked, secret.name))
        yield Fact(f"Revoked at {moment(old.revoked_at)}: {old.revoked_detail}.", revoked)
    yield from _claims(secret, events)
    run = _run(secret, events)
    if run and old.refusals is not None:
        apart = duration((old.refusals.last_at - old.refusals.first_at).total_seconds())
        yield Fact(
            f"Rejected {counted(len(run), 'time')} without interruption, over {apart}; each time a comparison key "
            f"was accepted through the same path: {listed(_controls(run))}.",
            seqs(run),
        )
    if old.contained_at is not None:
        proven = entries(events, e.OldProvenDead, secret.name)[-1:]
        since = f"rejected since {moment(old.contained_at)}, the first of those rejections"
        yield Fact(f"Dead: {since}.", seqs(proven))
    if old.deleted_at is not None:
        gone = entries(events, e.OldDeleted, secret.name)[-1:]
        yield Fact(f"Switched off first, and deleted at {moment(old.deleted_at)}.", seqs(gone))
    if old.attested is not None:
        said = entries(events, e.DeathAttested, secret.name)[-1:]
        reason = said[0].event.reason if said else ""
        yield Fact(
            f"Vouched dead by {old.attested.name} at {moment(old.attested.at)}, not confirmed: {reason}", seqs(said)
        )


def _claims(secret: SecretState, events: Sequence[e.Recorded]) -> Iterator[Fact]:
    """People's claims to have revoked it by hand, each with the answer of the first probe that began afterwards."""
    for claim in entries(events, e.RevokedByPerson, secret.name):
        begun = [r.event.claim.number for r in events if r.seq < claim.seq and isinstance(r.event, e.OperationStarted)]
        after = max(begun, default=0)
        looks = entries(events, e.OldProbed, secret.name)
        looked = [look for look in looks if look.seq > claim.seq and look.event.claim > after][:1]
        answered = "not checked since"
        for look in looked:
            seen = PROBE_LABELS[effective(look.event)]
            answered = f"the next check, at {moment(look.at)}: {seen} ({look.event.probe.detail})"
        said = f"{claim.actor} reported at {moment(claim.at)} that it was revoked by hand (a claim)"
        yield Fact(f"{said}; {answered}.", (claim.seq, *seqs(looked)))


def _is_look(recorded: e.Recorded, secret: str) -> bool:
    return isinstance(recorded.event, e.SnapshotTaken | e.OldProbed) and recorded.event.secret == secret


def _run(secret: SecretState, events: Sequence[e.Recorded]) -> list[Entry[e.OldProbed]]:
    """The probes that the present run of refusals consists of."""
    refusals = secret.old.refusals
    if refusals is None:
        return []
    return [
        probe
        for probe in entries(events, e.OldProbed, secret.name)
        if refusals.first_at <= probe.at <= refusals.last_at and effective(probe.event) == "dead"
    ]


def _controls(run: list[Entry[e.OldProbed]]) -> list[str]:
    return sorted(
        {probe.event.control.subject.removeprefix("control: ") for probe in run if probe.event.control is not None}
    )


def _missing(incident: Incident, secret: SecretState, events: Sequence[e.Recorded]) -> Iterator[Fact]:
    """What is missing for a proof of this secret."""
    old, name = secret.old, secret.name
    if old.contained_at is not None:
        return
    last = entries(events, e.OldProbed, name)[-1:]
    if old.captured_at is None:
        yield Fact(f"{name}: the old key was never recorded, so it could not be checked.")
        return
    if secret.old_state in {Old.ALIVE, Old.REJECTED}:
        claimed = claim_words(secret)
        said = f"was {claimed}" if claimed else "was not revoked"
        yield Fact(f"{name}: the old key {said}. Assume it still works.", seqs(last))
    if old.baseline_at is None:
        yield Fact(
            f"{name}: NOT CONFIRMED. The old key was never seen working, so a rejection shows nothing.", seqs(last)
        )
    if old.last_probe is not None and old.last_probe.liveness != "dead":
        state = PROBE_LABELS[old.last_probe.liveness]
        yield Fact(f"{name}: the last check of the old key: {state} ({old.last_probe.detail}).", seqs(last))
    elif last and effective(last[0].event) == "unknown":
        yield Fact(
            f"{name}: no comparison key was accepted through the same path, so the rejection does not count.",
            seqs(last),
        )
    if old.said_at is not None and (old.refusals is None or old.refusals.count < 2):
        wanted = duration(incident.timings.confirm)
        yield Fact(f"{name}: two rejections, at least {wanted} apart and with a comparison, were not seen.", seqs(last))
