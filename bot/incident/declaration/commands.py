"""What can be asked of the declaration."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.incident.handover.known import Handed
from bot.incident.model import IfFailing, LeftAlone, Strategy, Target
from bot.incident.stored import stored
from bot.model.departures import Leaver
from bot.model.obligations import Obligation
from bot.model.playbooks import Playbook
from bot.model.secrets import SecretEntry
from bot.model.timings import Timings


@dataclass(frozen=True)
class Wanted:
    """One secret of a declaration: which value leaked, and how the responder wants it ended. `handed` is what a run
    knew that had it.
    """

    secret: SecretEntry
    target: Target
    strategy: Strategy
    reason: str
    replace: bool = True
    if_failing: IfFailing = IfFailing.KEEP
    handed: Handed | None = None


@stored("declare")
@dataclass(frozen=True)
class Declare:
    """`incident` is derived from the command's id, so that a redelivered declaration is the same incident."""

    incident: str
    environment: str
    title: str
    notice: str
    public: bool
    playbook: Playbook
    timings: Timings
    secrets: tuple[Wanted, ...]
    detected_at: datetime
    exposed_at: datetime | None = None
    slack_untrusted: bool = False
    obligations: tuple[Obligation, ...] = ()
    left_alone: tuple[LeftAlone, ...] = ()
    leaver: Leaver | None = None


@stored("add-secret")
@dataclass(frozen=True)
class AddSecret:
    wanted: Wanted


DeclarationCommand = Declare | AddSecret
