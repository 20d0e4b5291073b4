"""What is open before the close, in a few words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.incident import commands as c
from bot.incident.closing.open_items import OpenItem, open_items
from bot.incident.commands import Command
from bot.incident.state import Incident
from bot.incident.steps.rules import investigates, let_go, open_tasks
from bot.incident.steps.state import Step, Task
from bot.model.playbooks import Action
from bot.phrases.marks import day_and_time, literal, shorten
from bot.phrases.times import counted, few, listed

_SEVERAL = {
    "abuse": "abuse",
    "broken glass": "keys with broken glass",
    "copy": "copies",
    "key not proven dead": "keys not proven dead",
    "key whose readers are not all known": "keys whose readers are not all known",
    "key whose readers are not looked up yet": "keys whose readers are not looked up yet",
    "new value not in place": "new values not in place",
    "other value that leaked": "other values that leaked",
    "secret they had": "secrets they had",
}
"""What several are called where an *s* behind it does not do."""
_SINGLE = frozenset({"abuse", "impact", "no agreement", "nobody paged", "notification", "root cause"})
"""Of which there is one at most, or usually, so that it is named and not counted."""
NAMED = 3
"""So many tasks are named; of more the rest is counted."""


def reopening_words(incident: Incident) -> str:
    """What a reopening brings about, and what needs none, as sentences."""
    again = " again" if incident.answers.pages else ", as they were not when this rotation began"
    settled = "; a notice or a check is settled without reopening" if incident.answers.investigates else ""
    return (
        f"On-call is paged{again}, and the report is no longer the last word. To add words use *Report text…*{settled}."
    )


def open_words(items: Sequence[OpenItem]) -> list[str]:
    """By their short names, several of a kind as a number, the steps last: all of them."""
    labels = dict.fromkeys(item.label for item in items)
    return [_counted(label, [item for item in items if item.label == label]) for label in labels]


def left_for_the_close(incident: Incident, step: Step) -> str:
    """What the step is about and does not wait for, since the close asks for it: who read the values, and the checks of
    what may outlive them.
    """
    settled: set[type[Command]] = {c.AccountReader} if Action.USAGE in step.definition.actions else set()
    settled |= {c.EndCheck} if investigates(step) else set()
    left = [item for item in open_items(incident) if item.settled_by in settled]
    return listed(open_words(left)) if left else ""


def deletion_words(incident: Incident, step: str) -> str:
    """Which switched-off keys are deleted for good once this step is over, as sentences; empty where none is."""
    found = incident.step(step)
    at_once, later = let_go(incident, found) if found is not None else ((), ())
    settled = "deleted for good as soon as {} readers and checks are settled"
    whens = ((at_once, "then deleted for good, with {} evidence"), (later, settled))
    return " ".join(_deleted(names, when) for names, when in whens if names)


def _deleted(names: Sequence[str], when: str) -> str:
    keys, be, their = ("key", "is", "its") if len(names) == 1 else ("keys", "are", "their")
    return f"The switched-off {keys} of {few(names, NAMED)} {be} {when.format(their)}."


def tasks_beside(incident: Incident, step: Step) -> str:
    """``4 tasks declined; 1 task goes on: mika by …``: the step's tasks that nobody does, and those that somebody does
    by a time, as a phrase; empty where there is none of either.
    """
    return "; ".join(filter(None, (tasks_declined(incident, step), _going_on(incident, step))))


def tasks_declined(incident: Incident, step: Step) -> str:
    """``4 tasks declined``; empty where none of the step's is."""
    declined = sum(task.declined is not None for task in incident.tasks.values() if task.step == step.definition.id)
    return f"{counted(declined, 'task')} declined" if declined else ""


def declined_together(incident: Incident) -> Mapping[tuple[str, str], Sequence[Task]]:
    """The declined tasks by who declined them, and why."""
    found: dict[tuple[str, str], list[Task]] = {}
    for task in incident.tasks.values():
        if task.declined is not None:
            found.setdefault((task.declined.name, task.reason), []).append(task)
    return found


def declined_lines(incident: Incident, most: int) -> list[str]:
    """``Rotate it; tell them. By ada: WHY``: what nobody asks for any more once it is closed, in lines of up to `most`
    characters. A line for each who declined something for one reason.
    """
    return [
        shorten(literal(f"{few([task.title for task in tasks])}. By {name}: {reason}"), most)
        for (name, reason), tasks in declined_together(incident).items()
    ]


def _going_on(incident: Incident, step: Step) -> str:
    left = [(task.due, task.owner) for task in open_tasks(incident, step) if task.goes_on and task.due is not None]
    if not left:
        return ""
    whose = [f"{literal(owner)} by {day_and_time(due)}" for due, owner in sorted(left)]
    return f"{counted(len(left), 'task')} {'goes' if len(left) == 1 else 'go'} on: {few(whose, NAMED)}"


def _counted(label: str, alike: Sequence[OpenItem]) -> str:
    number = sum(item.number for item in alike)
    dated = sorted((item.due, item.until) for item in alike if item.due is not None)
    said = label if number == 1 and label in _SINGLE else counted(number, label, _SEVERAL.get(label, ""))
    return literal(said) + "".join(f" ({until} {day_and_time(due)})" for due, until in dated[:1])
