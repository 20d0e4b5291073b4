"""`evolve`: an incident and its next event make the next incident. Pure, total, and the only writer of state.

How each kind changes it is in `evolve.py` of its subject, or in the subject's own module.
"""

from __future__ import annotations

from typing import assert_never, cast

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
from bot.incident.updates import evolve as updates
from bot.incident.work import evolve as work


def evolve(incident: Incident | None, recorded: e.Recorded) -> Incident:
    """The state after `recorded`. The first event of an incident must be its declaration (ValueError otherwise)."""
    event = recorded.event
    if isinstance(event, e.IncidentDeclared) and incident is None:
        return declaration.declared(event, recorded)
    if incident is None:
        raise ValueError("an incident begins with its declaration")
    after = _apply(incident, event, recorded)
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


def _apply(incident: Incident, event: e.Event, recorded: e.Recorded) -> Incident:
    by = By(recorded.actor, recorded.at)
    if isinstance(event, e.OUTCOMES):
        incident = work.released(incident, cast("e.Outcome", event), recorded.at)
    if isinstance(event, e.WorkEvent):
        return work.evolve(incident, event, by)
    if isinstance(event, e.DeclarationEvent):
        return declaration.evolve(incident, event, by)
    if isinstance(event, e.OldValueEvent):
        return old_value.evolve(incident, event, by)
    if isinstance(event, e.NewValueEvent):
        return new_value.evolve(incident, event, by)
    if isinstance(event, e.ConsumersEvent):
        return consumers.evolve(incident, event, by)
    if isinstance(event, e.OverlapEvent):
        return overlap.evolve(incident, event, by)
    if isinstance(event, e.ApprovalEvent):
        return approval.evolve(incident, event, by)
    if isinstance(event, e.AccessEvent):
        return access.evolve(incident, event, by, recorded.seq)
    if isinstance(event, e.StepsEvent):
        return steps.evolve(incident, event, by)
    if isinstance(event, e.TakingEvent):
        return taking.evolve(incident, event, by)
    if isinstance(event, e.TeamEvent):
        return team.evolve(incident, event, by)
    if isinstance(event, e.UpdatesEvent):
        return updates.evolve(incident, event, by)
    if isinstance(event, e.PagingEvent):
        return paging.evolve(incident, event, by)
    if isinstance(event, e.RecordEvent):
        return record.evolve(incident, event, by, recorded.seq)
    if isinstance(event, e.ObligationsEvent):
        return obligations.evolve(incident, event, by, recorded.seq)
    if isinstance(event, e.HoldEvent):
        return hold.evolve(incident, event, by)
    if isinstance(event, e.ClosingEvent):
        return closing.evolve(incident, event, by)
    if isinstance(event, e.NarrativeEvent):
        return narrative.evolve(incident, event, by, recorded.seq)
    if isinstance(event, e.RemindersEvent):
        return reminders.evolve(incident, event, by)
    if isinstance(event, e.TrustEvent):
        return trust.evolve(incident, event, by)
    if isinstance(event, e.DepartureEvent):
        return departure.evolve(incident, event, by)
    if isinstance(event, e.HandoverEvent):
        return handover.evolve(incident, event, by)
    assert_never(event)
