"""The client of a running practice world, in another process: ``bot … --drill DIR --as NAME``."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import signal
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.drill.client.sandbox import close_off, isolate
from bot.errors import Misuse
from bot.phrases.practice import program

BOT = "bot"
"""The bot as one process: what `bot serve` needs."""
FRONT, WORKER = "front", "worker"
"""The bot in two: the front holds Slack and the database and nothing else, the worker all the rest."""
MACHINES = (BOT, FRONT, WORKER)

WORLD = "world.json"
SUMMARY = "summary.json"
PATIENCE = 30.0
"""Seconds that the world may take to answer: it reads all its parameters for some questions."""


class WorldGone(Misuse):
    """There is no practice world in this folder, or it has ended: what it held cannot be had again."""


@dataclass(frozen=True)
class Place:
    """Where a drill's world is, as ``world.json`` says. `bot` is where its Slack sends requests to, `health` where the
    bot says how it is; `urls` are the fakes', `people` Slack ids by name, `server_pids` the processes of real servers.
    Of the secrets, `by_hand` have a console for people, and `leaked` are on the public page. `consoles` are the
    addresses of the real providers' consoles, which one page replaces.
    """

    folder: Path
    pid: int
    socket: str
    bot: str
    health: str
    urls: Mapping[str, str]
    pages: Mapping[str, str]
    people: Mapping[str, str]
    left_out: tuple[str, ...]
    server_pids: tuple[int, ...]
    by_hand: tuple[str, ...]
    consoles: tuple[str, ...] = ()
    leaked: tuple[str, ...] = ()

    @property
    def console(self) -> str:
        """The page that replaces every provider's console."""
        return f"{self.urls['console']}/console"


def place(folder: Path) -> Place:
    """WorldGone if there is no world in `folder`; the first question shows whether it still runs."""
    try:
        facts = json.loads((folder / WORLD).read_text())
        return Place(
            folder=folder,
            pid=int(facts["pid"]),
            socket=str(facts["socket"]),
            bot=str(facts["bot"]),
            health=str(facts["health"]),
            urls=dict(facts["urls"]),
            pages=dict(facts["pages"]),
            people=dict(facts["people"]),
            left_out=tuple(facts["left_out"]),
            server_pids=tuple(facts["server_pids"]),
            by_hand=tuple(facts["by_hand"]),
            leaked=tuple(facts["leaked"]),
            consoles=tuple(map(str, facts.get("consoles", ()))),
        )
    except (OSError, ValueError, KeyError, TypeError):
        if (folder / SUMMARY).exists() or (folder / BOT).exists():
            raise gone(folder) from None
        raise WorldGone(f"No drill is running in {folder}. Start one with `bot drill --data {folder}`.") from None


def gone(folder: Path) -> WorldGone:
    """What to say of a drill whose world has ended: what is left of it, and what can be done."""
    data = shlex.quote(str(folder / BOT))
    read = f"Read its log: `BOT_DATA={data} {program()} list`."
    another = "Begin another drill: `bot drill --data FOLDER`."
    if (folder / SUMMARY).exists():
        return WorldGone(f"The drill in {folder} is over; its summary is in {folder / SUMMARY}. {read} {another}")
    return WorldGone(
        f"The practice world of {folder} has ended, and its keys with it: this drill cannot be resumed. {read} "
        f"{another}"
    )


def ask(where: Place, request: Mapping[str, object]) -> dict[str, Any]:
    """The world's answer. WorldGone if it does not answer; Misuse with its own words if it declines."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(PATIENCE)
            connection.connect(where.socket)
            connection.sendall(json.dumps(request).encode() + b"\n")
            with connection.makefile("rb") as lines:
                answer: dict[str, Any] = json.loads(lines.readline())
    except (OSError, ValueError):
        raise gone(where.folder) from None
    if "error" in answer:
        raise Misuse(f"The practice world declined: {answer['error']}.")
    return answer


def environment(folder: Path, name: str) -> dict[str, str]:
    """The variables with which a process acts as `name` (a person of the drill, or ``bot``).

    WorldGone if the drill is over; Misuse for an unknown name.
    """
    found = ask(place(folder), {"as": name})["environment"]
    return {str(variable): str(value) for variable, value in found.items()}


def join(folder: Path, name: str) -> None:
    """Makes this process part of the drill: its environment, no connection but loopback, and for the bot a leash.

    The credentials go into `os.environ` of the running process only, never into what `/proc` shows of its start.
    """
    given = environment(folder, name)
    isolate(os.environ)
    os.environ.update(given)
    close_off()
    if name in MACHINES:
        hold_leash(place(folder))


def hold_leash(where: Place) -> None:
    """Ends this process, as a service manager would, when the world ends: a bot is useless without its world."""
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(where.socket)
    connection.sendall(b'{"leash": true}\n')

    def wait() -> None:
        with connection, contextlib.suppress(OSError):
            while connection.recv(4096):
                pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="leash", daemon=True).start()
