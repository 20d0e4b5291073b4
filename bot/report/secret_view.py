"""The report's section about one secret."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
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
from bot.phrases.secrets import NEW_LABELS, OLD_LABELS, key_words, not_restored, use_words
from bot.phrases.times import duration, few, listed, moment
from bot.report.evidence import runs
from bot.report.facts import Fact, compared_at, consumers_seen, entries, seqs
from bot.report.proof import Proof, proof_of
from bot.report.touched import access_facts, copy_facts


@dataclass(frozen=True)
class Value:
    """The old or the new key, by what may be said of it."""

    which: str
    state: str
    fingerprint: str
    key_id: str
    place: str


OF_ONE = frozenset({"Proof", "Checks of the key", "Replacement"})
"""The proof of a key and its replacement are told of each key, even where two read the same."""


@dataclass(frozen=True)
class Part:
    """A list of facts with its title."""

    title: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class SecretView:
    name: str
    title: str
    provider: str
    owner: str
    decided: tuple[Fact, ...]
    values: tuple[Value, ...]
    clocks: tuple[str, ...]
    """Exposed, detected, declared, approved, refused, key dead, restored: each a time, or the reason that there is
    none.
    """
    exposure: Fact
    opened: tuple[Fact, ...]
    """What the old key gave access to."""
    proof: Proof
    looks: tuple[Fact, ...]
    """The table of probes in a few lines: the subject, the answer, the number."""
    replaced: tuple[Fact, ...]
    access: tuple[Fact, ...]
    """What may outlive the key, check by check; empty if the provider has no checks."""
    copies: tuple[Fact, ...]
    """Where else it was kept, and what people said became of each copy; empty where the catalog names none."""
    readable: tuple[Fact, ...]
    """Places where a value can still be read, and keys that still work."""

    @property
    def parts(self) -> tuple[Part, ...]:
        """The section's lists of facts, each under its title; empty ones are left out."""
        lists = (
            ("Exposure", (self.exposure,)),
            ("Decided", self.decided),
            ("What it could do", self.opened),
            ("Proof", self.proof.facts),
            ("Checks of the key", self.looks),
            ("Replacement", self.replaced),
            ("Backdoor checks", self.access),
            ("Copies, as people reported", self.copies),
            ("Stays readable", self.readable),
        )
        return tuple(Part(title, facts) for title, facts in lists if facts)


@dataclass(frozen=True)
class Divided:
    """The facts about all keys: `shared` are true of several, each told once with their names unless it is all of them;
    `alone` has the rest by key.
    """

    shared: tuple[Part, ...]
    alone: Mapping[str, tuple[Part, ...]]


def divided(secrets: Sequence[SecretView]) -> Divided:
    parts = {secret.name: secret.parts for secret in secrets}
    found: dict[tuple[str, str], dict[str, tuple[int, ...]]] = {}
    for name, lists in parts.items():
        for part in lists:
            for fact in part.facts if part.title not in OF_ONE else ():
                found.setdefault((part.title, fact.text), {})[name] = fact.seqs
    several = {told: keys for told, keys in found.items() if len(keys) > 1}
    shared: dict[str, list[Fact]] = {}
    for (title, text), keys in several.items():
        whose = "" if len(keys) == len(secrets) else f"{few(list(keys))}: "
        said = Fact(f"{whose}{text}", tuple(seq for seqs_of_one in keys.values() for seq in seqs_of_one))
        shared.setdefault(title, []).append(said)
    return Divided(
        shared=tuple(Part(title, tuple(facts)) for title, facts in shared.items()),
        alone={name: tuple(_without(lists, several)) for name, lists in parts.items()},
    )


def _without(parts: Sequence[Part], told: Container[tuple[str, str]]) -> Iterator[Part]:
    for part in parts:
        if facts := tuple(fact for fact in part.facts if (part.title, fact.text) not in told):
            yield Part(part.title, facts)


