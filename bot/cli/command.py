"""What all commands have in common: ``--json``, ``--drill``, ``--as``, exit statuses, and errors as one sentence."""

from __future__ import annotations

import errno
import functools
import inspect
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Concatenate, cast

import typer

from bot.cli import status
from bot.cli.streams import reader_gone
from bot.cli.terminal import Terminal
from bot.errors import BotError


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - typer's signature
    if wanted:
        from importlib.metadata import version

        typer.echo(f"bot {version('compromise-bot')}")
        raise typer.Exit


Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]
Drill = Annotated[
    Path | None, typer.Option("--drill", metavar="DIR", help="Join the practice world in this folder.", hidden=True)
]
Person = Annotated[str | None, typer.Option("--as", metavar="NAME", help="Who you are in that world.", hidden=True)]
SshKey = Annotated[
    Path | None,
    typer.Option("--ssh-key", metavar="PATH", help="An SSH key of yours that proves who you are, instead of AWS."),
]
Named = Annotated[str | None, typer.Option("--person", metavar="NAME", help="Who you are in the people file.")]

Version = Annotated[
    bool, typer.Option("--version", help="Print the version and end.", is_eager=True, callback=_print_version)
]

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})
"""A full disk, a quota that is used up, a file system that is read only: no fault of the program's."""
_COMMON = ("json", "drill", "person", "ssh_key", "named")


def common(
    context: typer.Context,
    *,
    json: Json = False,
    drill: Drill = None,
    person: Person = None,
    ssh_key: SshKey = None,
    named: Named = None,
    version: Version = False,  # noqa: ARG001 - its callback has printed it
) -> None:
    """Responds to leaked secrets: revokes the old key, proves it dead, puts a new one in use, and keeps the record.

    Every command takes, before or behind its name:

    --json for one JSON document instead of text;

    --ssh-key PATH --person NAME to prove by an SSH key, and not by AWS, who you are;

    --drill DIR --as NAME to run in the practice world of a `bot drill` that runs elsewhere: DIR is the folder that it
    names, NAME one of its people.

    Exit status: 0 done, 1 failed, 2 misuse, 3 an old key still works or is
    not dead, or a new one is not in use.
    """
    context.obj = Terminal(json=json, drill=drill, person=person, ssh_key=ssh_key, named=named)


def command[**P](function: Callable[Concatenate[Terminal, P], int | None]) -> Callable[..., None]:
    """Makes a Typer command of `function`, which takes the terminal first and gives an exit status (None: done)."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        given = {name: kwargs.pop(name) for name in _COMMON}
        context = cast(typer.Context, kwargs.pop("context"))
        context.obj = _terminal(context.obj, given)
        if context.invoked_subcommand is None:
            raise typer.Exit(_carry_out(context.obj, lambda terminal: function(terminal, *args, **kwargs)))

    signature = inspect.signature(function, eval_str=True)
    _, *own = signature.parameters.values()
    shared = inspect.signature(common, eval_str=True).parameters.values()
    parameters = [*own, *(parameter for parameter in shared if parameter.name in _COMMON)]
    keyword = inspect.Parameter.KEYWORD_ONLY
    context_parameter = inspect.Parameter("context", keyword, annotation=typer.Context)
    named = [parameter.replace(kind=keyword) for parameter in [*parameters, context_parameter]]
    run.__signature__ = inspect.Signature(named, return_annotation=None)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in named}
    del run.__wrapped__  # its annotations are not those of the command
    return run


def _terminal(before: object, given: dict[str, object]) -> Terminal:
    """Options before the command apply, and options after it add to them."""
    assert isinstance(before, Terminal)
    return replace(before, **{name: value for name, value in given.items() if value})  # type: ignore[arg-type]


def _carry_out(terminal: Terminal, function: Callable[[Terminal], int | None]) -> int:
    try:
        given = function(terminal) or status.DONE
        sys.stdout.flush()  # here, so that a reader who has gone is noticed where it can be told from a failure
        terminal.name_log()
    except BotError as error:
        terminal.fail(str(error))
        terminal.name_log(failed=True)
        return status.of_error(error)
    except typer.Abort:
        terminal.fail("Stopped at the question. Nothing changed.")
        return status.INTERRUPTED
    except (typer.Exit, typer.TyperException):
        raise
    except BrokenPipeError:
        return reader_gone()
    except OSError as error:
        if error.errno not in NO_ROOM:
            return _unexpected(terminal, error)
        terminal.fail(f"Not everything could be written: {error.strerror}.")
        return status.FAILED
    except Exception as error:  # noqa: BLE001 - no traceback reaches a terminal: its frames may hold a value
        return _unexpected(terminal, error)
    else:
        return given
    finally:
        terminal.close()


def _unexpected(terminal: Terminal, error: Exception) -> int:
    """The class and the places go into the log; the text of a foreign error may hold a value, so it goes nowhere."""
    where = ""
    if "application" in terminal.__dict__:
        import traceback

        from bot.logs import Logger

        frames = [
            f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)
        ]
        Logger("bot.cli").error("command aborted", error=type(error).__name__, frames=frames)
        where = f": details are in {terminal.application.settings.data_folder / 'bot.log'}"
    terminal.fail(f"Unexpected {type(error).__name__}; please report it{where}.")
    return status.FAILED
