"""The drill's processes: the practice world, and the bot. Both outlive the drill that started them if it is killed, and
of each there is one in a folder, ready or not: a drill that is begun again finds it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import requests

from bot.drill.client.bytecode import keep_bytecode
from bot.drill.client.place import BOT, WORLD, Place, place
from bot.drill.client.sandbox import isolated
from bot.drill.fakes.slack.delivery import direct_session
from bot.drill.locks import take, taken
from bot.drill.terminal_commands import command_line
from bot.errors import BotError
from bot.private import make_folder, open_to_append, write_file

READY = 60.0
"""Seconds in which a process must be ready; a machine that is busy takes ten."""
BOT_LOG, WORLD_LOG, BOT_PID = "bot.log", "world.log", "bot.pid"
BOT_LOCK, WORLD_LOCK = "bot.lock", "world.lock"
STARTED = "started "
"""So begins a line of the world's log that people may read while they wait."""
TEMPORARY = "tmp"


def surroundings(folder: Path, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment in which a drill's processes start. Temporary files go into the folder, where the canary search
    finds them.
    """
    make_folder(folder / TEMPORARY)
    kept = isolated(environ) | {"TMPDIR": str(folder / TEMPORARY)}
    keep_bytecode(kept)
    return kept


class DidNotStart(BotError):
    """A process of the drill ended or was not ready in time; its log says why."""


def launch_world(folder: Path, *, every: bool = False, story: str = "") -> subprocess.Popen[bytes] | None:
    """Starts the practice world of `folder`, which takes a few seconds to be ready. None if there is one. `every`: all
    its secrets have leaked. `story` is a name of `Story`, or empty.
    """
    more = [*(["--all"] if every else []), *([story] if story else [])]
    command = [sys.executable, "-m", "bot.drill.world_server", str(folder), *more]
    return _start(command, folder, WORLD_LOG, WORLD_LOCK)


def world_lives(folder: Path) -> bool:
    """Whether the practice world of `folder` runs, or is starting or ending."""
    return taken(folder / WORLD_LOCK)


def await_world(
    folder: Path, process: subprocess.Popen[bytes] | None, told: Callable[[str], None] = lambda _: None
) -> Place:
    """Waits until it is ready, for any starter; `process` if we started it. `told` hears what has started meanwhile.
    DidNotStart.
    """
    until, heard = time.monotonic() + READY, 0
    while time.monotonic() < until:
        lines = _started(folder / WORLD_LOG)
        for line in lines[heard:]:
            told(line)
        heard = len(lines)
        if (folder / WORLD).exists():
            return place(folder)
        if not world_lives(folder) and (process is None or process.poll() is not None):
            break
        time.sleep(0.05)
    if process is not None and process.poll() is None:
        process.kill()
    raise DidNotStart(f"The practice world did not start; {folder / WORLD_LOG} says why.")


def _started(log: Path) -> list[str]:
    try:
        return [line for line in log.read_text().splitlines() if line.startswith(STARTED)]
    except OSError:
        return []


class BotProcess:
    """The bot of a drill: `bot serve` as a process of its own, found again by its pid file and its health page."""

    def __init__(self, where: Place) -> None:
        self.where = where
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Of the process that serves now, or served last; None before the first start."""
        try:
            return int((self.where.folder / BOT_PID).read_text())
        except (OSError, ValueError):
            return None

    def start(self) -> bool:
        """Starts it unless it is there already, and waits until it serves: whether it had to be. DidNotStart."""
        folder = self.where.folder
        self._process = _start(command_line(folder, BOT, "serve"), folder, BOT_LOG, BOT_LOCK)
        if self._process is not None:
            write_file(folder / BOT_PID, f"{self._process.pid}\n")
        until = time.monotonic() + READY
        while time.monotonic() < until and not self.died:
            if self.serves():
                return self._process is not None
            time.sleep(0.05)
        self.stop()
        raise DidNotStart(f"The bot did not start; {folder / BOT_LOG} says why.")

    def serves(self) -> bool:
        """Whether the bot answers."""
        try:
            with direct_session() as session:
                return session.get(f"{self.where.health}/healthz", timeout=2).ok
        except requests.RequestException:
            return False

    @property
    def died(self) -> bool:
        """Whether the process has ended, for any starter."""
        if self._process is not None:
            return self._process.poll() is not None
        return not taken(self.where.folder / BOT_LOCK)

    def stop(self, patience: float = 15.0) -> None:
        """Asks it to end, as a service manager would. One that an earlier drill started ends with the world."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def await_end(self, patience: float = 15.0) -> None:
        """Waits until no process serves."""
        until = time.monotonic() + patience
        while self.serves() and time.monotonic() < until:
            time.sleep(0.1)


def _start(command: list[str], folder: Path, log: str, lock: str) -> subprocess.Popen[bytes] | None:
    """The process, which holds `lock` from before it begins until it has ended; None if another holds it."""
    held = take(folder / lock)
    if held is None:
        return None
    with held, open_to_append(folder / log) as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=surroundings(folder),
            pass_fds=(held.fileno(),),
            start_new_session=True,  # what ends the drill must not end the world: the next run finds it
        )
