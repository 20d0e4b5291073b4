"""One look at the schedule: which providers are stopped, and which rotations begin.

Pure, so that the same facts lead to the same commands, for any worker and after any crash.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

from bot.incident.lanes import LaneKind
from bot.incident.operations import does
from bot.incident.state import Incident, SecretState
from bot.model.fields import machine_id
from bot.model.frozen import Frozen
from bot.planned.rules.planner import plan
from bot.planned.rules.rotatable import Occupied, Plan, Rotatable, blocked, occupied

# What in an open planned rotation stops the schedule of its provider, until someone retries or closes it. Pure.


_OF_SECRETS = frozenset({LaneKind.OLD, LaneKind.NEW, LaneKind.FUNCTION})
"""The lanes whose permanent failure prevents a rotation's end. Lanes that inform people may fail."""


class Failing(Frozen):
    """One failure in a run, and its time (UTC); `what` is a clause."""

    provider: str
    incident: str
    what: str
    at: datetime

    @property
    def words(self) -> str:
        """``openai is stopped since 2026-11-27 03:14 UTC by inc_ab12cd: the new key was refused``."""
        since = f"{self.at:%Y-%m-%d %H:%M} UTC"
        return f"{self.provider} is stopped since {since} by {self.incident}: {self.what.rstrip('.')}"


def failing(run: Incident) -> Iterator[Failing]:
    """The failures of a run that the schedule began. Empty for an incident, and for a run that is closed or taken over
    by an incident, which then has them.
    """
    if not run.routine or not run.open:
        return
    for provider in sorted({secret.entry.provider for secret in run.secrets.values()}):
        of_provider = [secret for secret in run.secrets.values() if secret.entry.provider == provider]
        for what, at in _wrong(run, of_provider):
            yield Failing(provider, run.id, what, at)


def _wrong(run: Incident, secrets: list[SecretState]) -> Iterator[tuple[str, datetime]]:
    for secret in secrets:
        yield from _of_secret(run, secret)
    if run.halted:
        yield f"it was halted: {run.halted}", run.halted_at or run.last_at
    for lane, state in run.lanes.items():
        failure = state.failure
        ours = lane.kind is LaneKind.FUNCTION or lane.subject in {secret.name for secret in secrets}
        if failure is not None and failure.final and ours and lane.kind in _OF_SECRETS:
            what = f"could not {does(failure.op)} ({lane.subject}): {failure.message}"
            yield what, failure.at


def _of_secret(run: Incident, secret: SecretState) -> Iterator[tuple[str, datetime]]:
    new = secret.new
    if new.failing:
        yield f"{', '.join(new.failing)} cannot work with the new {secret.name}", new.failing_since or run.last_at
    if new.back_since is not None:
        yield f"{secret.name} was rolled back", new.back_since


class Look(Frozen):
    """The consequences of one look. `failed` stops a provider without a person's order, one failure each; `trouble`
    says in a sentence what is not begun because it could not be asked about.
    """

    failed: tuple[Failing, ...]
    beginnings: tuple[Rotatable, ...]
    plan: Plan
    trouble: str = ""


def look(
    rotatables: Sequence[Rotatable],
    runs: Collection[Incident],
    stopped: Mapping[str, str],
    environments: Sequence[str],
    now: datetime,
) -> Look:
    """`runs` are all open incidents and runs, and the last one of each of the `rotatables`, read afterwards. `stopped`
    has a clause for each provider that a person has stopped.
    """
    failed = {each.provider: each for run in runs for each in _failing(run)}
    words = {**{name: each.words for name, each in failed.items()}, **stopped}
    taken = [occupied(run, now) for run in runs if run.open]
    found = plan(rotatables, taken, words, environments, now)
    return Look(tuple(failed.values()), tuple(_beginnings(found, taken, {run.id: run for run in runs}, now)), found)


def _failing(run: Incident) -> list[Failing]:
    """A run that cannot be looked at is a failure of its own: its providers' schedules stop, and the others go on."""
    try:
        return list(failing(run))
    except Exception as error:  # noqa: BLE001 - nothing about one run stops another
        providers = sorted({secret.entry.provider for secret in run.secrets.values()}) if run.routine else []
        what = f"it cannot be checked ({type(error).__name__})"
        return [Failing(provider, run.id, what, run.last_at) for provider in providers]


def _beginnings(found: Plan, taken: list[Occupied], runs: Mapping[str, Incident], now: datetime) -> Iterator[Rotatable]:
    """If two would meet at a provider, because one includes a secret of the other's, the more urgent one begins."""
    begun = list(taken)
    for each in found.starting(now):
        rotatable = each.of
        if not blocked(rotatable, begun) and _known(rotatable, runs):
            yield rotatable
            begun.append(_occupied(rotatable))


def _known(rotatable: Rotatable, runs: Mapping[str, Incident]) -> bool:
    """Whether the knowledge of the secret includes its last run, which may have ended at this very moment."""
    if not rotatable.last_run:
        return True
    last = runs.get(rotatable.last_run)
    secret = last.secrets.get(rotatable.secret) if last is not None else None
    if secret is None or secret.new.live_at is None or secret.old.contained_at is None:
        return last is not None
    return rotatable.proven_at is not None and rotatable.proven_at >= secret.new.live_at


def command_id(rotatable: Rotatable) -> str:
    """The id of the command that begins this due rotation; another one after a run that ended without rotating."""
    facts = (rotatable.environment, rotatable.secret, rotatable.due_at.isoformat(), rotatable.last_run)
    return machine_id(f"rotate-{hashlib.sha256('\n'.join(facts).encode()).hexdigest()[:32]}")


def _occupied(rotatable: Rotatable) -> Occupied:
    """What it will occupy once it begins."""
    return Occupied(
        incident="another rotation",
        environment=rotatable.environment,
        routine=True,
        secrets=rotatable.secrets,
        providers=rotatable.providers,
        consumers=rotatable.consumers,
    )
