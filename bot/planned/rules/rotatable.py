"""The data of the plan: due rotations, open runs, and the begin of each. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from bot.incident.approval.basis import approval_missing
from bot.incident.approval.plan import to_revoke_by_hand
from bot.incident.overlap.rules import held_by_copies, overlap_end
from bot.incident.state import Incident, SecretState
from bot.model.frozen import Frozen, field
from bot.model.window import ALWAYS, Window

SPARE = timedelta(days=7)
"""In hand before the last moment at which a rotation could begin and still end by its due date."""
WORK = timedelta(hours=1)
"""The longest time for making, storing and proving together: minutes where a machine does it."""
type Key = tuple[str, str]
"""An environment and the name of a secret in it."""


class Rotatable(Frozen):
    """One secret in one environment with a rotation policy. Times are UTC; `due_at` of a secret of unknown age is in
    the past. `counted_at` is the start of its age, `proven_at` its last proven rotation. `tied` are secrets of this
    environment in the same run, and `tied_providers` theirs; `not_before`, with its reason, and `windows` apply to all
    of them together. `last_run` is the last incident or run that had it. `held` says why it never begins, as a clause:
    then it is not urgent, and its successors wait.
    """

    secret: str
    environment: str
    provider: str
    due_at: datetime
    counted_at: datetime | None = None
    proven_at: datetime | None = None
    not_before: datetime | None = None
    because: str = ""
    window: Window = ALWAYS
    overlap: timedelta = timedelta(days=1)
    consumers: frozenset[str] = frozenset()
    tied: frozenset[str] = frozenset()
    tied_providers: frozenset[str] = frozenset()
    owner: str = ""
    last_run: str = ""
    held: str = ""

    @property
    def key(self) -> Key:
        return self.environment, self.secret

    @property
    def secrets(self) -> frozenset[str]:
        """All secrets in its run."""
        return self.tied | {self.secret}

    @property
    def providers(self) -> frozenset[str]:
        return self.tied_providers | {self.provider}

    @property
    def spare(self) -> timedelta:
        """Its spare time, shorter for a policy of days than for one of months."""
        return SPARE if self.counted_at is None else min(SPARE, max(self.due_at - self.counted_at, timedelta()) / 4)


class Occupied(Frozen):
    """An open incident or run, and what it has. `until` is its expected end; None: unknown. One that `waits` for people
    occupies only its secrets and blocks no other.
    """

    incident: str
    environment: str
    routine: bool
    secrets: frozenset[str]
    providers: frozenset[str]
    consumers: frozenset[str]
    until: datetime | None = None
    waits: bool = False


class Planned(Frozen):
    """When a rotation begins and is expected to be proven. Without a beginning it waits for something other than time,
    which `waits` says; `running` names the run or incident that has the secret already.
    """

    of: Rotatable
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    waits: str = ""
    running: str = ""

    @property
    def late(self) -> bool:
        """Whether it cannot be said that it is rotated by its due date."""
        return self.ends_at is None or self.ends_at > self.of.due_at


class Plan(Frozen):
    """Every rotation that was asked about, by environment and secret."""

    planned: Mapping[Key, Planned] = field(default_factory=dict)

    def starting(self, now: datetime) -> tuple[Planned, ...]:
        """The rotations to begin now, the most urgent first."""
        wanted = [each for each in self.planned.values() if each.starts_at is not None and each.starts_at <= now]
        return tuple(sorted((each for each in wanted if not each.running), key=lambda each: each.of.due_at))

    def next_at(self, now: datetime) -> datetime | None:
        """When the next one begins after `now`, if nothing else happens."""
        later = (each.starts_at for each in self.planned.values() if each.starts_at is not None)
        return min((at for at in later if at > now), default=None)


def occupied(incident: Incident, now: datetime) -> Occupied:
    """What an open incident occupies at `now`."""
    secrets, waits = incident.secrets.values(), incident.routine and _waits_for_people(incident, now)
    return Occupied(
        incident.id,
        incident.environment,
        incident.routine,
        frozenset(incident.secrets),
        frozenset() if waits else frozenset(secret.entry.provider for secret in secrets),
        frozenset(consumer.function for secret in secrets for consumer in secret.entry.consumers),
        _end_of_run(incident) if incident.routine else None,
        waits,
    )


def _waits_for_people(run: Incident, now: datetime) -> bool:
    """Whether no machine goes on with it until someone answers. Not where its overlap lies beyond all years."""
    left = [secret for secret in run.secrets.values() if not secret.settled]
    try:
        return bool(left) and all(_waits(run, secret, now) for secret in left)
    except OverflowError:
        return False


def _waits(run: Incident, secret: SecretState, now: datetime) -> bool:
    """Whether it waits for people: for a value, a second person, a revocation by hand, or updated copies."""
    new = secret.new
    if new.live_at is None:
        unmade = secret.made_by_person and not (new.inbox or new.staged or new.promoted_at)
        return unmade or (secret.entry.capabilities.swaps and new.staged != "" and approval_missing(run, secret, now))
    end = overlap_end(run, secret)
    if end is not None and end > now:
        return False
    held = bool(held_by_copies(run, secret))
    return held or to_revoke_by_hand(run, secret) or approval_missing(run, secret, now)


def _end_of_run(run: Incident) -> datetime | None:
    """As its overlap and window let one guess; None where that lies beyond all years."""
    try:
        overlap = timedelta(seconds=run.timings.overlap)
        ends = [
            end_of(secret.entry.window, secret.new.live_at or secret.added.at, overlap)
            for secret in run.secrets.values()
            if not secret.gone
        ]
    except OverflowError:
        return None
    return max(ends, default=run.last_at)


type Wants = Occupied | Rotatable
"""What a rotation will occupy once it begins."""


class Blocking(Frozen):
    """What keeps a rotation from beginning, with the reason as a sentence."""

    by: Occupied
    words: str


def blocking(wants: Wants, taken: Collection[Occupied]) -> Blocking | None:
    """The first open incident or run that keeps this rotation from being begun; None if none does."""
    for one in taken:
        if one.environment == wants.environment and one.secrets & wants.secrets:
            return Blocking(one, f"{one.incident} has it")
        if shared := sorted(one.providers & wants.providers):
            return Blocking(one, f"{one.incident} is at {shared[0]}: one at a time")
        if not one.routine and (readers := sorted(one.consumers & wants.consumers)):
            return Blocking(one, f"{one.incident} has {readers[0]}, which reads it")
    return None


def blocked(wants: Wants, taken: Collection[Occupied]) -> str:
    """Why an open incident or run keeps this rotation from being begun, as a sentence; empty if none does."""
    found = blocking(wants, taken)
    return found.words if found is not None else ""


def end_of(window: Window, starts_at: datetime, overlap: timedelta) -> datetime:
    """When a run that begins then is proven: its revocation waits for a window."""
    return window.next_open(starts_at + overlap) + WORK
