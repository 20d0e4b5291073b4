"""`evolve`: an incident and its next event make the next incident. Pure, total, and the only writer of state.

How each kind changes it is in `evolve.py` of its subject, or in the subject's own module.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bot.incident import events as e
from bot.incident import handover, hold, narrative, reminders, taking, team, trust
from bot.incident.access import evolve as access
from bot.incident.approval import evolve as approval
from bot.incident.changes import heard, replace
from bot.incident.closing import evolve as closing
from bot.incident.consumers import evolve as consumers
from bot.incident.declaration import evolve as declaration
from bot.incident.departure import evolve as departure
from bot.incident.model import BOT, By
from bot.incident.new_value import evolve as new_value
from bot.incident.obligations import evolve as obligations
from bot.incident.old_value import evolve as old_value
from bot.incident.overlap import evolve as overlap
from bot.incident.paging import evolve as paging
from bot.incident.record import evolve as record
from bot.incident.state import Incident
from bot.incident.steps import evolve as steps
from bot.incident.stored import by_kind
from bot.incident.updates import evolve as updates
from bot.incident.work import evolve as work


def evolve(incident: Incident | None, recorded: e.Recorded) -> Incident:
    """The state after `recorded`. The first event of an incident must be its declaration (ValueError otherwise)."""
    event = recorded.event
    if incident is None:
        if not isinstance(event, e.IncidentDeclared):
            raise ValueError("an incident begins with its declaration")
        return declaration.declared(event, recorded)
    by = By(recorded.actor, recorded.at)
    released = work.released(incident, event, by.at) if isinstance(event, e.Result) else incident
    after = OF_SUBJECT[type(event)](released, event, by)
    if recorded.actor != BOT.name:
        after = heard(after, _secrets_of(event), recorded.at)
    after = approval.still_asked(after, incident, recorded.at)
    return replace(taking.settled(after), seq=recorded.seq, last_at=recorded.at)


def _secrets_of(event: e.Event) -> tuple[str, ...]:
    """The names of the secrets that it is about, as far as it names any."""
    if isinstance(event, e.OperationRetried):
        return (event.lane.subject,)
    one = getattr(event, "secret", "")
    return (one if isinstance(one, str) else "", *getattr(event, "secrets", ()))


OF_SUBJECT: Mapping[type, Callable[[Incident, Any, By], Incident]] = by_kind(
    (e.WorkEvent, work.evolve),
    (e.DeclarationEvent, declaration.evolve),
    (e.OldValueEvent, old_value.evolve),
    (e.NewValueEvent, new_value.evolve),
    (e.ConsumersEvent, consumers.evolve),
    (e.OverlapEvent, overlap.evolve),
    (e.ApprovalEvent, approval.evolve),
    (e.AccessEvent, access.evolve),
    (e.StepsEvent, steps.evolve),
    (e.TakingEvent, taking.evolve),
    (e.TeamEvent, team.evolve),
    (e.UpdatesEvent, updates.evolve),
    (e.PagingEvent, paging.evolve),
    (e.RecordEvent, record.evolve),
    (e.ObligationsEvent, obligations.evolve),
    (e.HoldEvent, hold.evolve),
    (e.ClosingEvent, closing.evolve),
    (e.NarrativeEvent, narrative.evolve),
    (e.RemindersEvent, reminders.evolve),
    (e.TrustEvent, trust.evolve),
    (e.DepartureEvent, departure.evolve),
    (e.HandoverEvent, handover.evolve),
)
