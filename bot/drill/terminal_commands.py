"""Commands of the bot that a drill's people type in a terminal, and the leaked page that they read."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from bot.drill.client.place import Place
from bot.drill.fakes.slack.delivery import direct_session
from bot.private import open_to_append

TIMEOUT = 10.0
COMMANDS = "commands.log"
"""In the drill's folder: what the people typed in their terminals, and what they were answered."""


def read_leak(where: Place) -> dict[str, str]:
    """What stands on the public page: variables with their values."""
    with direct_session() as session:
        found = session.get(f"{where.urls['leak']}.json", timeout=TIMEOUT).json()
    return {str(name): str(value) for name, value in found.items()}


def command_line(folder: Path, name: str, *arguments: str) -> list[str]:
    """``bot ARGUMENTS --drill DIR --as NAME`` with this very Python."""
    return [sys.executable, "-m", "bot", *arguments, "--drill", str(folder), "--as", name]


def type_command(
    folder: Path, name: str, *arguments: str, typed: str = "", environ: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Runs a command of the bot as `name`; `typed` goes to its standard input, never onto its command line. The command
    and its answer are kept in the folder.
    """
    done = look(folder, name, *arguments, typed=typed, environ=environ)
    keep_answer(folder, name, arguments, done)
    return done


def look(
    folder: Path, name: str, *arguments: str, typed: str = "", environ: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """The same, and nothing is kept: for a look that is repeated all the time."""
    return subprocess.run(
        command_line(folder, name, *arguments),
        input=typed,
        capture_output=True,
        text=True,
        timeout=60,
        env=dict(environ),
        check=False,
    )


def keep_answer(folder: Path, name: str, arguments: Sequence[str], done: subprocess.CompletedProcess[str]) -> None:
    """One paragraph in one write, since several people type at once."""
    lines = [*done.stdout.splitlines(), *done.stderr.splitlines(), f"exit status {done.returncode}"]
    _keep(folder, "".join([_typed(name, arguments), *(f"  {line}\n" for line in lines)]))


def keep_command(folder: Path, name: str, arguments: Sequence[str]) -> IO[bytes]:
    """Keeps a command that nobody waits for, and gives the file that its answer goes to."""
    _keep(folder, _typed(name, arguments))
    return open_to_append(folder / COMMANDS)


def _typed(name: str, arguments: Sequence[str]) -> str:
    return f"{datetime.now(UTC):%H:%M:%S} {name}: bot {shlex.join(arguments)}\n"


def _keep(folder: Path, text: str) -> None:
    with open_to_append(folder / COMMANDS) as file:
        file.write(text.encode())
