"""What waits for people, and answers to it: todo, answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import status
from bot.cli.arguments import argument, flag, option, parse_time
from bot.cli.inbox import NoWait, Yes, ask, follow, show_document
from bot.cli.show import IncidentId
from bot.cli.terminal import Terminal
from bot.errors import Misuse

if TYPE_CHECKING:
    from datetime import datetime

    from bot.cli.documents import Document
    from bot.incident.commands import Answer
    from bot.incident.state import Incident
    from bot.incident.todos import Todo

WHAT = "[WHAT]"
SAID = "WHAT... OUTCOME"


def todo(
    terminal: Terminal,
    incident: Annotated[str, argument("[INCIDENT]", "Its id; all open ones by default.")] = "",
    what: Annotated[str, argument(WHAT, "One of them, or a kind such as readers, in full.")] = "",
) -> None:
    """List what waits for people, the most urgent first: yours, then others'.

    For example:
      bot todo
      bot todo inc_ab12cd checks
    """
    from bot.cli.documents import todo_document
    from bot.cli.todo_list import seat_of, show_details, show_todos
    from bot.incident.todos import todos
    from bot.phrases.marks import plain
    from bot.phrases.states import headline

    seat = seat_of(terminal)
    named = [incident] if incident else [each.incident for each in terminal.incidents.summaries("open")]
    documents: list[Document] = []
    for each in named:
        state = terminal.incidents.look(each).incident
        listed = todos(state, terminal.clock(), settled=bool(what))
        listed = matching(listed, what, each) if what else listed
        documents += [todo_document(state, one) for one in listed]
        terminal.say(f"{state.id} {state.environment}: {plain(headline(state))}", style="bold")
        if what:
            show_details(terminal, state, listed, seat)
        else:
            show_todos(terminal, state, terminal.clock(), listed, seat)
    terminal.document(documents)
    if not named:
        terminal.say("No incident is open.")


def answer(
    terminal: Terminal,
    incident: IncidentId,
    said: Annotated[list[str], argument(SAID, "What `bot todo` lists, then an outcome that it has.")],
    *,
    note: Annotated[str, option("--note", "TEXT", "What you saw or did; the report quotes it.")] = "",
    by: Annotated[str, option("--by", "NAME", "Of notices: who decided, if not you.")] = "",
    again: Annotated[str, option("--again", "TIME", "Of notices: not required now; decide again on this date.")] = "",
    at: Annotated[str, option("--at", "TIME", "Of notices: when it was sent (UTC); now by default.")] = "",
    delay: Annotated[str, option("--delay", "TEXT", "Of notices: why it was late, if it was.")] = "",
    anyway: Annotated[
        bool, flag("--anyway", "Of notices: not required, although a known fact contradicts that.")
    ] = False,
    yes: Yes = False,
    no_wait: NoWait = False,
) -> int:
    """Answer checks, copies, readers, tasks, steps and notices, several at once: one outcome, one note.

    Answer findings, unexplained readers and decisions (held keys, updates, proposals) one by one; notices only with
    notices. Finishing a task needs no note. For a sent notice the note is its reference, for an update its new text.

    For example:
      bot answer inc_ab12cd checks clear --note 'looked at each, nothing new'
      bot answer inc_ab12cd held:openai-api-key used --note 'the key was just made'
      bot answer inc_ab12cd notices not-required --by 'Kim Lee, counsel' --note 'made-up data'
    """
    from bot.cli.asked import ask_of, sure_of
    from bot.cli.notes import demand_anyway
    from bot.incident.commands import Settle
    from bot.incident.model import NoticeOutcome
    from bot.incident.todos import answered, needs_note, todos
    from bot.phrases.readers import notifiable_against

    *names, outcome = said
    if not names:
        raise Misuse(f"Name what you answer: `bot todo {incident}` lists it.")
    state = terminal.incidents.load(incident)
    listed = todos(state, terminal.clock(), settled=True)
    chosen = {one.id: one for name in names for one in matching(listed, name, incident)}
    rows = [_outcome(one, outcome) for one in chosen.values()]
    if not note.strip() and terminal.interactive and any(map(needs_note, rows)):
        note = str(typer.prompt("For the report: who looked, and what they saw or did (never a secret)", err=True))
    rows = [_noticed(terminal, state, answered(row, note), by, again, at, delay) for row in rows]
    if outcome == NoticeOutcome.NOT_REQUIRED and not anyway:
        demand_anyway(terminal, notifiable_against(state), "that no notice is required", outcome)
    for one, row in zip(chosen.values(), rows, strict=True):
        sure_of(terminal, state, row, named=one.kind.name not in names, yes=yes)
    _deletes(terminal, state, list(chosen.values()))
    state = ask(terminal, incident, Settle(tuple(rows)))
    if any(map(ask_of, rows)):
        return follow(terminal, state, no_wait=no_wait)
    show_document(terminal, state)
    terminal.say(f"{incident}: {', '.join(chosen)}: {outcome}.")
    _go_on(terminal, state, list(chosen.values()), outcome)
    return status.DONE


def _outcome(one: Todo, outcome: str) -> Answer:
    """The answer of this name. Misuse for one that the to-do does not have."""
    from bot.incident.todos import answers

    possible = answers(one)
    if outcome in possible:
        return possible[outcome]
    if one.waits:
        raise Misuse(f"{one.id} cannot be answered yet. {one.waits}")
    if not possible:
        raise Misuse(f"{one.id} is not answered that way. `bot todo` shows the command.")
    raise Misuse(f"{outcome!r} is no outcome of {one.id}: end with {' or '.join(possible)}.")


def _noticed(terminal: Terminal, incident: Incident, row: Answer, by: str, again: str, at: str, delay: str) -> Answer:
    """The answer, to a notice with who decided and when. Misuse if another person decides without being named, since
    the decision would carry the author's name.
    """
    from bot.incident.commands import DecideNotice, RecordNoticeSent

    if isinstance(row, RecordNoticeSent):
        return replace(row, sent_at=parse_time(at), delay=delay)
    if not isinstance(row, DecideNotice):
        return row
    decides = next((each.decides for each in incident.obligations if each.id == row.obligation), "")
    if not by.strip() and decides not in ("", terminal.application.askers.here().actor.name):
        raise Misuse(f"Name who decided: {decides} decides this. Add --by NAME to the decision.")
    return replace(row, decider=by, again=parse_time(again))


def _deletes(terminal: Terminal, incident: Incident, chosen: Sequence[Todo]) -> None:
    """What the end of an investigation lets the bot delete is said, and asked, before it is given."""
    from bot.phrases.closing import deletion_words
    from bot.phrases.marks import plain

    deleted = [deletion_words(incident, one.subject) for one in chosen if one.kind.name == "step"]
    for words in filter(None, deleted):
        terminal.hint(plain(words), style="bold red")
        terminal.sure("End the step?")


def _go_on(terminal: Terminal, incident: Incident, chosen: Sequence[Todo], outcome: str) -> None:
    """What the answer leaves to do: tasks beside a step that is over, the catalog, the reopening."""
    from bot.phrases.closing import tasks_beside
    from bot.phrases.marks import plain

    steps = [incident.step(one.subject) for one in chosen if one.kind.name == "step"]
    for step in steps:
        if step is not None and (left := tasks_beside(incident, step)):
            terminal.say(f"{plain(left)}.")
    if outcome == "ours":
        terminal.hint("To have these reads known for 90 days, propose a change of the catalog:")
        terminal.command(f"bot catalog ours {incident.id}")
    if not incident.open and outcome == "handled":
        terminal.hint("Something was found after the close. Reopen the incident to investigate.")
        terminal.command(f"bot incident reopen {incident.id} --note WHY")


def matching(listed: Sequence[Todo], what: str, incident: str) -> list[Todo]:
    """By its id, by the kind and the secret (``check:stripe``), by the kind (``checks``), by its tag, or by what it is
    about. Misuse for what is none of them, or could be several.
    """
    from bot.incident.todos import TAG, tags

    called = [(one, (one.id, one.group, one.kind.name, one.kind.plural)) for one in listed]
    for way in range(4):
        if found := [one for one, names in called if names[way] == what]:
            return [one for one in found if one.open] or found
    every = tags(name for _, names in called for name in names[:3])
    tagged = [name for name, tag in every.items() if tag.startswith(what) and len(what) >= TAG]
    if len(tagged) == 1:
        return matching(listed, tagged[0], incident)
    found = [one for one in listed if what in _shorter(one)]
    if len(found) == 1:
        return found
    if found:
        raise Misuse(f"{what!r} can be {' or '.join(one.id for one in found)}: choose one.")
    raise Misuse(f"Nothing on the list is called {what!r}: `bot todo {incident}` shows it.")


def one_to_do(incident: Incident, now: datetime, what: str) -> Todo:
    """What is done by hand and is called so; Misuse where that is none, or several."""
    from bot.incident.kinds import Face
    from bot.incident.todos import todos

    found = matching(todos(incident, now, face=Face.DO), what, incident.id)
    if len(found) > 1:
        raise Misuse(f"{what!r} can be {' or '.join(one.id for one in found)}: choose one.")
    return found[0]


def _shorter(one: Todo) -> set[str]:
    """What it is about, as people call it: a task's id, the end of an ARN."""
    from bot.incident.access.readers import principal_name

    return {one.subject, one.subject.rpartition("/")[2], principal_name(one.subject)}
