"""Commands that take a value, by a hidden prompt or from standard input, never as an argument: submit, identify."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.asking import NoWait
from bot.cli.command import command
from bot.cli.deciding import SecretName
from bot.cli.declaring import Environment, Notice, Public, Strategies
from bot.cli.looking import IncidentId
from bot.cli.terminal import Terminal

PANEL = "Bring or check a value"
Stdin = Annotated[bool, typer.Option("--stdin", help="Read from standard input instead of asking.")]


def register(app: typer.Typer) -> None:
    app.command("submit", rich_help_panel=PANEL)(command(submit))
    app.command("identify", rich_help_panel=PANEL)(command(identify))


def submit(
    terminal: Terminal, incident: IncidentId, secret: SecretName, *, stdin: Stdin = False, no_wait: NoWait = False
) -> int:
    """Bring a new value that you made in the provider's console. With --stdin a line a part, in the catalog's order."""
    from bot.cli.submitting import submit_value

    return submit_value(terminal, incident, secret, stdin=stdin, no_wait=no_wait)


def identify(
    terminal: Terminal,
    incident: Annotated[
        str | None, typer.Argument(metavar="[INCIDENT]", help="Also say whether this one ends the value.")
    ] = None,
    secret: Annotated[str | None, typer.Argument(metavar="[SECRET]", hidden=True)] = None,
    *,
    declare: Annotated[bool, typer.Option("--declare", help="Declare for exactly this value, without asking.")] = False,
    stdin: Stdin = False,
    environment: Environment = "",
    notice: Notice = "",
    public: Public = None,
    strategy: Strategies = None,
    no_wait: NoWait = False,
) -> int:
    """Find out whose a leaked value is, where it stands and whether it lives; then declare for exactly that value."""
    from bot.cli.identifying import Wishes, identify_value

    wishes = Wishes(
        declare=declare,
        environment=environment,
        notice=notice,
        public=public,
        strategies=tuple(strategy or ()),
        no_wait=no_wait,
    )
    return identify_value(terminal, wishes, stdin=stdin, incident=incident, secret=secret)
