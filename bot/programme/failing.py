"""What in an open planned rotation stops the schedule of its provider, until somebody retries or closes it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.incident.lanes import LaneKind
from bot.incident.operations import does
from bot.incident.state import Incident, SecretState

_OF_SECRETS = frozenset({LaneKind.OLD, LaneKind.NEW, LaneKind.FUNCTION})
"""The lanes whose failing for good keeps a rotation from its end. What tells people of it may fail."""


@dataclass(frozen=True)
class Failing:
    """One thing that went wrong in a run, and when (UTC); `what` is a clause."""

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
    """Of an incident nothing: it is no rotation that the schedule began. Nor of a run that is closed, or that an
    incident took over: what is still wrong is in that one.
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
            what = f"could not {does(failure.op, lane.subject)} ({lane.subject}): {failure.message}"
            yield what, failure.at


def _of_secret(run: Incident, secret: SecretState) -> Iterator[tuple[str, datetime]]:
    new = secret.new
    if new.failing:
        yield f"{', '.join(new.failing)} cannot work with the new {secret.name}", new.failing_since or run.last_at
    if new.back_since is not None:
        yield f"{secret.name} was rolled back", new.back_since
