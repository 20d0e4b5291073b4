"""The program: its commands in the order in which help lists them, and the one place where arguments come in."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

from bot.cli import status, streams
from bot.cli.command import common
from bot.cli.terminal import Terminal

COMMANDS = {
    "declare": "declare",
    "list": "show",
    "show": "show",
    "timeline": "show",
    "plan": "show",
    "approve": "approvals",
    "reject": "approvals",
    "kill": "approvals",
    "break-glass": "approvals",
    "review": "approvals",
    "retry": "approvals",
    "add": "approvals",
    "replace": "approvals",
    "strategy": "approvals",
    "overrule": "approvals",
    "roll-back": "approvals",
    "extend": "approvals",
    "promote": "approvals",
    "another": "approvals",
    "abuse": "approvals",
    "choose": "approvals",
    "use": "approvals",
    "refuse": "approvals",
    "scopes": "approvals",
    "revoked": "approvals",
    "attest": "approvals",
    "close": "approvals",
    "reopen": "approvals",
    "distrust": "trust",
    "trust": "trust",
    "submit": "submit",
    "identify": "identify",
    "step": "notes",
    "note": "notes",
    "task": "notes",
    "redact": "notes",
    "report": "notes",
    "check": "checklist",
    "copy": "copies",
    "log": "eventlog",
    "catalog": "catalog",
    "providers": "catalog",
    "manifest": "catalog",
    "doctor": "doctor",
    "readiness": "readiness",
    "runbook": "readiness",
    "readers": "readers",
    "serve": "serve",
    "work": "serve",
    "drill": "drill",
}
"""Each command's module of this folder, which has a `register(app)`; in the order in which help lists them."""


class Program(TyperGroup):
    """Imports a command's module when it is called or explained: who looks at an incident does not wait for others."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the group's own signature
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - the same
        """Of a name that is no command's all are loaded, so that the nearest can be named."""
        for name in [cmd_name] if cmd_name in COMMANDS else COMMANDS:
            if name not in self.commands:
                part = typer.Typer()
                import_module(f"bot.cli.{COMMANDS[name]}").register(part)
                self.commands.update(typer.main.get_group(part).commands)
        return self.commands.get(cmd_name)


app = typer.Typer(
    name="bot",
    cls=Program,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.callback()(common)


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
