"""What is open before the close, in a few words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from bot.incident import commands as c
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
from bot.incident.model import Accepted
from bot.incident.paging.rules import paged_at
from bot.incident.state import Incident, Step, Task
from bot.incident.steps.rules import blockers, investigates, let_go, open_tasks, page_unanswered, unwritten_parts
from bot.model.playbooks import Action
from bot.phrases.marks import authored, code, day_and_time, literal, shorten
from bot.phrases.times import alike, counted, few, first_of, listed, up_to

_SEVERAL = {
    "abuse": "abuse",
    "broken glass": "keys with broken glass",
    "copy": "copies",
    "earlier new key that still works": "earlier new keys that still work",
    "key not dead": "keys not dead",
    "key that still works": "keys that still work",
    "key with unidentified readers": "keys with unidentified readers",
    "key with readers not looked up yet": "keys with readers not looked up yet",
    "new key not in place": "new keys not in place",
    "other key that leaked": "other keys that leaked",
    "secret they had": "secrets they had",
}
"""Irregular plurals."""
_SINGLE = frozenset({"abuse", "impact", "no agreement", "no one paged", "notice", "root cause"})
"""Items that exist once, at most or usually, and are named instead of counted."""
NAMED = 3
"""The most tasks that are named; more are counted."""


def reopening_words(incident: Incident) -> str:
    """What a reopening does, and what is possible without it, as sentences."""
    again = " again" if incident.traits.pages else ", which they were not when this rotation began"
    settled = "; notices and checks can be answered without reopening" if incident.traits.investigates else ""
    return f"Reopening pages on-call{again} and outdates the report. To add text only, use *Report text…*{settled}."


def open_words(items: Sequence[OpenItem]) -> list[str]:
    """By their short names, several of a kind as a number, the steps last: all of them."""
    labels = dict.fromkeys(item.label for item in items)
    return [_counted(label, [item for item in items if item.label == label]) for label in labels]


def left_for_the_close(incident: Incident, step: Step) -> str:
    """Items of the step that it does not wait for, because the close asks for them: readers, and checks."""
    settled: set[type[Act]] = {c.AccountReader} if Action.USAGE in step.definition.actions else set()
    settled |= {c.EndCheck} if investigates(step) else set()
    left = [item for item in open_items(incident) if item.settled_by in settled]
    return listed(open_words(left)) if left else ""


def deletion_words(incident: Incident, step: str) -> str:
    """Which switched-off keys are deleted for good once this step is over, as sentences; empty where none is."""
    found = incident.step(step)
    at_once, later = let_go(incident, found) if found is not None else ((), ())
    settled = "deleted for good once {} readers and checks are answered"
    whens = ((at_once, "deleted for good then, with {} evidence"), (later, settled))
    return " ".join(_deleted(names, when) for names, when in whens if names)


def _deleted(names: Sequence[str], when: str) -> str:
    keys, be, their = ("key", "is", "its") if len(names) == 1 else ("keys", "are", "their")
    return f"The switched-off {keys} of {few(names, NAMED)} {be} {when.format(their)}."


LACKS = 4


def step_lines(incident: Incident, step: Step) -> Iterator[str]:
    """What an open step still needs, and what marking it done brings about, as sentences for Slack."""
    lacking = alike(blockers(incident, step), incident.secrets)
    if lacking:
        yield f"Still open: {first_of([literal(each) for each in lacking], LACKS, '; ')}."
    if page_unanswered(incident, step):
        page = "Page not acknowledged" if paged_at(incident) is not None else "No pager has taken the page"
        yield f"{page}: phone them."
    elif not lacking and (parts := unwritten_parts(incident, step)):
        yield f"Not written: {' and '.join(parts)} (*Report text…*)."
    elif not lacking and not step.definition.by_itself:
        if beside := left_for_the_close(incident, step):
            yield f"May stay open until the close: {beside}."
        if words := tasks_beside(incident, step):
            yield f"Its {words}."
        if words := deletion_words(incident, step.definition.id):
            yield literal(words)


def done_when(step: Step) -> Iterator[str]:
    """What its guide says of its end, as a phrase: ``Done when: …``."""
    yield from (line for line in authored(step.definition.guide).splitlines() if line.startswith("Done when: "))


def tasks_beside(incident: Incident, step: Step) -> str:
    """``4 tasks declined; 1 task goes on: mika by …``: the step's declined tasks, and the ones with an owner and a due
    time, as a phrase; empty without any.
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
    """``Rotate it; tell them. By ada: WHY``: declined tasks, which a close ends for good, in lines of up to `most`
    characters. One line for each author and reason.
    """
    return [
        shorten(literal(f"{few([task.title for task in tasks])}. By {name}: {reason}"), most)
        for (name, reason), tasks in declined_together(incident).items()
    ]


