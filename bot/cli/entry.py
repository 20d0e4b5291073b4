"""The program: its commands in the order in which help lists them, and the one place where arguments come in."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import typer

from bot.cli import (
    approvals,
    catalog,
    checklist,
    copies,
    declare,
    doctor,
    drill,
    eventlog,
    identify,
    notes,
    readers,
    readiness,
    serve,
    show,
    status,
    streams,
    submit,
    trust,
)
from bot.cli.command import common
from bot.cli.terminal import Terminal

COMMANDS = (
    declare,
    show,
    approvals,
    trust,
    submit,
    identify,
    notes,
    checklist,
    copies,
    eventlog,
    catalog,
    doctor,
    readiness,
    readers,
    serve,
    drill,
)
"""Modules with commands; each has a `register(app)`."""

app = typer.Typer(
    name="bot",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.callback()(common)
for _module in COMMANDS:
    _module.register(app)


def run(arguments: Sequence[str] | None = None) -> int:
    """Runs one command line, `sys.argv` unless given, and gives the exit status. No traceback reaches the terminal."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    streams.prepare()
    try:
        ended = int(app(given, prog_name="bot", standalone_mode=False) or status.DONE)
        sys.stdout.flush()
    except BrokenPipeError:
        return streams.reader_gone()
    except typer.TyperException as error:
        return _misused(error, as_json="--json" in given)
    except typer.Abort:
        return status.INTERRUPTED
    else:
        return ended


def _misused(error: typer.TyperException, *, as_json: bool) -> int:
    """Wrong arguments. With none at all the help has been printed already, and says more than any message."""
    if type(error).__name__ == "NoArgsIsHelpError":
        return status.MISUSE
    terminal, context = Terminal(json=as_json), getattr(error, "ctx", None)
    message = error.format_message().replace("Value error, ", "")
    if context is not None:
        message = f"{message} See `{context.command_path} --help`."
    terminal.fail(message)
    return status.MISUSE
