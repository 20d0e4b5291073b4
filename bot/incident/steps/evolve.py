"""How steps and tasks change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import assert_never

from bot.incident import events as e
from bot.incident.changes import replace, responded
from bot.incident.events import StepsEvent
from bot.incident.model import By, StepState
from bot.incident.state import Incident, Step, Task


def evolve(incident: Incident, event: StepsEvent, by: By) -> Incident:
    match event:
        case e.StepDone() | e.StepReopened() | e.StepSkipped():
            return responded(_step(incident, event, by), by)
        case e.TaskAdded() | e.TaskChanged() | e.TaskDone() | e.TaskDeclined():
            return responded(replace(incident, tasks=_task(incident.tasks, event, by)), by)
        case _:
            assert_never(event)


def _step(incident: Incident, event: e.StepDone | e.StepReopened | e.StepSkipped, by: By) -> Incident:
    def change(step: Step) -> Step:
        if step.definition.id != event.step:
            return step
        match event:
            case e.StepDone():
                return replace(step, state=StepState.DONE, ended=by)
            case e.StepReopened():
                return replace(step, state=StepState.OPEN, ended=None)
            case e.StepSkipped():
                return replace(step, state=StepState.SKIPPED, ended=by, reason=event.reason)

    return replace(incident, steps=in_turn(change(step) for step in incident.steps))


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


type _TaskEvent = e.TaskAdded | e.TaskChanged | e.TaskDone | e.TaskDeclined


def _task(tasks: Mapping[str, Task], event: _TaskEvent, by: By) -> Mapping[str, Task]:
    match event:
        case e.TaskAdded():
            changed = Task(event.task, event.title, event.owner, event.due, event.step, by)
        case e.TaskChanged():
            changed = replace(tasks[event.task], owner=event.owner, due=event.due)
        case e.TaskDone():
            changed = replace(tasks[event.task], done=by)
        case e.TaskDeclined():
            changed = replace(tasks[event.task], declined=by, reason=event.reason)
        case _:
            assert_never(event)
    return {**tasks, changed.id: changed}
