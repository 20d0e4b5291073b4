"""How an incident and the secrets in it begin."""

from __future__ import annotations

from typing import assert_never

from bot.incident import events as e
from bot.incident.approval.consent import authored
from bot.incident.changes import put, replace
from bot.incident.events import DeclarationEvent
from bot.incident.model import By
from bot.incident.state import Check, CopyState, DepartureState, Incident, NewValue, SecretState, Step
from bot.incident.steps.evolve import in_turn
from bot.incident.team import commanded
from bot.incident.told import Begun
from bot.model.frozen import fields_of


def declared(event: e.IncidentDeclared, recorded: e.Recorded) -> Incident:
    return Incident(
        **fields_of(event, Begun),
        id=event.incident,
        declared=By(recorded.actor, recorded.at),
        raised=By(recorded.actor, recorded.at),
        departure=DepartureState(event.leaver) if event.leaver is not None else None,
        seq=recorded.seq,
        last_at=recorded.at,
        steps=in_turn(Step(definition) for definition in event.playbook.steps),
    )


def evolve(incident: Incident, event: DeclarationEvent, by: By) -> Incident:
    """ValueError for a second declaration."""
    match event:
        case e.IncidentDeclared():
            raise ValueError("an incident is declared once")
        case e.SecretAdded():
            added = _added(incident, event, by)
            own = {} if added.earlier else {added.entry.main.parameter: added.name}
            after = replace(put(incident, added), by_parameter={**incident.by_parameter, **own})
            return commanded(after, event, by) if incident.traits.investigates else after
        case _:
            assert_never(event)


def _added(incident: Incident, event: e.SecretAdded, by: By) -> SecretState:
    leaked = incident.traits.investigates
    secret = SecretState(
        entry=event.secret,
        strategy=event.strategy,
        strategy_reason=event.reason,
        target=event.target,
        added=by,
        chosen_by=by.name,
        new=NewValue(wanted=event.replace),
        checks={item: Check(item, where) for item, where in event.secret.checklist.items() if leaked},
        copies={copy.name: CopyState(copy) for copy in event.secret.copies},
    )
    return authored(incident, secret, by, event.rights)
