"""The command that puts off a reminder of what is overdue, and lists them: snooze."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bot.cli.command import command
from bot.cli.inbox import ask
from bot.cli.show import IncidentId
from bot.cli.terminal import Terminal

if TYPE_CHECKING:
    from bot.incident.state import Incident

PANEL = "Keep the record"
Until = Literal["hour", "morning"]


def register(app: typer.Typer) -> None:
    app.command("snooze", rich_help_panel=PANEL)(command(snooze))


def snooze(
    terminal: Terminal,
    incident: IncidentId,
    what: Annotated[str, typer.Argument(metavar="[REMINDER]", help="As the list names it; the list unless said.")] = "",
    *,
    until: Annotated[Until, typer.Option("--until", help="For an hour, or until the next morning.")] = "hour",
) -> None:
    """See of what people are reminded because it is overdue, and put one off. A deadline of the law cannot be put off.

    Until then neither whoever owes it nor the channel is reminded; after that both are.
    """
    from bot.incident.commands import SnoozeReminder
    from bot.incident.model import SnoozeFor

    state = terminal.incidents.load(incident)
    if what:
        state = ask(terminal, incident, SnoozeReminder(what, SnoozeFor(until)))
    _list(terminal, state)


def _list(terminal: Terminal, incident: Incident) -> None:
    from bot.incident.reminders.rules import waiting
    from bot.phrases.reminders import reminder_document, reminder_line

    found = [*waiting(incident)]
    documents = [reminder_document(incident, each, last) for each, last in found]
    terminal.document({"incident": incident.id, "events": incident.seq, "reminders": documents})
    if not found:
        terminal.say("Nobody is reminded of anything now: nothing is overdue.")
    for each, last in found:
        terminal.say(each.key, style="bold")
        terminal.say(reminder_line(incident, each, last), indent=2)
