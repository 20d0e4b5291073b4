"""What can have happened: a closed list of facts in the past tense, each kind in `events.py` of its subject.

Each is stored as its kind (`kind_of`) and canonical JSON of its fields, with who and when beside it. `v` is the version
of the kind's own shape. Events of the machine that end an operation carry the number of its claim.

`rights` are those that the person had when they spoke, where their word counts as consent to a kill: an event without
them consents to nothing.

Here they are one vocabulary: `from bot.incident import events as e`. All that a subject defines is taken, so that
a new kind is added in its subject's file alone.
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.incident.access.events import *
from bot.incident.approval.events import *
from bot.incident.closing.events import *
from bot.incident.consumers.events import *
from bot.incident.declaration.events import *
from bot.incident.departure.events import *
from bot.incident.handover.events import *
from bot.incident.narrative.events import *
from bot.incident.new_value.events import *
from bot.incident.obligations.events import *
from bot.incident.old_value.events import *
from bot.incident.overlap.events import *
from bot.incident.paging.events import *
from bot.incident.record.events import *
from bot.incident.reminders.events import *
from bot.incident.severity.events import *
from bot.incident.steps.events import *
from bot.incident.stored import by_name, members, stored_name
from bot.incident.team.events import *
from bot.incident.tracker.events import *
from bot.incident.trust.events import *
from bot.incident.updates.events import *
from bot.incident.work.events import *
from bot.model.recorded import Recorded as Entry

PersonEvent = (
    DeclarationByPerson
    | OldValueByPerson
    | NewValueByPerson
    | OverlapByPerson
    | ApprovalByPerson
    | AccessByPerson
    | StepsByPerson
    | TeamByPerson
    | UpdatesByPerson
    | RecordByPerson
    | PagingByPerson
    | ObligationsByPerson
    | SeverityByPerson
    | ClosingByPerson
    | NarrativeByPerson
    | TrustByPerson
    | DepartureByPerson
    | HandoverByPerson
    | WorkByPerson
)
Outcome = (
    OldValueOutcome
    | NewValueOutcome
    | ConsumersEvent
    | OverlapOutcome
    | AccessOutcome
    | DepartureOutcome
    | PagingOutcome
    | ClosingOutcome
    | UpdatesOutcome
    | TrackerOutcome
    | WorkOutcome
)
MachineEvent = (
    OldValueByMachine
    | OverlapByMachine
    | ApprovalByMachine
    | PagingByMachine
    | RemindersEvent
    | RecordByMachine
    | TrustByMachine
    | HandoverByMachine
    | WorkByMachine
    | Outcome
)
Event = PersonEvent | MachineEvent
PeoplesDecision = (
    KillRequested
    | StrategyChosen
    | GlassBroken
    | GlassReviewed
    | PlanApproved
    | PlanRejected
    | ProposalApproved
    | ProposalRejected
    | DepartureAgreed
    | DeathAttested
    | CandidateChosen
    | ValueAllowed
    | ValueRefused
    | RollBackRequested
    | AbuseRecorded
    | CopySettled
    | ReaderAccounted
    | RoleAccepted
    | RoleTaken
    | StepSkipped
    | FindingRecorded
    | NoticeDecided
    | SeveritySet
    | IncidentClosed
    | IncidentReopened
)
"""By which a person decided something. Whoever tells of decisions leaves out by name what it tells elsewhere."""

OUTCOMES = members(Outcome)
KINDS: Mapping[str, type] = by_name(Event)
"""By the names under which logs hold them."""


def kind_of(event: Event | type) -> str:
    """The stored name of an event's kind: ``incident-declared``."""
    return stored_name(event if isinstance(event, type) else type(event))


Recorded = Entry[Event]
"""An event as it stands in the log of an incident."""
