"""What the commands share by which people decide about planned rotations beforehand."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.inbox import answered, new_command_id
from bot.cli.terminal import Terminal
from bot.errors import Misuse

if TYPE_CHECKING:
    from bot.programme.commands import ProgrammeFromPeople
    from bot.programme.events import ProgrammeEvent
    from bot.programme.state import Programme

PANEL = "Rotate"
Environment = Annotated[
    str, typer.Option("--environment", "-e", metavar="NAME", help="Of which environment; production unless said.")
]
Because = Annotated[str, typer.Option("--because", metavar="TEXT", help="Why; whoever looks at it reads that.")]
Until = Annotated[str, typer.Option("--until", metavar="DATE", help="The last day, UTC; 90 days away at most.")]


def ask[E: ProgrammeEvent](terminal: Terminal, body: ProgrammeFromPeople, kind: type[E]) -> tuple[Programme, E]:
    """The programme after it, and the event it led to. Declined with the worker's words if it refuses."""
    from bot.eventlog import INSTALLATION
    from bot.incident.refusals import Declined

    command_id = new_command_id()
    answer = answered(terminal, INSTALLATION, body, command_id)
    if answer.reason:
        raise Declined(answer.reason)
    log = terminal.event_log.programme
    found = (event for row, event in log.events() if row.command_id == command_id)
    return log.current(), next(event for event in found if isinstance(event, kind))


def environment_of(terminal: Terminal, environment: str) -> str:
    """The one named, else the one that is usually meant."""
    catalog = terminal.application.loaded.catalog
    if environment and environment not in catalog.environments:
        known = ", ".join(catalog.environments)
        raise Misuse(f"There is no environment {environment!r}; the catalog knows {known}.")
    return environment or catalog.usual


def end_of(terminal: Terminal, text: str) -> datetime:
    """The end of that day (UTC), or that time."""
    from bot.cli.declare import parse_time
    from bot.programme.state import AT_MOST

    if not text:
        latest = terminal.clock() + AT_MOST
        raise Misuse(f"Say until when: --until DATE, {latest:%Y-%m-%d} at the latest.")
    at = parse_time(text)
    assert at is not None
    is_date = len(text.strip()) == len("2030-01-31")
    end = datetime.combine(at.date(), time(), UTC) + timedelta(days=1) if is_date else at
    # The 90th day from now ends later than 90 times 24 hours from now.
    latest = terminal.clock() + AT_MOST
    return min(end, latest) if is_date and end - latest < timedelta(days=1) else end
