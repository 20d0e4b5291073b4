"""The words of a to-do: one line, and what people need to know for it. Plain text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bot.incident import commands as c
from bot.incident.access.readers import principal_name, readers_of
from bot.incident.consumers.lacking import troubled
from bot.incident.kinds import Face
from bot.incident.obligations.rules import notice_clocks
from bot.incident.state import Incident, SecretState, Task
from bot.incident.steps.rules import blockers
from bot.incident.taking import BY_HAND, NEW_KEY, UNDO
from bot.incident.todos import Todo, tags
from bot.incident.updates.rules import draft_text
from bot.model.providers import provider_name
from bot.phrases.access import copy_words, place_words, settled_words
from bot.phrases.approvals import proposed
from bot.phrases.closing import deletion_words
from bot.phrases.marks import day_and_time, literal, plain
from bot.phrases.needs import need_words
from bot.phrases.notices import notice_lines
from bot.phrases.readers import expected_words
from bot.phrases.times import counted, few, listed

_FINDINGS = {
    "impact": "what could be done with the keys",
    "root-cause": "the root cause, or why it is unknown",
    "no-abuse": "whether someone used the keys",
}


def todo_words(incident: Incident, todo: Todo) -> str:
    """One line, without who and when."""
    reason = todo.choices[0].reason if todo.choices else todo.words
    match todo.kind.name:
        case "undo" if ends := [each.reason for each in todo.choices if each.kind is c.EndSessions]:
            return ends[0]
        case "plan":
            return f"agree to revoke {few(list(incident.request.plans)) if incident.request is not None else ''}"
        case "proposal" if (asked := incident.proposal) is not None:
            return f"{asked.by} proposes: {proposed(asked.what, asked.subject)}"
        case "reader":
            return f"{principal_name(todo.subject)} read {few(readers_of(incident).get(todo.subject, ()))}"
        case "copy":
            return place_words(incident.secrets[todo.secret].copies[_item(todo)])
        case "task":
            return incident.tasks[todo.subject].title
        case "step" if (step := incident.step(todo.subject)) is not None:
            return step.definition.title
        case "glass":
            names = [secret.name for secret in incident.secrets.values() if secret.reviewers_missing]
            return f"review why the glass was broken for {few(names)}"
        case "report":
            return f"{'sign' if incident.report.path else 'write'} the report"
        case "finding":
            return f"record {_FINDINGS[todo.subject]}"
        case "revoke" if c.KillNow not in {choice.kind for choice in todo.choices}:
            return f"break the glass for {todo.secret}, if no second approver can be reached"
        case "revoke" if troubled(incident.secrets[todo.secret]):
            return f"revoke the old {todo.secret}, or roll back"
        case "compare" if incident.secrets[todo.secret].mistaken is not None:
            return reason
    return todo.kind.line.format(
        secret=todo.secret,
        provider=_provider(incident, todo.secret),
        reason=reason,
        subject=todo.subject or "what failed",
        item=_item(todo),
        words=todo.words or reason,
    )


def todo_details(incident: Incident, todo: Todo) -> Iterator[str]:
    """The known facts, and where to look, as sentences; what it waits for comes first."""
    if todo.waits:
        yield todo.waits
    if todo.taken is not None:
        yield f"{todo.taken.name} took this at {todo.taken.at:%H:%M} UTC."
    match todo.kind.name:
        case "by-hand" | "new-key" | "revoke" | "attest" | "held" | "which-key":
            yield plain(need_words(incident, incident.secrets[todo.secret], todo.choices))
            yield from work_lines(incident, todo.id)
        case "stuck" | "glass" if todo.choices:
            yield todo.choices[0].reason
        case "check":
            yield from _check_lines(incident.secrets[todo.secret], _item(todo))
        case "undo":
            yield from work_lines(incident, todo.id)
        case "update":
            yield from draft_text(incident, todo.subject).splitlines()
        case "copy":
            state = incident.secrets[todo.secret].copies[_item(todo)]
            owner = f" (ask {state.copy.owner})" if state.copy.owner else ""
            yield f"{copy_words(state)}. {state.copy.update}{owner}"
        case "notice":
            duty = next(each for each in notice_clocks(incident) if each.obligation.id == todo.subject)
            yield from notice_lines(duty)
        case "reader":
            yield todo.subject
            said = incident.readers.get(todo.subject)
            if said is not None:
                yield f"{said.outcome} ({said.by.name}{f': {said.note}' if said.note else ''})"
            yield expected_words(incident, todo.subject)
        case "task":
            yield ", ".join(about_task(incident, incident.tasks[todo.subject]))
        case "step" if (step := incident.step(todo.subject)) is not None:
            if waiting := blockers(incident, step):
                yield f"Waits for: {'; '.join(waiting)}."
            if deleted := deletion_words(incident, todo.subject):
                yield deleted


def work_lines(incident: Incident, todo: str) -> Iterator[str]:
    """The work by hand for the to-do of this id: the key, its place, the steps. Empty for other kinds."""
    kind, _, subject = todo.partition(":")
    name, _, item = subject.partition("/")
    secret = incident.secrets.get(name)
    if secret is not None and kind == UNDO and item in secret.checks:
        yield from _check_lines(secret, item)
    if secret is None or kind not in {BY_HAND, NEW_KEY}:
        return
    known = f" {secret.old.hint}" if secret.old.hint else ""
    yield f"{secret.entry.title}{known}"
    if secret.by_hand.console:
        yield f"Where: {secret.by_hand.console}"
    guide = secret.by_hand.revoke if kind == BY_HAND else secret.by_hand.issue
    verb = "Revoke it" if kind == BY_HAND else "Make a new key"
    yield from guide.strip().splitlines() or [f"{verb} in {_provider(incident, name)}'s console."]


def _check_lines(secret: SecretState, item: str) -> Iterator[str]:
    """Where a person looks, and what was found."""
    check = secret.checks[item]
    yield secret.where_to_look(check)
    if check.found:
        yield f"{settled_words(check)}."


@dataclass(frozen=True)
class Row:
    """A line of the list: one to-do, or what is answered together. `name` and `tag` are what people type for it."""

    name: str
    tag: str
    todos: tuple[Todo, ...]

    @property
    def first(self) -> Todo:
        return self.todos[0]


def rows_of(listed: Iterable[Todo]) -> list[Row]:
    """The rows, in the order of the list. What can be answered now and what waits are rows of their own."""
    groups: dict[tuple[str, bool], list[Todo]] = {}
    for one in listed:
        groups.setdefault((_together(one), bool(one.choices)), []).append(one)
    names = {key: some[0].id if len(some) == 1 else key[0] for key, some in groups.items()}
    tag = tags(names.values())
    return [Row(names[key], tag[names[key]], tuple(some)) for key, some in groups.items()]


def _together(one: Todo) -> str:
    """The row of a to-do: one for the answers of a kind, and one for all keys that one command compares."""
    if any(choice.kind is c.CompareValue for choice in one.choices):
        return one.kind.name
    return one.group if one.kind.face is Face.ANSWER else one.id


def row_words(incident: Incident, row: Row) -> str:
    """One line, without who and when."""
    first = row.first
    if len(row.todos) == 1:
        return todo_words(incident, first)
    if first.kind.name == "compare":
        return f"check whether {len(row.todos)} keys are the leaked ones"
    what = f"{len(row.todos)} {first.kind.plural}{f' of {first.secret}' if first.secret else ''}"
    return f"{what} to identify" if first.kind.name == "reader" else what


def about_task(incident: Incident, task: Task) -> Iterator[str]:
    """Who does it, until when, and the step that it belongs to."""
    yield task.owner or "no one yet"
    yield f"due {task.due:%Y-%m-%d %H:%M} UTC" if task.due is not None else "no due time"
    if (step := incident.step(task.step)) is not None:
        yield f"step “{step.definition.title}”"


def first_due(some: Iterable[Todo]) -> str:
    """``, first due 17:05 UTC``, to follow their number; empty where none is due."""
    due = min((one.due for one in some if one.due is not None), default=None)
    return f", first due {day_and_time(due)}" if due is not None else ""


def number_words(incident: Incident, some: Sequence[Todo]) -> str:
    """``3 checks``; up to three steps by name: ``step Remediate``. All are of one kind."""
    kind = some[0].kind
    if kind.name != "step" or len(some) > 3:
        return counted(len(some), kind.name, kind.plural)
    return f"{'step' if len(some) == 1 else 'steps'} {listed([literal(todo_words(incident, one)) for one in some])}"


def _item(todo: Todo) -> str:
    return todo.subject.partition("/")[2]


def _provider(incident: Incident, secret: str) -> str:
    state = incident.secrets.get(secret)
    return provider_name(state.entry.provider) if state is not None else ""
