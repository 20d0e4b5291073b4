"""Taking a value from a person."""

from __future__ import annotations

import getpass
import sys

import typer

from bot.cli.terminal import Terminal
from bot.errors import Misuse
from bot.secrets.secret import Secret


def asked_for(terminal: Terminal, prompts: list[str], *, stdin: bool) -> list[Secret]:
    """One value for each prompt. From standard input a single value is all of it, several are a line each.

    Misuse where nobody can be asked without the value showing, where standard input has another number of lines, or
    where it is not UTF-8; typer.Abort where the person ends the question.
    """
    try:
        values = _asked_for(terminal, prompts, stdin=stdin)
        for value in values:
            value.reveal().encode()  # where the locale is plain C, what is no UTF-8 is read all the same
    except UnicodeError:
        raise Misuse("The value is not UTF-8; nothing was sent.") from None
    return values


def _asked_for(terminal: Terminal, prompts: list[str], *, stdin: bool) -> list[Secret]:
    """UnicodeError where it is not UTF-8; the error holds the value, and goes no further."""
    if stdin:
        return _read(prompts)
    if not terminal.interactive:
        raise Misuse("There is no terminal to ask at without showing the value: pipe it in, with --stdin.")
    try:
        return [Secret(getpass.getpass(f"{prompt} (not shown): ")) for prompt in prompts]
    except EOFError:  # Ctrl-D
        raise typer.Abort from None


def _read(prompts: list[str]) -> list[Secret]:
    text = sys.stdin.read()
    if len(prompts) == 1:
        return [Secret(text.removesuffix("\n").removesuffix("\r"))]
    lines = text.splitlines()
    if len(lines) != len(prompts):
        raise Misuse(f"Standard input has {len(lines)} lines; expected {len(prompts)}: {', '.join(prompts)}.")
    return [Secret(line) for line in lines]
