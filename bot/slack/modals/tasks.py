"""The forms for tasks: who fixes what by when."""

from __future__ import annotations

from collections.abc import Sequence

from slack_sdk.models.blocks import Block, Option

from bot.inbox import PersonCommand
from bot.incident import commands as c
from bot.incident.model import StepState
from bot.incident.offers import Offer, unblocked
from bot.incident.state import Incident, Task
from bot.phrases.todos import about_task
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import option, section
from bot.slack.modals.form import Form
from bot.slack.modals.inputs import Entered, at, in_full, one_of, somebody, words

REMEDIATE = "remediate"
LATER = "Needed where it is due later than it was. Never a secret, not even in part."
AS_IT_WAS = "As it stands below the task, unless you say."


def _task(incident: Incident, pressed: ButtonValue, _offers: Sequence[Offer]) -> list[Block]:
    steps = [step for step in incident.steps if step.state is not StepState.SKIPPED]
    usual = REMEDIATE if any(step.definition.id == REMEDIATE for step in steps) else ""
    blocks = [
        words("task", "What is to be done", lines=False),
        somebody("owner", "Who does it", pressed.user),
        at("due", "Until when", hint="Its step waits for a task without one."),
    ]
    if steps:
        options = [option(step.definition.id, step.definition.title) for step in steps]
        blocks.append(one_of("step", "Step", options, initial=usual or steps[-1].definition.id))
    return blocks


def _options(incident: Incident, tasks: Sequence[Task]) -> list[Option]:
    return [option(task.id, task.title, " · ".join(about_task(incident, task))) for task in tasks]


def _add(_pressed: ButtonValue, said: Entered) -> PersonCommand:
    return c.AddTask(said.text("task"), said.person("owner"), said.time("due"), said.choice("step") or REMEDIATE)


def _change(incident: Incident, pressed: ButtonValue, offers: Sequence[Offer]) -> list[Block]:
    """Whoever moves the time of another's task does not take it over: nobody is filled in."""
    tasks = [incident.tasks[offer.subject] for offer in unblocked(offers, c.ChangeTask)]
    if not tasks:
        return [section("No task is open.")]
    return [
        *in_full(incident.id, [task.title for task in tasks]),
        one_of("task", "Task", _options(incident, tasks), initial=pressed.subject),
        somebody("owner", "Who does it", hint=AS_IT_WAS, optional=True),
        at("due", "Until when", hint=AS_IT_WAS),
        words("reason", "Reason", lines=False, optional=True, hint=LATER),
    ]


def _changed(_pressed: ButtonValue, said: Entered) -> PersonCommand:
    return c.ChangeTask(said.choice("task"), said.person("owner"), said.time("due"), said.text("reason"))


TASK_FORMS: tuple[Form, ...] = (
    Form(ActionId.TASK, "Add a task", "Add", _task, _add, ("task",)),
    Form(ActionId.TASK_CHANGE, "Change a task", "Change", _change, _changed, ("reason",)),
)