def _going_on(incident: Incident, step: Step) -> str:
    left = [(task.due, task.owner) for task in open_tasks(incident, step) if task.goes_on and task.due is not None]
    if not left:
        return ""
    whose = dict.fromkeys(f"{literal(owner)} by {day_and_time(due)}" for due, owner in sorted(left))
    return f"{counted(len(left), 'task')} {'goes' if len(left) == 1 else 'go'} on: {few([*whose], NAMED)}"


def _counted(label: str, alike: Sequence[OpenItem]) -> str:
    number = sum(item.number for item in alike)
    dated = sorted((item.due, item.until) for item in alike if item.due is not None)
    said = label if number == 1 and label in _SINGLE else counted(number, label, _SEVERAL.get(label, ""))
    return literal(said) + "".join(f" ({until} {day_and_time(due)})" for due, until in dated[:1])


# What was open at the close and accepted by name, in a few words.


"""So many of a kind are named; more are counted."""
_OF_SECRETS = {
    OLD: ("old key not dead", "old keys not dead"),
    ATTESTED: ("old key vouched dead, not confirmed", "old keys vouched dead, not confirmed"),
    NEW: ("new key not in place", "new keys not in place"),
    SUPERSEDED: ("earlier new key that still works", "earlier new keys that still work"),
    TARGET: ("other key that leaked instead", "other keys that leaked instead"),
}
_CALLED = {
    "reader": ("reader", "readers"),
    TASK: ("task", "tasks"),
    "usage": ("key with unidentified readers", "keys with unidentified readers"),
    "glass": ("broken glass not reviewed", "keys with broken glass not reviewed"),
    "left-alone": ("undeclared secret", "undeclared secrets"),
    "deny": ("denied role", "denied roles"),
    "reach": ("key that can read undeclared secrets", "keys that can read undeclared secrets"),
    "leaver": ("secret they had", "secrets they had"),
    "notification": ("notice", "notices"),
}
"""Countable items: the words for one, and for several."""
_ONE_ITEM = {
    "departure": "no second approver",
    "impact": "impact not recorded",
    "root-cause": "root cause not recorded",
    "abuse": "abuse not answered",
    "page": "page not acknowledged",
}


def closed_by(incident: Incident) -> str:
    """``ada``, or ``ada, ben agreed`` where a second person had to; empty while it is open. Plain."""
    if incident.closed is None:
        return ""
    return closer_words(incident.closed.name, incident.closer)


def closer_words(name: str, proposer: str) -> str:
    """The same for an event: its author, and the person who proposed it."""
    return f"{proposer}, {name} agreed" if proposer else name


def closed_over(incident: Incident) -> str:
    """``2 backdoor checks of a, done since · 3 tasks. Reason: …``, as a phrase; empty where nothing was open at
    the close.
    """
    if incident.closed is None or not incident.accepted_items:
        return ""
    kinds = _kinds(incident, _named, _done_since(incident))
    return f"{' · '.join(kinds)}. Reason: {literal(incident.accepted_reason)}"


def closed_over_outside(incident: Incident) -> str:
    """The same for readers who may see no names and no reasons: ``2 backdoor checks, 3 tasks; closed by ada``."""
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
            yield f"{counted(count, 'backdoor check')}{of(names)}{_since(done.get(kind, 0), count)}"
        elif kind == COPIES:
            yield f"{counted(sum(_copies_at_close(incident, name) for name in names), 'copy', 'copies')}{of(names)}"
        elif kind in _CALLED:
            yield f"{counted(len(items), *_CALLED[kind])}{_since(done.get(kind, 0), len(items))}"
        else:
            yield _ONE_ITEM.get(kind, kind.replace("-", " "))


def _checks_at_close(incident: Incident, name: str) -> int:
    """Checks open at the close, including ones answered since."""
    secret, closed = incident.secrets.get(name), incident.closed
    if secret is None or closed is None:
        return 0
    return sum(check.ended is None or check.ended.at > closed.at for check in secret.checks.values())


def _copies_at_close(incident: Incident, name: str) -> int:
    """None can be settled after it."""
    return len(incident.secrets[name].open_copies) if name in incident.secrets else 0


# Open tasks, counted and named in the same way everywhere.


def by_whom(task: Task) -> str:
    """Who does it, and by when: ``dana, by 2026-11-25 20:00 UTC``. Plain."""
    due = f"by {task.due:%Y-%m-%d %H:%M} UTC" if task.due else "no date"
    return f"{task.owner or 'NO OWNER'}, {due}"


def tasks_left(incident: Incident, now: datetime | None = None) -> str:
    """``6 tasks left, the first due Mon 20:00``: the open tasks, as a phrase; empty without any. With `now`, how many
    are overdue: ``6 tasks left, 2 overdue, the first since Mon 20:00``.
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
