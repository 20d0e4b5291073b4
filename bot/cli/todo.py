"""What waits for people, and answers to it: todo, answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.arguments import argument, flag, option
from bot.cli.inbox import ask
from bot.cli.show import IncidentId
from bot.cli.terminal import Terminal
from bot.errors import Misuse

if TYPE_CHECKING:
    from bot.cli.documents import Document
    from bot.incident.commands import Answer
    from bot.incident.state import Incident
    from bot.incident.todos import Todo
    from bot.people import Person

WHAT = "[WHAT]"
SAID = "WHAT... OUTCOME"
OUTCOMES = "checks: clear, handled; copies: updated, purged, accepted; readers: ours, explained, unexplained, removed; "
STEPS = "tasks: done, declined; steps: done, skipped; notices: notify, not-required, sent"


def todo(
    terminal: Terminal,
    incident: Annotated[str, argument("[INCIDENT]", "Its id; all open ones unless said.")] = "",
    what: Annotated[str, argument(WHAT, "One of them, or its kind, such as readers: with all there is to know.")] = "",
) -> None:
    """List what waits for people, the most urgent first: yours, then what is for others.

    For example:
      bot todo
      bot todo inc_ab12cd checks
    """
    from bot.incident.todos import todos

    named = [incident] if incident else [each.incident for each in terminal.incidents.summaries("open")]
    documents: list[Document] = []
    for each in named:
        state = terminal.incidents.look(each).incident
        listed = todos(state, terminal.clock(), settled=bool(what))
        if what:
            listed = matching(listed, what, each)
        documents += [_document(state, one) for one in listed]
        _show(terminal, state, listed, details=bool(what))
    terminal.document(documents)
    if not named:
        terminal.say("No incident is open.")


def answer(
    terminal: Terminal,
    incident: IncidentId,
    said: Annotated[list[str], argument(SAID, f"What `bot todo` lists, then the outcome. {OUTCOMES}{STEPS}.")],
    *,
    note: Annotated[str, option("--note", "TEXT", "What you saw or did; the report quotes it.")] = "",
    by: Annotated[str, option("--by", "NAME", "Of notices: who has decided; needed unless you decide.")] = "",
    again: Annotated[str, option("--again", "TIME", "Of notices: decide again then, although not required now.")] = "",
    at: Annotated[str, option("--at", "TIME", "Of notices: when it was sent; now unless said, UTC.")] = "",
    delay: Annotated[str, option("--delay", "TEXT", "Of notices: why it was late, if it was.")] = "",
    anyway: Annotated[
        bool, flag("--anyway", "Of notices: not required, although something known contradicts that.")
    ] = False,
) -> None:
    """Answer checks, copies, readers, tasks, steps and notices, several at once: one outcome, one note.

    What was found, and readers that nobody can explain, are answered one by one; notices with notices only. To finish
    a task takes no note; of a notice that was sent the note is its reference.

    For example:
      bot answer inc_ab12cd checks clear --note 'looked at each, nothing new'
      bot answer inc_ab12cd notices not-required --by 'Kim Lee, counsel' --note 'made-up data'
    """
    from bot.cli.notes import demand_anyway
    from bot.cli.notices import NoticeOptions, with_decision
    from bot.incident.commands import NoticeAnswer, Settle
    from bot.incident.model import NoticeOutcome
    from bot.incident.todos import answered, answers, needs_note, todos
    from bot.phrases.readers import notifiable_against

    *names, outcome = said
    if not names:
        raise Misuse(f"Name what you answer: `bot todo {incident}` lists it.")
    state = terminal.incidents.load(incident)
    listed = todos(state, terminal.clock(), settled=True)
    chosen = {one.id: one for name in names for one in matching(listed, name, incident)}
    rows: list[Answer] = []
    for one in chosen.values():
        possible = answers(one)
        if outcome not in possible:
            raise Misuse(_no_outcome(one, outcome, list(possible)))
        rows.append(possible[outcome])
    if not note.strip() and terminal.interactive and any(map(needs_note, rows)):
        note = str(typer.prompt("For the report: who looked, and what they saw or did (never a secret)", err=True))
    rows = [answered(row, note) for row in rows]
    of_notices = NoticeOptions(by, again, at, delay)
    rows = [with_decision(terminal, state, row, of_notices) if isinstance(row, NoticeAnswer) else row for row in rows]
    if outcome == NoticeOutcome.NOT_REQUIRED and not anyway:
        demand_anyway(terminal, notifiable_against(state), "that nobody need be told", outcome)
    _deletes(terminal, state, list(chosen.values()))
    state = ask(terminal, incident, Settle(tuple(rows)))
    if terminal.json:
        terminal.document([_document(state, one) for one in todos(state, terminal.clock())])
    terminal.say(f"{incident}: {', '.join(chosen)}: {outcome}.")
    _go_on(terminal, state, list(chosen.values()))
    if not state.open and outcome == "handled":
        terminal.hint("Something was there after the close: reopen the incident to look into it.")
        terminal.command(f"bot incident reopen {incident} --note WHY")


def _deletes(terminal: Terminal, incident: Incident, chosen: Sequence[Todo]) -> None:
    """What the end of an investigation lets the bot delete is said, and asked, before it is given."""
    from bot.phrases.closing import deletion_words
    from bot.phrases.marks import plain

    deleted = [deletion_words(incident, one.subject) for one in chosen if one.kind.name == "step"]
    for words in filter(None, deleted):
        terminal.hint(plain(words), style="bold red")
        if terminal.interactive and not typer.confirm("End the step?", default=False, err=True):
            raise typer.Abort


def _go_on(terminal: Terminal, incident: Incident, chosen: Sequence[Todo]) -> None:
    """The tasks that go on beside a step that is over."""
    from bot.phrases.closing import tasks_beside
    from bot.phrases.marks import plain

    steps = [incident.step(one.subject) for one in chosen if one.kind.name == "step"]
    for step in steps:
        if step is not None and (left := tasks_beside(incident, step)):
            terminal.say(f"{plain(left)}.")


def matching(listed: Sequence[Todo], what: str, incident: str) -> list[Todo]:
    """By its id, by the kind and the secret (``check:stripe``), by the kind (``checks``), or by what it is about.
    Misuse for what is none of them, or could be several.
    """
    from bot.phrases.todos import plural

    called = [(one, (one.id, one.group, one.kind.name, plural(one.kind.name))) for one in listed]
    for way in range(4):
        if found := [one for one, names in called if names[way] == what]:
            return [one for one in found if one.open] or found
    found = [one for one in listed if what in _shorter(one)]
    if len(found) == 1:
        return found
    if found:
        raise Misuse(f"{what!r} can be {' or '.join(one.id for one in found)}: say which.")
    raise Misuse(f"Nothing on the list is called {what!r}: `bot todo {incident}` shows it.")


def _shorter(one: Todo) -> set[str]:
    """What it is about, as people call it: a task's id, the end of an ARN."""
    from bot.incident.access.readers import principal_name

    return {one.subject, one.subject.rpartition("/")[2], principal_name(one.subject)}


