"""How steps and tasks change."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, assert_never

from bot.incident import events as e
from bot.incident.changes import replace, responded
from bot.incident.events import StepsEvent
from bot.incident.model import By, StepState
from bot.incident.state import Incident, Step, Task


def evolve(incident: Incident, event: StepsEvent, by: By) -> Incident:
    tasks = incident.tasks
    match event:
        case e.StepDone():
            changed = _step(incident, event.step, state=StepState.DONE, ended=by)
        case e.StepReopened():
            changed = _step(incident, event.step, state=StepState.OPEN, ended=None)
        case e.StepSkipped():
            changed = _step(incident, event.step, state=StepState.SKIPPED, ended=by, reason=event.reason)
        case e.TaskAdded():
            changed = _put(incident, Task(event.task, event.title, event.owner, event.due, event.step, by))
        case e.TaskChanged():
            changed = _put(incident, replace(tasks[event.task], owner=event.owner, due=event.due))
        case e.TaskDone():
            changed = _put(incident, replace(tasks[event.task], done=by))
        case e.TaskDeclined():
            changed = _put(incident, replace(tasks[event.task], declined=by, reason=event.reason))
        case _:
            assert_never(event)
    return responded(changed, by)


def _step(incident: Incident, name: str, **changed: Any) -> Incident:
    steps = (replace(step, **changed) if step.definition.id == name else step for step in incident.steps)
    return replace(incident, steps=in_turn(steps))


def _put(incident: Incident, task: Task) -> Incident:
    return replace(incident, tasks={**incident.tasks, task.id: task})


def in_turn(steps: Iterable[Step]) -> tuple[Step, ...]:
    """The machine's steps are open until they are done, and a step of people's once the earlier ones of people are."""
    found, turn = [], True
    for step in steps:
        if step.over:
            found.append(step)
            continue
        by_itself = step.definition.by_itself
        found.append(replace(step, state=StepState.OPEN if turn or by_itself else StepState.WAITING))
        turn = turn and by_itself
    return tuple(found)
