"""What can have happened to the declaration."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.incident.model import IfFailing, LeftAlone, Right, Strategy, Target
from bot.incident.stored import stored
from bot.model.departures import Leaver
from bot.model.obligations import Obligation
from bot.model.playbooks import Playbook
from bot.model.secrets import SecretEntry
from bot.model.timings import Timings


@stored("incident-declared")
@dataclass(frozen=True)
class IncidentDeclared:
    """`notice` is how it was noticed, in people's words; `public` that the value can be read by strangers;
    `slack_untrusted` that Slack is to learn nothing of it; `obligations` are all that counsel had written down;
    `left_alone` stood in the same place, and is nobody's business yet: it stays open until it is added or accepted;
    `leaver` is whose departure it is.
    """

    incident: str
    environment: str
    title: str
    notice: str
    public: bool
    playbook: Playbook
    timings: Timings
    detected_at: datetime
    exposed_at: datetime | None = None
    slack_untrusted: bool = False
    obligations: tuple[Obligation, ...] = ()
    left_alone: tuple[LeftAlone, ...] = ()
    leaver: Leaver | None = None
    v: int = 1


@stored("secret-added")
@dataclass(frozen=True)
class SecretAdded:
    """`replace` False: an older version leaked, and the current value is left alone unless somebody asks for it."""

    secret: SecretEntry
    target: Target
    strategy: Strategy
    reason: str
    replace: bool
    rights: tuple[Right, ...] = ()
    if_failing: IfFailing = IfFailing.KEEP
    v: int = 1


DeclarationByPerson = IncidentDeclared | SecretAdded
DeclarationEvent = DeclarationByPerson
