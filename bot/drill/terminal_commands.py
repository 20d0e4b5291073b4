"""Commands of the bot that a drill's people type in a terminal, and the leaked page that they read.

Each command is a process of its own, as at a terminal. It is forked from one that has imported the program, because the
imports take longer than most commands. A value goes to it through a pipe, never onto a command line.
"""

from __future__ import annotations

import io
import multiprocessing
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout, suppress
from datetime import UTC, datetime
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path

from bot.drill.client.place import Place
from bot.drill.fakes.slack.delivery import direct_session
from bot.private import open_to_append

TIMEOUT = 10.0
PATIENCE = 60.0
"""Seconds that a command may take."""
COMMANDS = "commands.log"
"""In the drill's folder: what the people typed in their terminals, and what they were answered."""
_TERMINALS = multiprocessing.get_context("forkserver")
_TERMINALS.set_forkserver_preload([
    "bot.app.askers", "bot.app.outside", "bot.catalog.loader", "bot.cli.declare", "bot.cli.entry",
    "bot.cli.incident_view", "bot.cli.rotate", "bot.cli.submission", "boto3", "redis", "rich.console",
])  # fmt: skip


def read_leak(where: Place) -> dict[str, str]:
    """The contents of the public page: variables with their values."""
    with direct_session() as session:
        found = session.get(f"{where.urls['leak']}.json", timeout=TIMEOUT).json()
    return {str(name): str(value) for name, value in found.items()}


def command_line(folder: Path, name: str, *arguments: str) -> list[str]:
    """``bot ARGUMENTS --drill DIR --as NAME`` with this very Python."""
    return [sys.executable, "-m", "bot", *_joined(folder, name, arguments)]


def type_command(
    folder: Path, name: str, *arguments: str, typed: str = "", environ: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Runs a command of the bot as `name`; `typed` goes to its standard input. The command and its answer are kept in
    the folder. TimeoutExpired after a minute.
    """
    done = look(folder, name, *arguments, typed=typed, environ=environ)
    keep_answer(folder, name, arguments, done)
    return done


def look(
    folder: Path, name: str, *arguments: str, typed: str = "", environ: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """The same, and nothing is kept: for a look that is repeated all the time."""
    line = _joined(folder, name, arguments)
    answer, said = _TERMINALS.Pipe(duplex=False)
    process = _TERMINALS.Process(target=run_line, args=(said, line, typed, dict(environ)), daemon=True)
    process.start()
    said.close()
    with answer:
        if not answer.poll(PATIENCE):
            process.kill()
            raise subprocess.TimeoutExpired(line, PATIENCE)
        out, err = "", ""
        with suppress(EOFError):  # it was killed
            out, err = answer.recv()
    process.join()
    return subprocess.CompletedProcess(line, process.exitcode or 0, out, err)


def run_line(said: Connection, line: Sequence[str], typed: str, environ: Mapping[str, str]) -> None:
    """The command, in its own process, which ends with it."""
    os.environ.clear()
    os.environ.update(environ)
    sys.argv, sys.stdin = ["bot", *line], io.StringIO(typed)
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
        try:
            import_module("bot.__main__").main()
        finally:
            said.send((out.getvalue(), err.getvalue()))


def keep_answer(folder: Path, name: str, arguments: Sequence[str], done: subprocess.CompletedProcess[str]) -> None:
    """One paragraph in one write, since several people type at once."""
    lines = [*done.stdout.splitlines(), *done.stderr.splitlines(), f"exit status {done.returncode}"]
    told = [f"{datetime.now(UTC):%H:%M:%S} {name}: bot {shlex.join(arguments)}\n", *(f"  {line}\n" for line in lines)]
    with open_to_append(folder / COMMANDS) as file:
        file.write("".join(told).encode())


def _joined(folder: Path, name: str, arguments: Sequence[str]) -> list[str]:
    return [*arguments, "--drill", str(folder), "--as", name]
