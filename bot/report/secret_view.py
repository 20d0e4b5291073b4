"""What the report says about one secret."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.incident import events as e
from bot.incident.approval.basis import rests_on
from bot.incident.clocks import Clocks, clocks
from bot.incident.model import New, TargetKind
from bot.incident.new_value.still_used import living_on, living_words
from bot.incident.old_value.schedule import unstaged
from bot.incident.state import Incident, SecretState
from bot.model.keys import MAKES_ROOM
from bot.model.places import old_place
from bot.model.secrets import Data
from bot.phrases.secrets import key_words, not_restored, use_words
from bot.phrases.times import duration, listed, moment
from bot.report.evidence import runs
from bot.report.facts import Fact, compared_at, consumers_seen, entries, seqs
from bot.report.proof import Proof, proof_of
from bot.report.touched import access_facts, copy_facts


@dataclass(frozen=True)
class Value:
    """The old or the new value, by what may be said of it."""

    which: str
    state: str
    fingerprint: str
    key_id: str
    place: str


@dataclass(frozen=True)
class SecretView:
    name: str
    title: str
    provider: str
    owner: str
    decided: tuple[Fact, ...]
    values: tuple[Value, ...]
    clocks: tuple[str, ...]
    """Exposed, detected, declared, approved, refused, key dead, restored: each a time, or why there is none."""
    exposure: Fact
    opened: tuple[Fact, ...]
    """What the old value could do."""
    proof: Proof
    looks: tuple[Fact, ...]
    """The table of probes in a few lines: what was asked, what came back, how often."""
    replaced: tuple[Fact, ...]
    access: tuple[Fact, ...]
    """What may outlive the key, item by item; empty where the provider has no checklist."""
    copies: tuple[Fact, ...]
    """Where else it was kept, and what people said became of each copy; empty where the catalog names none."""
    readable: tuple[Fact, ...]
    """Where a value can still be read, and keys that still live."""


def secret_view(incident: Incident, secret: SecretState, events: Sequence[e.Recorded], now: datetime) -> SecretView:
    old, new, times = secret.old, secret.new, clocks(incident, secret)
    return SecretView(
        name=secret.name,
        title=secret.entry.title,
        provider=secret.entry.provider,
        owner=secret.entry.owner,
        decided=tuple(_decided(incident, secret, events)),
        values=(
            Value("old", secret.old_state, old.fingerprint, key_words(old), _place(old.versions)),
            Value("new", secret.new_state, new.fingerprint, new.key_id, _place(new.versions)),
        ),
        clocks=_clock_cells(times, secret),
        exposure=_exposure(incident, secret, events, now),
        opened=tuple(_opened(secret, events)),
        proof=(proof := proof_of(incident, secret, events)),
        looks=tuple(runs(proof.rows)),
        replaced=tuple(_replaced(incident, secret, events)),
        access=tuple(access_facts(incident, secret, events)),
        copies=tuple(copy_facts(secret, events)),
        readable=tuple(_readable(incident, secret, events)),
    )


def _clock_cells(times: Clocks, secret: SecretState) -> tuple[str, ...]:
    cells = (
        (times.exposed, "not known"),
        (times.detected, ""),
        (times.declared, ""),
        (times.approved, "by hand" if secret.revoked_by_person else "never"),
        (times.refused, "never"),
        (times.contained, "not proven"),
        (times.restored, _never(secret)),
    )
    return tuple(moment(at) if at is not None else otherwise for at, otherwise in cells)


def _never(secret: SecretState) -> str:
    return "not yet" if secret.new.wanted else "not needed"


def _place(versions: object) -> str:
    assert isinstance(versions, dict)
    return listed([f"{name} version {version}" for name, version in sorted(versions.items())]) if versions else ""


def _consents(event: e.Event, name: str) -> bool:
    """Whether it is one by which its actor agreed to the kill of this secret."""
    match event:
        case e.SecretAdded():
            return event.secret.name == name
        case e.PlanApproved():
            return name in event.plans
        case e.GlassBroken():
            return name in event.secrets
        case (
            e.KillRequested()
            | e.StrategyChosen()
            | e.CandidateChosen()
            | e.SubmissionAnnounced()
            | e.ReplacementAsked()
        ):
            return event.secret == name
        case _:
            return False


def _found_since(secret: SecretState, events: Sequence[e.Recorded]) -> tuple[int, ...]:
    """What made a target certain that was not named by its fingerprint."""
    added = [r.event for r in events if isinstance(r.event, e.SecretAdded) and r.event.secret.name == secret.name]
    if not added or added[-1].target.kind is TargetKind.CONFIRMED:
        return ()
    return tuple(r.seq for r in entries(events, e.ValueSighted, secret.name) if r.event.value == "leaked")[:1]


def _decided(incident: Incident, secret: SecretState, events: Sequence[e.Recorded]) -> Iterator[Fact]:
    added = [r.seq for r in events if isinstance(r.event, e.SecretAdded) and r.event.secret.name == secret.name]
    captured = seqs(entries(events, e.OldCaptured, secret.name))
    if incident.routine:
        target = "It is the value that stood in its parameter when the rotation began."
    elif secret.target.kind is TargetKind.CONFIRMED:
        target = "The target is confirmed: exactly this value was named, by its fingerprint."
        if found := _found_since(secret, events):
            target = (
                "The target was assumed, and is confirmed since: exactly this value was found in another place too."
            )
            captured = (*captured, *found)
        if secret.compared is not None:
            compared = f"{secret.compared.name} compared the leaked value with it, at {moment(secret.compared.at)}"
            target = f"The target was assumed, and is confirmed since: {compared}."
    elif secret.compared is not None:
        compared = f"{secret.compared.name} compared the leaked value with it, at {moment(secret.compared.at)}"
        target = f"The target is assumed, and is NOT what leaked: {compared}, and it does not match."
        captured = (*captured, *compared_at(events, secret.name))
    else:
        target = "The target is assumed: it is the value that was in the vault; nobody compared the leaked one with it."
    yield Fact(target, (*added, *captured))
    chosen = seqs(entries(events, e.StrategyChosen, secret.name)) or tuple(added)
    yield Fact(f"Strategy {secret.strategy}, chosen by {secret.chosen_by}: {secret.strategy_reason}", chosen)
    if secret.began_on is not None:
        givers = {giver.name for giver in secret.began_on.givers}
        said = [r.seq for r in events if r.actor in givers and _consents(r.event, secret.name)]
        yield Fact(f"The revocation rested on {rests_on(secret.began_on)}.", tuple(said))


def _exposure(incident: Incident, secret: SecretState, events: Sequence[e.Recorded], now: datetime) -> Fact:
    old = secret.old
    captured, proven = entries(events, e.OldCaptured, secret.name), entries(events, e.OldProvenDead, secret.name)[-1:]
    start = incident.exposed_at or old.exposed_since
    if incident.exposed_at is not None:
        said = incident.exposure
        who = f"{said.by.name} recorded: {said.reason}" if said is not None else "declared"
        since = f"from {moment(incident.exposed_at)}, as {who}"
    elif old.exposed_since is not None:
        since = f"unknown, at the earliest from {moment(old.exposed_since)}, when the value was put in place"
    else:
        since = "unknown"
    if old.contained_at is not None:
        end = f"until {moment(old.contained_at)}"
    else:
        end = f"and not proven to be over at {moment(now)}"
    long = f" ({duration(((old.contained_at or now) - start).total_seconds())})" if start else ""
    told = (1, *([incident.exposure.seq] if incident.exposure is not None else []))
    return Fact(f"Exposed: {since}, {end}{long}.", (*told, *seqs(captured), *seqs(proven)))


def _opened(secret: SecretState, events: Sequence[e.Recorded]) -> Iterator[Fact]:
    data = secret.entry.data
    yield Fact(f"It opens {'no personal data' if data is Data.NONE else data.words}, according to the catalog.")
    if secret.entry.public_by_design:
        yield Fact("It is public by design: whoever uses the product holds it.")
    if secret.entry.if_killed:
        yield Fact(f"If it is revoked: {secret.entry.if_killed}")
    ref = (
        *seqs(entries(events, e.SnapshotTaken, secret.name)),
        *seqs(entries(events, e.ScopesRead, secret.name)),
        *seqs(entries(events, e.ScopesChosen, secret.name)),
    )
    snapshot = secret.old.snapshot
    if snapshot is None:
        yield Fact("What the key could do at its provider was not recorded.")
        return
    rights = "its rights are not known" if snapshot.scopes is None else f"rights: {listed(snapshot.scopes)}"
    yield Fact(f"At the provider: {rights}.", ref)
    details = {
        "account": snapshot.account,
        "owner there": snapshot.owner,
        "last used": moment(snapshot.last_used_at) if snapshot.last_used_at else "",
        "allowed addresses": ", ".join(snapshot.allowed_addresses),
        "sessions": "" if snapshot.sessions is None else str(snapshot.sessions),
        **{("may be " if what == MAKES_ROOM else "") + what: value for what, value in snapshot.facts.items()},
    }
    if known := [f"{what}: {value}" for what, value in details.items() if value]:
        yield Fact(f"{'; '.join(known)}.", ref)
    asked = seqs(entries(events, e.LastUseRead, secret.name))
    if used := use_words(secret):
        yield Fact(f"{used[:1].upper()}{used[1:]}: something still lived on it.", asked)
    elif secret.old.use_missing:
        yield Fact(f"When it was last used could not be asked before the revocation: {secret.old.use_missing}.", asked)
    if secret.old.snapshot_missing:
        yield Fact(f"Could not be read before the revocation: {secret.old.snapshot_missing}.", ref)


def _replaced(incident: Incident, secret: SecretState, events: Sequence[e.Recorded]) -> Iterator[Fact]:
    new, name = secret.new, secret.name
    yield from _room_made(secret, events)
    if not new.wanted:
        yield Fact("No replacement was needed: an older version leaked, and the current value was kept.")
        return
    if new.verified_at is not None:
        seen = seqs(entries(events, e.ValueVerified, name)[-1:])
        yield Fact(f"Verified at {moment(new.verified_at)}: {new.verified_detail}.", seen)
    if new.promoted_at is not None:
        yield Fact(f"Put in place at {moment(new.promoted_at)}.", seqs(entries(events, e.ValuePromoted, name)[-1:]))
    yield from _refreshed(secret, events)
    seen = consumers_seen(secret, events)
    if new.restored_at is not None:
        yield Fact(f"Live at {moment(new.restored_at)}: {new.live_detail}.", seen)
    elif secret.new_state is New.UNKNOWN:
        yield Fact(f"NOT RESTORED, {not_restored(incident, secret)}.", seen)
    elif new.placed_at is not None:
        yield Fact(f"NOT RESTORED, {not_restored(incident, secret)}: {new.live_detail}.", seen)
    if not secret.restored and new.placed_at is None:
        yield Fact(f"The new value is not in place: {secret.new_state}.", seqs(entries(events, e.ValueRejected, name)))


def _room_made(secret: SecretState, events: Sequence[e.Recorded]) -> Iterator[Fact]:
    """What was deleted for the new value to have a place."""
    for recorded in events:
        match recorded.event:
            case (
                e.OrphansFound(secret=secret.name, made_room=key_id)
                | e.ValueStaged(secret=secret.name, made_room=key_id)
                | e.Swept(secret=secret.name, made_room=key_id)
            ) if key_id:
                yield Fact(f"The inactive key {key_id} was deleted at its provider to make room.", (recorded.seq,))


def _refreshed(secret: SecretState, events: Sequence[e.Recorded]) -> Iterator[Fact]:
    """For each consumer the refresh that first brought this secret's new version, or the last that did not."""
    wanted = secret.new.versions
    for consumer in secret.entry.consumers:
        tried = [entry for entry in entries(events, e.FunctionRefreshed) if entry.event.function == consumer.function]
        brought = [x for x in tried if all(x.event.versions.get(name, 0) >= wanted[name] for name in wanted)]
        for entry in (brought[:1] or tried[-1:]) if wanted else ():
            lacking = "" if entry.event.complete else ", not for all its traffic"
            detail = f": {entry.event.detail}" if entry.event.detail else ""
            yield Fact(f"Refreshed {entry.event.function}{lacking}{detail}.", (entry.seq,))


