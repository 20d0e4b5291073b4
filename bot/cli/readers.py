"""The command that says whose reads of the leaked values these were, and lists them: readers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.command import command
from bot.cli.inbox import ask
from bot.cli.outcomes import names_and_outcome
from bot.cli.show import IncidentId
from bot.cli.terminal import Terminal

if TYPE_CHECKING:
    from bot.incident.state import Incident

PANEL = "Keep the record"
WORDS = "[READER... ours|explained|unexplained|removed]"


def register(app: typer.Typer) -> None:
    app.command("readers", rich_help_panel=PANEL)(command(readers))


def readers(
    terminal: Terminal,
    incident: IncidentId,
    said: Annotated[
        list[str] | None,
        typer.Argument(metavar=WORDS, help="Who read it, and whose reads these are; a list unless said."),
    ] = None,
    *,
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="Who explains it, or whom you asked.")] = "",
) -> None:
    """See who read the leaked values, and account for each: ours, explained by a person, or unexplained.

    While a reader stands as unexplained, new values of what it has read wait for `bot use`, and nobody stands down;
    `removed` says that nobody explains it and that its access was taken away.
    """
    from bot.incident.commands import AccountReader
    from bot.incident.model import ReaderOutcome

    state = terminal.incidents.load(incident)
    if said:
        principals, outcome = names_and_outcome(
            said,
            ReaderOutcome,
            nameless=f"Name who read it: `bot readers {incident}` lists them.",
            unknown="is no answer; end with ours, explained (--note by whom), unexplained or removed.",
        )
        for principal in principals:
            state = ask(terminal, incident, AccountReader(principal, outcome, note))
    _list(terminal, state)


def _list(terminal: Terminal, incident: Incident) -> None:
    from bot.cli.documents import readers_document
    from bot.incident.access.readers import readers_of, unaccounted
    from bot.incident.commands import AccountReader
    from bot.incident.model import ReaderOutcome
    from bot.phrases.readers import ANSWERS, cut_off_words, expected_words
    from bot.phrases.times import listed
    from bot.phrases.typed import line_of

    if words := cut_off_words(incident):
        terminal.warn(words)
    if unread := [name for name in incident.secrets if name not in incident.usage]:
        terminal.warn(f"Nobody has looked yet who read {listed(unread)}.")
    terminal.document(readers_document(incident))
    seen = readers_of(incident)
    if not seen:
        terminal.say("Nobody but the bot was seen to read the leaked values, as far as anybody has looked.")
    if words := cut_off_words(incident):
        terminal.say(words, style="yellow")
    for principal, secrets in seen.items():
        said = incident.readers.get(principal)
        word = (
            "NOT ACCOUNTED FOR"
            if said is None
            else f"{said.outcome} ({said.by.name}{f': {said.note}' if said.note else ''})"
        )
        terminal.say(f"{principal} read {', '.join(secrets)}: {word}", style="yellow" if said is None else "")
        if said is None:
            terminal.say(f"  {expected_words(incident, principal)}")
    for principal in unaccounted(incident)[:1]:
        terminal.say(f"Account for each; {ANSWERS}:")
        terminal.command(line_of(incident.id, AccountReader(principal, ReaderOutcome.OURS)))
