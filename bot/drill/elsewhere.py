"""What responders do outside Slack: read the leaked page, and type commands in a terminal."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from bot.drill.joining import Place
from bot.drill.standins.slack.delivery import direct_session

TIMEOUT = 10.0


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
    """Runs a command of the bot as `name`; `typed` goes to its standard input, never onto its command line."""
    return subprocess.run(
        command_line(folder, name, *arguments),
        input=typed,
        capture_output=True,
        text=True,
        timeout=60,
        env=dict(environ),
        check=False,
    )
