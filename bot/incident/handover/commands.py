"""What is asked of a run that is taken over, and of the incident that took over."""

from __future__ import annotations

from dataclasses import dataclass

from bot.incident.operations import Op
from bot.incident.stored import stored


@stored("hand-over-secrets")
@dataclass(frozen=True)
class HandOverSecrets:
    """To a run: these secrets are the incident's from now on. Given in the transaction that declares it."""

    incident: str
    secrets: tuple[str, ...]


@stored("note-late-outcome")
@dataclass(frozen=True)
class NoteLateOutcome:
    """To the incident: an operation of the run that it took over has ended only now."""

    secret: str
    run: str
    op: Op


HandoverCommand = HandOverSecrets | NoteLateOutcome