def _readable(incident: Incident, secret: SecretState, events: Sequence[e.Recorded]) -> Iterator[Fact]:
    old, new, name = secret.old, secret.new, secret.name
    captured = seqs(entries(events, e.OldCaptured, name)[-1:])
    for parameter, version in sorted(old.versions.items()):
        yield Fact(
            f"The old value of {name} stays readable as version {version} of {parameter}, for whoever may read the "
            "parameter's history.",
            captured,
        )
    if secret.kept_as_evidence:
        revoked = seqs(entries(events, e.AccessRevoked, name)[-1:])
        yield Fact(f"The old key of {name} is switched off at its provider, and not deleted yet.", revoked)
    if secret.target.staged and not unstaged(incident, secret):
        staged_at = old_place(incident.id, name)
        yield Fact(f"The old value of {name} stands at {staged_at} until its last look after the close.", captured)
    if new.staged and not new.unstaged:
        staged = seqs(entries(events, e.ValueStaged, name)[-1:])
        yield Fact(f"The new value of {name} still stands at {new.staged} too.", staged)
    if new.inbox:
        announced = seqs(entries(events, e.SubmissionAnnounced, name)[-1:])
        yield Fact(f"A value that {new.submitted_by} submitted for {name} still stands at {new.inbox}.", announced)
    for key in sorted(key for key, ended in new.orphans.items() if not ended):
        found = seqs(entries(events, e.OrphansFound, name))
        yield Fact(f"Key {key} was made for {name}, is used by nothing, and has not been ended yet.", found)
    for words in living_words({} if incident.open else living_on(incident, secret)):
        staged = seqs(entries(events, e.ValueStaged, name))
        yield Fact(f"A new value of {name} is not in place, and {words}.", staged)
