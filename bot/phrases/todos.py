"""What people read of a to-do: one line, and what they need to know to deal with it. Plain text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.incident.access.readers import principal_name, readers_of
from bot.incident.state import Incident, Task
from bot.incident.steps.rules import blockers
from bot.incident.todos import Todo
from bot.model.providers import provider_name
from bot.phrases.access import copy_words, place_words, settled_words
from bot.phrases.approvals import proposed
from bot.phrases.closing import deletion_words
from bot.phrases.readers import expected_words
from bot.phrases.times import few

_LINES: Mapping[str, str] = {
    "attest": "vouch that the old {secret} is dead",
    "by-hand": "revoke {secret} at {provider}",
    "close": "close the incident",
    "departure": "agree to the departure",
    "hold": "resume revocations: {reason}",
    "glass": "review why the glass was broken for {secret}",
    "held": "use or refuse the new {secret}",
    "new-key": "make a new {secret} at {provider}",
    "report": "the report: {reason}",
    "revoke": "revoke {secret}",
    "rights": "choose the rights of the new {secret}",
    "role": "accept or decline: {reason}",
    "roll-back": "roll back {secret}",
    "stuck": "retry {subject}",
    "undeclared": "add what leaked too: {words}",
    "update": "status update to {subject}",
    "which-key": "say which key of {secret} leaked",
}


def todo_words(incident: Incident, todo: Todo) -> str:
    """One line, without who and when."""
    reason = todo.choices[0].reason if todo.choices else todo.words
    match todo.kind.name:
        case "plan":
            return f"agree to revoke {few(list(incident.request.plans)) if incident.request is not None else ''}"
        case "proposal" if (asked := incident.proposal) is not None:
            return f"{asked.by} proposes: {proposed(asked.what, asked.subject, asked.if_failing)}"
        case "reader":
            return f"{principal_name(todo.subject)} read {few(readers_of(incident).get(todo.subject, ()))}"
        case "check":
            return f"{_item(todo)} at {_provider(incident, todo.secret)}"
        case "copy":
            return place_words(incident.secrets[todo.secret].copies[_item(todo)])
        case "task":
            return incident.tasks[todo.subject].title
        case "step" if (step := incident.step(todo.subject)) is not None:
            return step.definition.title
        case "notice" | "finding":
            return todo.words or reason
    return _LINES[todo.kind.name].format(
        secret=todo.secret,
        provider=_provider(incident, todo.secret),
        reason=reason,
        subject=todo.subject or "what failed",
        words=todo.words,
    )


def todo_details(incident: Incident, todo: Todo) -> Iterator[str]:
    """What is known of it, and where to look, as sentences; what it waits for comes first."""
    if todo.waits:
        yield todo.waits
    match todo.kind.name:
        case "check":
            secret = incident.secrets[todo.secret]
            check = secret.checks[_item(todo)]
            yield secret.where_to_look(check)
            if check.found:
                yield f"{settled_words(check)}."
        case "copy":
            state = incident.secrets[todo.secret].copies[_item(todo)]
            owner = f" (ask {state.copy.owner})" if state.copy.owner else ""
            yield f"{copy_words(state)}. {state.copy.update}{owner}"
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


def about_task(incident: Incident, task: Task) -> Iterator[str]:
    """Who does it, until when, and the step that it belongs to."""
    yield task.owner or "nobody yet"
    yield f"due {task.due:%Y-%m-%d %H:%M} UTC" if task.due is not None else "no due time"
    if (step := incident.step(task.step)) is not None:
        yield f"step “{step.definition.title}”"


_PLURALS = {"check": "checks", "copy": "copies", "reader": "readers", "task": "tasks", "step": "steps",
            "notice": "notices"}  # fmt: skip


def plural(kind: str) -> str:
    """What several of them are called, and typed: ``readers``."""
    return _PLURALS.get(kind, kind)


def _item(todo: Todo) -> str:
    return todo.subject.partition("/")[2]


def _provider(incident: Incident, secret: str) -> str:
    state = incident.secrets.get(secret)
    return provider_name(state.entry.provider) if state is not None else ""
