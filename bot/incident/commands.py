"""What can be asked of an incident, each command in `commands.py` of its subject.

`decide` turns each into events, or into a `CommandRefused` that says why. Here they are one vocabulary: `from
bot.incident import commands as c`. All that a subject defines is taken, so that a new command is added in its subject's
file alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.incident.access.commands import *
from bot.incident.approval.commands import *
from bot.incident.closing.commands import *
from bot.incident.declaration.commands import *
from bot.incident.departure.commands import *
from bot.incident.handover.commands import *
from bot.incident.model import Actor
from bot.incident.narrative.commands import *
from bot.incident.new_value.commands import *
from bot.incident.obligations.commands import *
from bot.incident.old_value.commands import *
from bot.incident.overlap.commands import *
from bot.incident.paging.commands import *
from bot.incident.record.commands import *
from bot.incident.severity.commands import *
from bot.incident.steps.commands import *
from bot.incident.stored import by_name, stored_name
from bot.incident.team.commands import *
from bot.incident.trust.commands import *
from bot.incident.updates.commands import *
from bot.incident.work.commands import *

Command = (
    DeclarationCommand
    | OldValueCommand
    | NewValueCommand
    | OverlapCommand
    | ApprovalCommand
    | AccessCommand
    | StepsCommand
    | TeamCommand
    | UpdatesCommand
    | PagingCommand
    | RecordCommand
    | ObligationsCommand
    | SeverityCommand
    | ClosingCommand
    | NarrativeCommand
    | TrustCommand
    | DepartureCommand
    | HandoverCommand
    | WorkCommand
)

FromPeople = (
    OldValueCommand
    | NewValueCommand
    | OverlapCommand
    | ApprovalFromPeople
    | AccessCommand
    | StepsCommand
    | TeamCommand
    | UpdatesCommand
    | RecordFromPeople
    | PagingFromPeople
    | ObligationsCommand
    | SeverityCommand
    | ClosingCommand
    | NarrativeCommand
    | DepartureCommand
    | Retry
)
"""Those that people give as they are. What they ask for with words of their own, such as a declaration, the worker
completes first: see `bot.response.wire`.
"""

NAMES: Mapping[str, type] = by_name(Command)
"""By the names by which the inbox, proofs and the log know them."""


def name_of(command: Command | type) -> str:
    """The stored name of a command: ``kill-now``."""
    return stored_name(command if isinstance(command, type) else type(command))


@dataclass(frozen=True)
class Envelope:
    """A command with who gave it, when (UTC), and the id by which a repeat is known."""

    command_id: str
    at: datetime
    actor: Actor
    body: Command
