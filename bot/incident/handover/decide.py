"""Decisions on a run that is taken over."""

from __future__ import annotations

from typing import assert_never

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.asked import Events
from bot.incident.commands import HandoverCommand
from bot.incident.operations import OPERATIONS
from bot.incident.state import Incident


def decide(incident: Incident, body: HandoverCommand) -> Events:
    match body:
        case c.HandOverSecrets():
            return _handed_over(incident, body)
        case c.NoteLateOutcome():
            known = incident.secrets.get(body.secret)
            late = known is not None and known.taken_from == body.run and OPERATIONS[body.op].may_leave_key
            return (e.LateOutcomeNoted(body.secret, body.run, body.op),) if late else ()
        case _:
            assert_never(body)


def _handed_over(run: Incident, body: c.HandOverSecrets) -> Events:
    """All or none: nothing if the run is over, is none, or has not all of them any more."""
    if not run.open or not run.routine or not set(body.secrets) <= run.secrets.keys():
        return ()
    over = set(body.secrets) == run.secrets.keys()
    void = tuple(number for number, lane in run.held.items() if over or lane.subject in body.secrets)
    return (e.HandedOver(body.incident, body.secrets, void),)
