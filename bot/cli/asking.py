"""Giving a command to an incident as the person who sits here, and what follows."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import status
from bot.cli.terminal import Terminal

if TYPE_CHECKING:
    from bot.cli.carrying import Finished
    from bot.incident.commands import Command
    from bot.incident.state import Incident

NoWait = Annotated[bool, typer.Option("--no-wait", help="Only record it; do not wait for the work.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; the report quotes it.")]


def new_command_id() -> str:
    """Each run of a command is a new request."""
    return f"terminal-{uuid.uuid4().hex}"


def ask(terminal: Terminal, incident: str, body: Command) -> Incident:
    """Gives the command. Raises Declined with the rules' own words if they refuse it."""
    from bot.incident.refusals import Declined

    application = terminal.application
    reply = application.desk.do(incident, body, application.actor(), new_command_id())
    if reply.refused:
        raise Declined(reply.refused)
    return reply.incident


def ask_and_show(terminal: Terminal, incident: str, body: Command, *, no_wait: bool) -> int:
    """Gives the command, waits for its work, and shows where that led."""
    return follow(terminal, ask(terminal, incident, body), no_wait=no_wait)


def record(terminal: Terminal, incident: str, body: Command, told: str) -> None:
    """Gives a command that leads to no work, and says that it is in the log."""
    state = ask(terminal, incident, body)
    terminal.document({"incident": state.id, "events": state.seq})
    terminal.say(told)


def follow(terminal: Terminal, incident: Incident, *, no_wait: bool, finished: Finished | None = None) -> int:
    """Waits for the incident's work unless told not to, shows it, and gives the exit status of its keys."""
    from bot.cli.carrying import carry_through, settled
    from bot.cli.showing import show_incident

    if no_wait:
        terminal.document({"incident": incident.id, "events": incident.seq})
        terminal.say(f"Recorded in {incident.id}.")
        return status.DONE
    state = carry_through(terminal, incident.id, finished or settled, since=incident.seq)
    show_incident(terminal, state, terminal.application.clock())
    return status.of_keys(state)