def _no_outcome(one: Todo, outcome: str, possible: Sequence[str]) -> str:
    if one.waits:
        return f"{one.id} cannot be answered yet. {one.waits}"
    if not possible:
        return f"{one.id} is not answered so: `bot todo` shows the command."
    return f"{outcome!r} is no outcome of {one.id}: end with {' or '.join(possible)}."


def _show(terminal: Terminal, incident: Incident, listed: Sequence[Todo], *, details: bool) -> None:
    from bot.phrases.marks import plain
    from bot.phrases.readers import cut_off_words
    from bot.phrases.states import headline

    terminal.say(f"{incident.id} {incident.environment}: {plain(headline(incident))}", style="bold")
    if words := cut_off_words(incident):
        terminal.warn(words)
        terminal.say(words, style="yellow", indent=2)
    me = _me(terminal)
    mine = [one for one in listed if me is not None and _is_mine(one, me)]
    others = [one for one in listed if one not in mine]
    for title, some in (("YOURS", mine), ("OTHERS" if mine else "", others)):
        if some and title:
            terminal.say(title)
        for group in _grouped(some, together=not details):
            _say(terminal, incident, group, details=details)
    if not listed:
        terminal.say("Nothing waits for a person.", indent=2)


def _grouped(listed: Iterable[Todo], *, together: bool) -> list[list[Todo]]:
    """What is answered together stands on one line; each decision, and each thing to do, on its own."""
    from bot.incident.todos import Face

    groups: dict[tuple[str, bool], list[Todo]] = {}
    for one in listed:
        alike = one.group if together and one.kind.face is Face.ANSWER else one.id
        groups.setdefault((alike, bool(one.waits)), []).append(one)
    return list(groups.values())


