"""What a planned rotation is without, and when it is over."""

from __future__ import annotations

from bot.incident import commands as c
from bot.incident.closing.open_items import TASK, open_items
from bot.incident.lanes import LaneKind
from bot.incident.model import BOT
from bot.incident.new_value.still_used import unused
from bot.incident.overlap.rules import look_after_at
from bot.incident.state import Incident
from bot.incident.steps.rules import blockers
from bot.incident.steps.state import Step
from bot.model.playbooks import Action

OF_LEAKS = frozenset[type](
    {
        c.AcceptRole,
        c.AccountReader,
        c.AddSecret,
        c.BreakGlass,
        c.CompareValue,
        c.DecideNotice,
        c.DeclineRole,
        c.EndCheck,
        c.HandOver,
        c.PageAgain,
        c.RecordAbuse,
        c.RecordAwareness,
        c.RecordExposure,
        c.RecordFinding,
        c.RecordNoticeSent,
        c.ReleaseUpdate,
        c.ReviewGlass,
        c.SetSeverity,
        c.SkipUpdate,
        c.TakeRole,
    }
)
"""What is asked where something leaked. Nobody is offered it in a planned rotation, and it is declined there."""
_IN_A_DEPARTURE = OF_LEAKS - {c.AddSecret}
"""What the leaver read or can read besides is added to it."""
ENDED_BY_CLOSE = frozenset({Action.REPORT, Action.DECISIONS})
"""What the close brings about: a step of nothing else is done with it."""
_WORK = frozenset({LaneKind.OLD, LaneKind.NEW, LaneKind.FUNCTION})


def refused_in(incident: Incident) -> frozenset[type]:
    """What is not asked of this run."""
    if not incident.routine:
        return frozenset()
    return OF_LEAKS if incident.departure is None else _IN_A_DEPARTURE


def declined(incident: Incident) -> str:
    """Why, and what to do after a leak."""
    names = " ".join(incident.secrets)
    return (
        f"{incident.id} is a planned rotation. If somebody else may have a value, declare that: `bot declare {names}` "
        "or `/compromise`. It takes this rotation over, with what was made so far, and can break glass."
    )


def done(incident: Incident, step: Step) -> bool:
    """Whether the machine has done all of a step. What only the close brings about ends with that."""
    actions = frozenset(step.definition.actions)
    return bool(actions - ENDED_BY_CLOSE) and not blockers(incident, step)


def unverified(incident: Incident, step: Step) -> str:
    """Why a step that verifies cannot be done, although nothing is left to do: no consumer confirms a new value."""
    names = [secret.name for secret in incident.secrets.values() if not secret.restored]
    verifies = Action.VERIFY in step.definition.actions and names
    return f"no consumer confirms the new value of {' and '.join(names)}" if verifies else ""


def over(incident: Incident) -> bool:
    """Whether every value is replaced and its predecessor proven dead, consumers were asked since, and nothing is left
    for anybody to do but the tasks that it has given itself, which outlast it. One that was opened again is a person's
    to close; so is the departure of somebody of whom nothing is rotated, and nobody knows what they can read.
    """
    departure = incident.departure
    if (
        not (incident.secrets or (departure is not None and departure.grants_known))
        or incident.reopened
        or incident.halted
    ):
        return False
    own = {f"{TASK}:{task.id}" for task in incident.tasks.values() if task.added.name == BOT.name}
    if any(not item.must and item.key not in own for item in open_items(incident)):
        return False
    if not all(secret.settled for secret in incident.secrets.values()):
        return False
    if any(look_after_at(incident, secret) is not None for secret in incident.secrets.values()):
        return False
    unended = any(unused(incident, secret) for secret in incident.secrets.values())
    busy = any(
        state.claim is not None or state.failure is not None
        for lane, state in incident.lanes.items()
        if lane.kind in _WORK
    )
    return not unended and not busy
