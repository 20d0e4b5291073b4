"""Decisions on steps and tasks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from bot.incident import bounds
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.clocks import working_day_end
from bot.incident.commands import Asked, Events, StepsAnswer, StepsCommand
from bot.incident.model import Right, StepState
from bot.incident.offer import POSSIBLE, RESPONDER, SENSIBLE, Offer
from bot.incident.refusals import Declined, clean, demand, demand_responder, when
from bot.incident.state import Incident, Step, Task
from bot.incident.steps.rules import blocked, blockers, ready, step_digest, unsaid
from bot.model.playbooks import PlaybookStep
from bot.model.timings import Timings

DUE = "Due time of the task"


def decide(incident: Incident, body: StepsCommand | StepsAnswer, asked: Asked) -> Events:
    """Answers about tasks are accepted after the close too, because tasks outlast it."""
    if isinstance(body, c.ChangeTask | c.FinishTask | c.DeclineTask):
        demand(asked.actor, Right.RESPOND)
        return _task(incident, body, asked)
    demand_responder(incident, asked.actor)
    if isinstance(body, c.CompleteStep | c.SkipStep):
        return _step(incident, body, asked.at)
    owner = clean(body.owner, "owner") if body.owner.strip() else asked.actor.name
    due = body.due and bounds.due(body.due, asked.at, DUE)
    return (e.TaskAdded(f"t{len(incident.tasks) + 1}", clean(body.title, "task"), owner, due, body.step),)


def followed(incident: Incident, at: datetime) -> Iterator[e.StepDone | e.StepReopened | e.TaskAdded]:
    """The automatic effects of steps: the machine ends and reopens its own, and a step whose turn has come adds its
    tasks.
    """
    for step in incident.steps:
        if step.definition.by_itself and step.state is not StepState.SKIPPED:
            ends = not blocked(incident, step) and (step.over or not unsaid(incident, step))
            if ends != step.over:
                yield e.StepDone(step.definition.id) if ends else e.StepReopened(step.definition.id)
    yield from _brought(incident, [step for step in incident.steps if step.state is StepState.OPEN], at)


def _brought(incident: Incident, steps: Iterable[Step], at: datetime) -> Iterator[e.TaskAdded]:
    """The tasks of these steps that are not there yet: the commander's."""
    there = {(task.step, task.title) for task in incident.tasks.values()}
    missing = [(step.definition, title) for step in steps for title in step.definition.tasks]
    missing = [(step, title) for step, title in missing if (step.id, title) not in there]
    times = incident.declared.at, at
    return tasks_of(missing, incident.commander, incident.timings, times, len(incident.tasks))


def tasks_of(
    titles: Iterable[tuple[PlaybookStep, str]],
    owner: str,
    timings: Timings,
    times: tuple[datetime, datetime],
    before: int = 0,
) -> Iterator[e.TaskAdded]:
    """Due within the step's time from the declaration, or by the end of the next working day; `times` are the
    declaration's and now, `before` the number of existing tasks.
    """
    declared, now = times
    for number, (step, title) in enumerate(titles, start=before + 1):
        due = declared + timedelta(seconds=step.within or 0.0)
        yield e.TaskAdded(f"t{number}", title, owner, due if due > now else working_day_end(timings, now), step.id)


def _step(incident: Incident, body: c.CompleteStep | c.SkipStep, at: datetime) -> Events:
    step = incident.step(body.step)
    if step is None:
        raise Declined(f"There is no step {body.step!r}. Steps: {', '.join(s.definition.id for s in incident.steps)}.")
    if body.seen and body.seen != step_digest(step):
        raise Declined(_changed(step))
    if step.over:
        raise Declined(_changed(step))
    match body:
        case c.CompleteStep():
            _demand_done(incident, step)
            return (*_brought(incident, [step], at), e.StepDone(step.definition.id))
        case c.SkipStep():
            return (e.StepSkipped(step.definition.id, clean(body.reason, "reason")),)


def _demand_done(incident: Incident, step: Step) -> None:
    title, waiting = step.definition.title, "; ".join(blockers(incident, step))
    if step.definition.by_itself:
        lacks = f": {waiting}" if waiting else ""
        raise Declined(f"The bot ends “{title}” once nothing in it is open{lacks}. To skip it, give a reason.")
    if waiting:
        raise Declined(f"“{title}” is not done: {waiting}. To skip it, give a reason.")


def _changed(step: Step) -> str:
    title = step.definition.title
    if step.ended is not None and step.over:
        return f"“{title}” was marked {step.state} {when(step.ended)}. Nothing changed."
    return f"“{title}” changed since you saw it. Nothing changed."


def _task(incident: Incident, body: c.ChangeTask | c.FinishTask | c.DeclineTask, asked: Asked) -> Events:
    task = incident.tasks.get(body.task)
    if task is None:
        raise Declined(f"There is no task {body.task!r}. Tasks: {', '.join(incident.tasks) or 'none'}.")
    if task.done or task.declined:
        by = task.done or task.declined
        assert by is not None
        raise Declined(f"Task {task.id} was {'done' if task.done else 'declined'} {when(by)}. Nothing changed.")
    match body:
        case c.ChangeTask():
            return _change_task(task, body, asked)
        case c.FinishTask():
            return (e.TaskDone(task.id),)
        case c.DeclineTask():
            return (e.TaskDeclined(task.id, clean(body.reason, "reason")),)


def _change_task(task: Task, body: c.ChangeTask, asked: Asked) -> Events:
    owner = clean(body.owner, "owner") if body.owner.strip() else task.owner
    due = bounds.due(body.due, asked.at, DUE) if body.due else task.due
    if (owner, due) == (task.owner, task.due):
        raise Declined(f"{task.owner} already has task {task.id}, due then. Name another owner or time.")
    later = task.due is not None and due is not None and due > task.due
    if later and not body.reason.strip():
        raise Declined(f"Task {task.id} was due {task.due:%Y-%m-%d %H:%M} UTC. Give a reason for the later time.")
    return (e.TaskChanged(task.id, owner, due, clean(body.reason, "reason") if body.reason.strip() else ""),)


# Offers about steps and tasks.


_SOMEBODY = "someone else"
"""For the rehearsal: people name whom they mean."""


def steps(incident: Incident) -> Iterator[Offer]:
    for step in incident.steps:
        if step.over:
            continue
        name, seen, title = step.definition.id, step_digest(step), step.definition.title
        if not step.definition.by_itself:
            urgency = SENSIBLE if ready(incident, step) else POSSIBLE
            yield Offer(c.CompleteStep, c.CompleteStep(name, seen), name, title, RESPONDER, urgency)
        skipped = f"“{title}” is not to be done"
        yield Offer(c.SkipStep, c.SkipStep(name, "", seen), name, skipped, RESPONDER)


def tasks(incident: Incident) -> Iterator[Offer]:
    yield Offer(c.AddTask, c.AddTask("", ""), "", "to assign a task", RESPONDER)
    for task in incident.tasks.values():
        if not task.open:
            continue
        yield Offer(c.ChangeTask, c.ChangeTask(task.id, _SOMEBODY, None, ""), task.id, task.title, RESPONDER)
        yield Offer(c.FinishTask, c.FinishTask(task.id), task.id, task.title, RESPONDER)
        yield Offer(c.DeclineTask, c.DeclineTask(task.id, ""), task.id, task.title, RESPONDER)