def _say(terminal: Terminal, incident: Incident, group: Sequence[Todo], *, details: bool) -> None:
    from bot.phrases.todos import plural, todo_details, todo_words

    first = group[0]
    several = f"{len(group)} {plural(first.kind.name)}{f' of {first.secret}' if first.secret else ''}"
    words = todo_words(incident, first) if len(group) == 1 else several
    name = first.id if len(group) == 1 else first.group
    terminal.say(f"{first.kind.face:7} {name}: {words}{_when(terminal, first)}", indent=2, style=_style(first))
    if details:
        for line in todo_details(incident, first):
            terminal.say(line, indent=10)
    if not first.waits:
        terminal.command(_command(incident, first, name), indent=10)


def _style(one: Todo) -> str:
    from bot.incident.todos import Rank

    return "" if one.waits else "bold red" if one.rank in {Rank.WORKS, Rank.FAILING} else "yellow"


def _when(terminal: Terminal, one: Todo) -> str:
    from bot.phrases.approvals import who_can
    from bot.phrases.marks import plain

    who = one.owner
    if not who and one.choices:
        who = plain(who_can([person.actor for person in terminal.application.files.people], one.choices[0]))
    due = f"due {one.due:%Y-%m-%d %H:%M} UTC" if one.due is not None else ""
    waits = "waits" if one.waits else ""
    said = ", ".join(filter(None, (waits, who, due)))
    return f" ({said})" if said else ""


def _command(incident: Incident, one: Todo, name: str) -> str:
    import shlex

    from bot.incident.todos import answers
    from bot.phrases.typed import command_line

    if possible := list(answers(one)):
        note = "" if one.kind.name == "task" else " --note TEXT"
        return f"bot answer {incident.id} {shlex.quote(name)} {possible[0]}{note}"
    return command_line(incident, one.choices[0])


def _me(terminal: Terminal) -> Person | None:
    """The person who sits here, as far as that is known without a look at AWS."""
    application = terminal.application
    name = terminal.person or terminal.named or application.settings.person or ""
    return next((person for person in application.files.people if person.name == name), None)


def _is_mine(one: Todo, me: Person) -> bool:
    from bot.incident.offers import may

    able = any(may(me.actor, choice) for choice in one.choices)
    return one.owner == me.name or (able and not one.owner)


def _document(incident: Incident, one: Todo) -> Document:
    from bot.incident.commands import name_of
    from bot.incident.todos import answers
    from bot.phrases.todos import todo_details, todo_words
    from bot.phrases.typed import command_line

    return {
        "incident": incident.id,
        "todo": one.id,
        "kind": one.kind.name,
        "face": one.kind.face,
        "secret": one.secret or None,
        "subject": one.subject or None,
        "words": todo_words(incident, one),
        "details": list(todo_details(incident, one)),
        "owner": one.owner or None,
        "due": one.due,
        "waits": one.waits or None,
        "blocks": sorted(one.blocks),
        "accepted_at_close": one.accept,
        "outcomes": list(answers(one)),
        "choices": [
            {"command": name_of(choice.kind), "who": choice.whom, "type": command_line(incident, choice)}
            for choice in one.choices
        ],
    }