def secret_view(incident: Incident, secret: SecretState, events: Sequence[e.Recorded], now: datetime) -> SecretView:
    old, new, times = secret.old, secret.new, clocks(incident, secret)
    return SecretView(
        name=secret.name,
        title=secret.entry.title,
        provider=secret.entry.provider,
        owner=secret.entry.owner,
        decided=tuple(_decided(incident, secret, events)),
        values=(
            Value("old", OLD_LABELS[secret.old_state], old.fingerprint, key_words(old), _place(old.versions)),
            Value("new", NEW_LABELS[secret.new_state], new.fingerprint, new.key_id, _place(new.versions)),
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
    """Whether its actor agreed by it to the revocation of this secret."""
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
    """What confirmed a target that was declared without a fingerprint."""
    added = [r.event for r in events if isinstance(r.event, e.SecretAdded) and r.event.secret.name == secret.name]
    if not added or added[-1].target.kind is TargetKind.CONFIRMED:
        return ()
    return tuple(r.seq for r in entries(events, e.ValueSighted, secret.name) if r.event.value == "leaked")[:1]


def _decided(incident: Incident, secret: SecretState, events: Sequence[e.Recorded]) -> Iterator[Fact]:
    added = [r.seq for r in events if isinstance(r.event, e.SecretAdded) and r.event.secret.name == secret.name]
    captured = seqs(entries(events, e.OldCaptured, secret.name))
    if incident.routine:
        target = "It is the key that was in its parameter when the rotation began."
    elif secret.target.kind is TargetKind.CONFIRMED:
        target = "The target is confirmed: exactly this key was named, by its fingerprint."
        if found := _found_since(secret, events):
            target = "The target was assumed and later confirmed: exactly this key was found in another place too."
            captured = (*captured, *found)
        if secret.compared is not None:
            compared = f"{secret.compared.name} compared the leaked key with it at {moment(secret.compared.at)}"
            target = f"The target was assumed and later confirmed: {compared}."
    elif secret.compared is not None:
        compared = f"{secret.compared.name} compared the leaked key with it at {moment(secret.compared.at)}"
        target = f"The target is assumed and is NOT what leaked: {compared}, no match."
        captured = (*captured, *compared_at(events, secret.name))
    else:
        target = "The target is assumed: the key in Parameter Store. The leaked one was not compared with it."
    yield Fact(target, (*added, *captured))
    chosen = seqs(entries(events, e.StrategyChosen, secret.name)) or tuple(added)
    yield Fact(f"Strategy {secret.strategy.words}, chosen by {secret.chosen_by}: {secret.strategy_reason}", chosen)
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
        since = f"unknown, at the earliest from {moment(old.exposed_since)}, when the key was put in place"
    else:
        since = "unknown"
    if old.contained_at is not None:
        end = f"until {moment(old.contained_at)}"
    else:
        end = f"not confirmed over at {moment(now)}"
    long = f" ({duration(((old.contained_at or now) - start).total_seconds())})" if start else ""
    told = (1, *([incident.exposure.seq] if incident.exposure is not None else []))
    return Fact(f"Exposed: {since}, {end}{long}.", (*told, *seqs(captured), *seqs(proven)))


def _opened(secret: SecretState, events: Sequence[e.Recorded]) -> Iterator[Fact]:
    data = secret.entry.data
    yield Fact(f"It gives access to {data.words}, according to the catalog.")
    if secret.entry.public_by_design:
        yield Fact("It is public by design: every user of the product has it.")
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
    rights = "its rights are unknown" if snapshot.scopes is None else f"rights: {listed(snapshot.scopes)}"
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
        yield Fact(f"{used[:1].upper()}{used[1:]}: something still used it.", asked)
    elif secret.old.use_missing:
        yield Fact(f"Its last use could not be checked before the revocation: {secret.old.use_missing}.", asked)
    if secret.old.snapshot_missing:
        yield Fact(f"Could not be read before the revocation: {secret.old.snapshot_missing}.", ref)


def _replaced(incident: Incident, secret: SecretState, events: Sequence[e.Recorded]) -> Iterator[Fact]:
    new, name = secret.new, secret.name
    yield from _room_made(secret, events)
    if not new.wanted:
        yield Fact("No replacement was needed: an older version leaked, and the current key was kept.")
        return
    if new.verified_at is not None:
        seen = seqs(entries(events, e.ValueVerified, name)[-1:])
        yield Fact(f"Verified at {moment(new.verified_at)}: {new.verified_detail}.", seen)
    if new.promoted_at is not None:
        yield Fact(f"Put in place at {moment(new.promoted_at)}.", seqs(entries(events, e.ValuePromoted, name)[-1:]))
    yield from _refreshed(secret, events)
    seen = consumers_seen(secret, events)
    if new.restored_at is not None:
        yield Fact(f"In use since {moment(new.restored_at)}: {new.live_detail}.", seen)
    elif secret.new_state is New.UNKNOWN:
        yield Fact(f"NOT RESTORED, {not_restored(incident, secret)}.", seen)
    elif new.placed_at is not None:
        yield Fact(f"NOT RESTORED, {not_restored(incident, secret)}: {new.live_detail}.", seen)
    if not secret.restored and new.placed_at is None:
        yield Fact(f"The new key is {NEW_LABELS[secret.new_state]}.", seqs(entries(events, e.ValueRejected, name)))


def _room_made(secret: SecretState, events: Sequence[e.Recorded]) -> Iterator[Fact]:
    """What was deleted to make room for the new key."""
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
            f"The old key of {name} stays readable as version {version} of {parameter} to anyone who may read its "
            "history.",
            captured,
        )
    if secret.kept_as_evidence:
        revoked = seqs(entries(events, e.AccessRevoked, name)[-1:])
        yield Fact(f"The old key of {name} is switched off at its provider, and not deleted yet.", revoked)
    if secret.target.staged and not unstaged(incident, secret):
        staged_at = old_place(incident.id, name)
        yield Fact(f"The old key of {name} stays at {staged_at} until its last check after the close.", captured)
    if new.staged and not new.unstaged:
        staged = seqs(entries(events, e.ValueStaged, name)[-1:])
        yield Fact(f"The new key of {name} is still at {new.staged} too.", staged)
    if new.inbox:
        announced = seqs(entries(events, e.SubmissionAnnounced, name)[-1:])
        yield Fact(f"A key that {new.submitted_by} submitted for {name} is still at {new.inbox}.", announced)
    for key in sorted(key for key, ended in new.orphans.items() if not ended):
        found = seqs(entries(events, e.OrphansFound, name))
        yield Fact(f"Key {key} was made for {name}, is unused, and is not revoked yet.", found)
    for words in living_words({} if incident.open else living_on(incident, secret)):
        staged = seqs(entries(events, e.ValueStaged, name))
        yield Fact(f"A new key of {name} is not in place, and {words}.", staged)
