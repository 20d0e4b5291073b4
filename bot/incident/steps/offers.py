"""Offers about steps and tasks."""

from __future__ import annotations

from collections.abc import Iterator

from bot.incident import commands as c
from bot.incident.model import StepState
from bot.incident.offer import POSSIBLE, RESPONDER, SENSIBLE, Offer
from bot.incident.state import Incident
from bot.incident.steps.rules import next_step, ready_unstarted, step_digest

_SOMEBODY = "somebody else"
"""For the rehearsal: people name whom they mean."""


def steps(incident: Incident) -> Iterator[Offer]:
    upcoming = next_step(incident)
    for step in incident.steps:
        if step.over:
            continue
        name, seen, title = step.definition.id, step_digest(step), step.definition.title
        waiting, ready = step.state is StepState.WAITING, ready_unstarted(incident, step)
        if waiting:
            urgency = SENSIBLE if step is upcoming and not ready else POSSIBLE
            yield Offer(c.StartStep, c.StartStep(name, seen), name, title, RESPONDER, urgency)
        urgency = POSSIBLE if waiting and not ready else SENSIBLE
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
