"""Commands about the event log itself: log verify, log rebuild."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from bot.cli import status
from bot.cli.command import command
from bot.cli.looking import IncidentId
from bot.cli.terminal import Terminal


def register(app: typer.Typer) -> None:
    log = typer.Typer(no_args_is_help=True, help="Check the event log, or rebuild what is derived from it.")
    log.command("verify")(command(verify))
    log.command("rebuild")(command(rebuild))
    app.add_typer(log, name="log", rich_help_panel="Keep the record")


def verify(
    terminal: Terminal,
    incident: IncidentId,
    *,
    head: Annotated[
        str | None,
        typer.Option(metavar="SEQ:DIGEST", help="A head from outside: from the channel, or from the report."),
    ] = None,
) -> int:
    """Check that nobody has changed an incident's log."""
    from bot.journal import verify_incident

    verdict = verify_incident(terminal.application.journal, incident, head)
    terminal.document({**asdict(verdict), "verdict": verdict.sentence})
    terminal.say(verdict.sentence, style="green" if verdict.ok else "bold red")
    for finding in verdict.findings:
        terminal.say(finding, indent=2)
    terminal.say(f"head {verdict.head}")
    return status.DONE if verdict.ok else status.FAILED


def rebuild(terminal: Terminal) -> int:
    """Make the list of incidents and of taken secrets anew, from the events alone."""
    from bot.journal import rebuild as rebuilt
    from bot.report.durations import counted

    result = rebuilt(terminal.application.journal)
    terminal.document(asdict(result))
    incidents, events = counted(result.incidents, "incident"), counted(result.events, "event")
    terminal.say(f"Rebuilt from {events} of {incidents}.")
    for conflict in result.conflicts:
        terminal.say(conflict, style="red")
    return status.FAILED if result.conflicts else status.DONE
