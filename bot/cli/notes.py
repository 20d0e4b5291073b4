"""Commands that keep the record: note, task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, assert_never

import typer

from bot.cli.arguments import argument, flag, option, parse_time
from bot.cli.inbox import ask, record
from bot.cli.show import IncidentId
from bot.cli.terminal import Terminal
from bot.errors import Misuse

if TYPE_CHECKING:
    from datetime import datetime

    from bot.incident.commands import AddTask, ChangeTask, DeclineTask, FinishTask

TaskVerb = Literal["add", "change", "done", "decline"]
Why = Annotated[str, option("--reason", "TEXT", "Needed to change or decline.")]


def note(
    terminal: Terminal,
    incident: IncidentId,
    text: Annotated[str, argument("TEXT", "Never a secret.")] = "",
    *,
    message: Annotated[
        str, option("--message", "LINK", "Keep this message of Slack's instead of a text, masked.")
    ] = "",
    finding: Annotated[bool, flag("--finding", "A finding of the investigation.")] = False,
    impact: Annotated[bool, flag("--impact", "What could be done with it, by whom, since when.")] = False,
    root_cause: Annotated[bool, flag("--root-cause", "How it leaked, or “unknown, because …”.")] = False,
    no_abuse: Annotated[bool, flag("--no-abuse", "Nobody was seen to use it: where you looked.")] = False,
    abuse_unknown: Annotated[bool, flag("--abuse-unknown", "Why nobody can tell who used it.")] = False,
    all_the_same: Annotated[
        bool, flag("--all-the-same", "With --no-abuse, although a reader or a check speaks against it.")
    ] = False,
) -> None:
    """Write something down: a note, a finding, the impact, the root cause, or whether it was abused.

    For example:
      bot note inc_ab12cd 'the key was in the image since Tuesday'
      bot note inc_ab12cd 'no model was called with it' --finding
    """
    from bot.inbox.messages import AddMessage, place_in
    from bot.incident.commands import AddNote, RecordFinding
    from bot.phrases.readers import use_against

    if bool(text) == bool(message):
        raise Misuse("Say either a text or the link of a message: TEXT, or --message LINK.")
    if message:
        record(terminal, incident, AddMessage(*place_in(message)), f"{incident}: the message is kept, masked.")
        return
    kinds = {"finding": finding, "impact": impact, "root-cause": root_cause}
    kinds |= {"no-abuse": no_abuse, "abuse-unknown": abuse_unknown}
    chosen = [kind for kind, wanted in kinds.items() if wanted]
    if len(chosen) > 1:
        raise Misuse("One text is one thing: a finding, the impact, the root cause, or whether it was abused.")
    if no_abuse and not all_the_same:
        demand_anyway(
            terminal, use_against(terminal.incidents.load(incident)), "that nobody was seen to use it", "--no-abuse"
        )
    body = RecordFinding(chosen[0], text) if chosen else AddNote(text)
    record(terminal, incident, body, f"{incident}: written down.")


def demand_anyway(terminal: Terminal, against: str, what: str, option: str) -> None:
    """Asks once more where something contradicts what is to be recorded; Misuse where nobody can be asked."""
    from bot.phrases.marks import plain

    if not against:
        return
    if not terminal.interactive:
        raise Misuse(f"Contradicts this: {plain(against)}. Add --all-the-same to record {option} anyway.")
    terminal.hint(f"Contradicts this: {plain(against)}.", style="bold red")
    if not typer.confirm(f"Record anyway {what}?", default=False, err=True):
        raise typer.Abort


def task(
    terminal: Terminal,
    incident: IncidentId,
    verb: Annotated[TaskVerb, typer.Argument(metavar="add|change|done|decline")],
    subject: Annotated[str, argument("TITLE|ID", "A title to add, else the task's id.")],
    *,
    owner: Annotated[str, typer.Option(metavar="NAME", help="Who does it, of the people file; you unless said.")] = "",
    due: Annotated[str, typer.Option(metavar="TIME", help="By when; UTC unless said.")] = "",
    step: Annotated[str, option("--step", "STEP", "Which step it belongs to.")] = "remediate",
    reason: Why = "",
) -> None:
    """Add a task, give it to somebody else or another time (a later one with a reason), or end it: done, or declined
    with a reason.

    For example:
      bot task inc_ab12cd add 'scan images in CI' --owner ada --due 2030-01-31
      bot task inc_ab12cd decline t3 --reason 'done by the scanner'
    """
    body = _task(verb, subject, owner=owner, due=parse_time(due), step=step, reason=reason)
    record(terminal, incident, body, f"{incident}: task {verb}.")


def _task(
    verb: TaskVerb, subject: str, *, owner: str, due: datetime | None, step: str, reason: str
) -> AddTask | ChangeTask | FinishTask | DeclineTask:
    from bot.incident.commands import AddTask, ChangeTask, DeclineTask, FinishTask

    match verb:
        case "add":
            return AddTask(subject, owner, due, step)
        case "change":
            return ChangeTask(subject, owner, due, reason)
        case "done":
            return FinishTask(subject)
        case "decline":
            if not reason:
                raise Misuse("A task is declined with a reason: --reason TEXT.")
            return DeclineTask(subject, reason)
        case _:
            assert_never(verb)


def redact(
    terminal: Terminal,
    incident: IncidentId,
    events: Annotated[list[int], argument("EVENT...", "Their numbers, as `bot timeline` and the report have them.")],
    *,
    reason: Annotated[str, option("--reason", "TEXT", "Why, without repeating it; the report quotes this.")] = "",
) -> None:
    """Propose to take people's words out of events for good. Another person must agree, by `bot approve`.

    For example:
      bot redact inc_ab12cd 14 --reason 'a name stands in it'
      bot redact inc_ab12cd 14 15 --reason 'both quote a customer'
    """
    from bot.inbox import RedactChoice

    if not reason.strip():
        raise Misuse("Words are taken out of the log with a reason: --reason TEXT.")
    state = ask(terminal, incident, RedactChoice(tuple(dict.fromkeys(events)), reason))
    waiting = state.proposal
    terminal.document({"incident": state.id, "events": state.seq, "proposal": waiting.number if waiting else None})
    if waiting is not None:
        terminal.say(f"{incident}: proposed. Another person with approve agrees: `bot show {incident}` has the line.")
