"""The program: its commands in the order in which help lists them, and the one place where arguments come in."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup

from bot.cli import status, streams
from bot.cli.command import command, common
from bot.cli.commands import ALONE, EVERYWHERE, GROUPS, function_of, index, known, names_of, told_of
from bot.cli.terminal import Terminal


class Lazy(TyperGroup):
    """Imports a command's module when it is called or explained: who looks at an incident does not wait for others.
    `prefix` is the group's own name, empty for the program.
    """

    prefix = ""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the group's own signature
        return names_of(self.prefix)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - the same
        """Of a name that is no command's all are loaded, so that the nearest can be named."""
        for name in [cmd_name] if known(f"{self.prefix} {cmd_name}".strip()) else names_of(self.prefix):
            if name not in self.commands:
                self.commands[name] = made(f"{self.prefix} {name}".strip())
        return self.commands.get(cmd_name)


class Program(Lazy):
    """Its help is an index, for which nothing is imported."""

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - the same
        formatter.write(index())


def made(name: str) -> Any:
    """The command of this name, or the group."""
    part, last = typer.Typer(), name.rsplit(maxsplit=1)[-1]
    part.callback()(lambda: None)
    if name in GROUPS:
        own = command(function_of(name)) if name in ALONE else None
        group = typer.Typer(
            cls=Lazy, callback=own or (lambda: None), invoke_without_command=own is not None, no_args_is_help=not own
        )
        part.add_typer(group, name=name, **_told(name))
    else:
        part.command(last, **_told(name))(command(function_of(name)))
    found = typer.main.get_group(part).commands[last]
    if isinstance(found, Lazy):
        found.prefix = name
    if shutil.get_terminal_size().columns < NARROW:
        found.rich_markup_mode = None  # type: ignore[attr-defined] # without tables, which would not fit
    return found


def _told(name: str) -> dict[str, Any]:
    """Help and epilog, of a paragraph each: help would run their lines together."""
    told, examples = told_of(name)
    typed = ["Examples:", *(f"  {each}" for each in examples)] if examples else []
    return {"help": told, "epilog": "\n\n".join([*typed, EVERYWHERE])}


NARROW = 80
"""Columns below which a table would cut the names of options off."""


app = typer.Typer(
    name="bot",
    cls=Program,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.callback()(common)


def run(arguments: Sequence[str] | None = None) -> int:
    """Runs one command line, `sys.argv` unless given, and gives the exit status. No traceback reaches the terminal."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    streams.prepare()
    if not given:
        sys.stdout.write(index())
        return status.MISUSE
    if number := _not_utf8(given):
        sentence = f"Argument {number} is not UTF-8: write it in UTF-8, which this program's texts and names are in."
        Terminal(json="--json" in given).fail(sentence)
        return status.MISUSE
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


def _not_utf8(given: Sequence[str]) -> int:
    """The number of the first argument with bytes that are no text, 0 if there is none. A file may have such a name."""
    for number, argument in enumerate(given, start=1):
        if not argument.isascii() and any("\ud800" <= char <= "\udfff" for char in argument):
            named = argument.partition("=")[2] if argument.startswith("--") else argument
            if not Path(named).exists():
                return number
    return 0


def _misused(error: typer.TyperException, *, as_json: bool) -> int:
    """Wrong arguments. With none at all the help has been printed already, and says more than any message."""
    if type(error).__name__ == "NoArgsIsHelpError":
        return status.MISUSE
    context = getattr(error, "ctx", None)
    terminal = replace(_terminal_of(context), json=as_json)
    message = error.format_message().replace("Value error, ", "")
    if context is not None:
        message = f"{message} See `{context.command_path} --help`."
    terminal.fail(message)
    return status.MISUSE


def _terminal_of(context: typer.Context | None) -> Terminal:
    """As far as what was typed has been read: the practice world that it is in, and who sits there."""
    if context is None:
        return Terminal()
    here = {name: context.params[name] for name in ("drill", "person") if context.params.get(name)}
    return replace(context.obj if isinstance(context.obj, Terminal) else Terminal(), **here)
