"""How roles change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from bot.incident import events as e
from bot.incident.changes import replace, responded
from bot.incident.model import By, Right, Role
from bot.incident.state import Incident
from bot.incident.team.events import TeamEvent
from bot.incident.team.state import Offered


def evolve(incident: Incident, event: TeamEvent, by: By) -> Incident:
    team = incident.team
    match event:
        case e.RoleOffered():
            offered = {**team.offered, event.role: Offered(event.to, by, event.note)}
            team = replace(team, offered=offered)
        case e.RoleAccepted() | e.RoleTaken():
            roles = {**team.roles, event.role: by}
            team = replace(team, roles=roles, offered=_without(team.offered, event.role))
        case e.RoleDeclined():
            team = replace(team, offered=_without(team.offered, event.role))
        case _:
            assert_never(event)
    return responded(replace(incident, team=team), by)


def commanded(incident: Incident, event: e.SecretAdded, by: By) -> Incident:
    """Whoever declares it, and may respond, commands it at first: their rights stand with what they declared."""
    first = by == incident.declared and Right.RESPOND in event.rights
    if not first or incident.team.commander:
        return incident
    return replace(incident, team=replace(incident.team, roles={**incident.team.roles, Role.COMMANDER: by}))


def _without(offered: Mapping[Role, Offered], role: Role) -> Mapping[Role, Offered]:
    return {each: one for each, one in offered.items() if each != role}
