"""What is open before the close, in a few words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.closing.open_items import (
    ATTESTED,
    CHECKS,
    COPIES,
    NEW,
    OLD,
    SUPERSEDED,
    TARGET,
    TASK,
    OpenItem,
    kind_of,
    open_items,
    settled_since,
)
from bot.incident.commands import Act
from bot.incident.model import Accepted, By
from bot.incident.state import Incident, Step, Task
from bot.incident.steps.rules import investigates, let_go, open_tasks
from bot.model.playbooks import Action
from bot.phrases.marks import code, day_and_time, literal, shorten
from bot.phrases.times import counted, few, listed, up_to

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
    again = " again" if incident.traits.pages else ", as they were not when this rotation began"
    settled = "; a notice or a check is settled without reopening" if incident.traits.investigates else ""
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
    settled: set[type[Act]] = {c.AccountReader} if Action.USAGE in step.definition.actions else set()
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


# What was open at the close and accepted by name, in a few words.


"""So many of a kind are named; more are counted."""
_OF_SECRETS = {
    OLD: ("old value not proven dead", "old values not proven dead"),
    ATTESTED: ("old value attested dead, not proven", "old values attested dead, not proven"),
    NEW: ("new value not in place", "new values not in place"),
    SUPERSEDED: ("earlier new value whose key lives", "earlier new values whose keys live"),
    TARGET: ("other value that leaked instead", "other values that leaked instead"),
}
_CALLED = {
    "reader": ("reader", "readers"),
    TASK: ("task", "tasks"),
    "usage": ("key whose readers are not all known", "keys whose readers are not all known"),
    "glass": ("broken glass not reviewed", "keys with broken glass not reviewed"),
    "left-alone": ("undeclared secret", "undeclared secrets"),
    "leaver": ("secret they had", "secrets they had"),
    "notification": ("notice", "notices"),
}
"""Of which there can be any number: one, and several."""
_ONE_ITEM = {
    "departure": "no second person's agreement",
    "impact": "no impact",
    "root-cause": "no root cause",
    "abuse": "nothing said of abuse",
    "page": "a page that nobody took",
}


def closed_by(incident: Incident) -> str:
    """``ada``, or ``ada, ben agreed`` where a second person had to; empty while it is open. Plain."""
    if incident.closed is None:
        return ""
    return closer_words(incident.closed.name, incident.closer)


def closer_words(name: str, proposer: str) -> str:
    """The same of an event: by whom it is, and who proposed it."""
    return f"{proposer}, {name} agreed" if proposer else name


def over_words(incident: Incident, event: e.IncidentClosed, by: By) -> str:
    """`closed_over` as it was with this event, whatever came after it."""
    then = replace(incident, closed=by, accepted_items=event.items, accepted_reason=event.reason)
    return _over(then, {})


def closed_over(incident: Incident) -> str:
    """``2 persistence checks of a, done since · 3 tasks. REASON``, as a phrase; empty where nothing was open at the
    close.
    """
    return _over(incident, _done_since(incident)) if incident.closed is not None else ""


def _over(incident: Incident, done: Mapping[str, int]) -> str:
    if incident.closed is None or not incident.accepted_items:
        return ""
    return f"{' · '.join(_kinds(incident, _named, done))}. {literal(incident.accepted_reason)}".rstrip()


def closed_over_outside(incident: Incident) -> str:
    """The same for those who may read no names and no reasons: ``2 persistence checks, 3 tasks; closed by ada``."""
    if incident.closed is None or not incident.accepted_items:
        return ""
    return f"{', '.join(_kinds(incident, lambda _names: ''))}; closed by {closed_by(incident)}"


def _named(names: Sequence[str]) -> str:
    return f" of {up_to([code(name) for name in names], NAMED)}"


def _done_since(incident: Incident) -> Mapping[str, int]:
    """How many of each kind that was open at the close people have settled since."""
    done = Counter(map(kind_of, settled_since(incident)))
    names = [item.key.partition(":")[2] for item in incident.accepted_items if item.key.startswith(f"{CHECKS}:")]
    left = sum(len(incident.secrets[name].open_checks) for name in names if name in incident.secrets)
    return {**done, CHECKS: sum(_checks_at_close(incident, name) for name in names) - left}


def _since(done: int, count: int) -> str:
    if done <= 0:
        return ""
    return ", done since" if done == count else f", {done} of them done since"


def _kinds(
    incident: Incident, of: Callable[[Sequence[str]], str], done: Mapping[str, int] = MappingProxyType({})
) -> Iterator[str]:
    kinds: dict[str, list[Accepted]] = {}
    for item in incident.accepted_items:
        kinds.setdefault(kind_of(item.key), []).append(item)
    for kind, items in kinds.items():
        names = [item.key.partition(":")[2] for item in items]
        if kind in _OF_SECRETS:
            yield f"{counted(len(names), *_OF_SECRETS[kind])}{of(names)}"
        elif kind == CHECKS:
            count = sum(_checks_at_close(incident, name) for name in names)
            yield f"{counted(count, 'persistence check')}{of(names)}{_since(done.get(kind, 0), count)}"
        elif kind == COPIES:
            yield f"{counted(sum(_copies_at_close(incident, name) for name in names), 'copy', 'copies')}{of(names)}"
        elif kind in _CALLED:
            yield f"{counted(len(items), *_CALLED[kind])}{_since(done.get(kind, 0), len(items))}"
        else:
            yield _ONE_ITEM.get(kind, kind.replace("-", " "))


def _checks_at_close(incident: Incident, name: str) -> int:
    """Those that were ended since were open then too."""
    secret, closed = incident.secrets.get(name), incident.closed
    if secret is None or closed is None:
        return 0
    return sum(check.ended is None or check.ended.at > closed.at for check in secret.checks.values())


def _copies_at_close(incident: Incident, name: str) -> int:
    """None can be settled after it."""
    return len(incident.secrets[name].open_copies) if name in incident.secrets else 0


# Open tasks, counted and named in one way wherever that is said.


def by_whom(task: Task) -> str:
    """Who does it, and by when: ``dana, by 2026-11-25 20:00 UTC``. Plain."""
    due = f"by {task.due:%Y-%m-%d %H:%M} UTC" if task.due else "no date"
    return f"{task.owner or 'NO OWNER'}, {due}"


def tasks_left(incident: Incident, now: datetime | None = None) -> str:
    """``6 tasks left, the first due Mon 20:00``: all that are open, as a phrase; empty where
    none is. With `now`, how many are overdue: ``6 tasks left, 2 overdue, the first since Mon 20:00``.
    """
    left = [task for task in incident.tasks.values() if task.open]
    if not left:
        return ""
    due = min((task.due for task in left if task.due is not None), default=None)
    if due is None:
        return f"{counted(len(left), 'task')} left"
    several, late = len(left) > 1, sum(task.due is not None and task.due < now for task in left) if now else 0
    if late:
        when = f"{late} *overdue*, the first since" if several else "*overdue* since"
    else:
        when = "the first due" if several else "due"
    return f"{counted(len(left), 'task')} left, {when} {day_and_time(due)}"
