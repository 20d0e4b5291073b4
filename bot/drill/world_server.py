"""The practice world as a process of its own: ``python -m bot.drill.world_server DIR [--all] [STORY] [IDLE]``.

``DIR/world.json`` says where everything is, once it is ready; it holds no values. Those are handed to local clients
over a Unix socket that only its owner can open: one JSON object a line in each direction.

================== ==============================================================================
request            answer
================== ==============================================================================
{"as": NAME}       {"environment": {variable: value}} for a person or the bot
{"values": true}   {"values": [[words, value]]}: everything that must be seen nowhere
{"fault": P:F}     {}
{"undo": true}     {}: a person deletes what an attacker made
{"find": SECRET}   {}: GitHub finds its leaked key, which the bot sees at its next look
{"leak": {V: VAL}} {}: the leak page's contents from now on
{"leash": true}    {}, and then nothing until the world ends
{"ping": true}     {}
{"stop": true}     {}, and the world ends
================== ==============================================================================

It outlives its starter, and ends after 15 minutes without a request.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socketserver
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from bot.drill.client.sandbox import close_off, isolate
from bot.drill.console import console_addresses
from bot.drill.fakes.serving import LOOPBACK
from bot.drill.faults import parse_faults
from bot.drill.personas import NAMES
from bot.drill.practice_world import PracticeWorld
from bot.drill.processes import STARTED
from bot.drill.stories import Story
from bot.errors import BotError
from bot.private import keep_private, write_file

IDLE_SECONDS = 900.0
EVERY = "--all"
LONGEST_SOCKET_PATH = 100
"""Bytes: macOS takes 104, Linux 108."""
LONGEST_REQUEST = 65_536


class WorldServer:
    """Answers requests about a `PracticeWorld`. `idle` is how many seconds without one end it. `every`: all secrets
    have leaked.
    """

    def __init__(
        self, folder: Path, idle: float = IDLE_SECONDS, *, every: bool = False, story: Story | None = None
    ) -> None:
        self.folder = folder
        self.idle = idle
        self.ended = threading.Event()
        self._asked_at = time.monotonic()
        self.world = PracticeWorld(folder, every=every, story=story, told=_tell)
        self.socket = socket_path(folder)
        self._server = _Server(str(self.socket), self)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        self.world.connect_page()
        self._announce()

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """The answer to one request; an `error` says what was wrong with it."""
        self._asked_at = time.monotonic()
        match request:
            case {"as": str(name)}:
                try:
                    return {"environment": self.world.environment(name)}
                except KeyError:
                    return {"error": f"no person here is called {name}: the names are {', '.join(NAMES)}"}
            case {"values": True}:
                return {"values": self.world.values()}
            case {"fault": str(text)}:
                return self._inject(text)
            case {"find": str(secret)}:
                if secret not in self.world.old:
                    return {"error": "no such secret"}
                self.world.find(secret)
            case {"leak": dict(leaked)}:
                self.world.leaked = {str(name): str(value) for name, value in leaked.items()}
            case {"undo": True}:
                self.world.undo()
            case {"stop": True}:
                self.ended.set()
            case {"ping": True} | {"leash": True}:
                pass
            case _:
                return {"error": "the practice world does not know this request"}
        return {}

    def _inject(self, text: str) -> dict[str, Any]:
        try:
            for fault in parse_faults([text]):
                self.world.inject(fault)
        except BotError as error:
            return {"error": str(error)}
        return {}

    def _announce(self) -> None:
        """Writes ``world.json`` in one step: a reader who finds it finds a world that is ready."""
        slack = self.world.served["slack"].url
        facts = {
            "pid": os.getpid(),
            "server_pids": list(self.world.pids()),
            "socket": str(self.socket),
            "bot": f"http://{LOOPBACK}:{self.world.bot_port}",
            "health": f"http://{LOOPBACK}:{self.world.health_port}",
            "urls": {name: served.url for name, served in self.world.served.items()}
            | {"aws": self.world.account.front.url, "leak": f"{self.world.served['leak'].url}/leak"},
            "by_hand": list(self.world.consoles),
            "leaked": list(self.world.leaks),
            "consoles": list(console_addresses()),
            "pages": {name: f"{slack}/_fake/?as={user}" for name, user in self.world.slack_ids.items()},
            "people": self.world.slack_ids,
            "left_out": list(self.world.left_out),
        }
        unfinished = self.folder / ".world.json"
        write_file(unfinished, json.dumps(facts, indent=2) + "\n")
        unfinished.rename(self.folder / "world.json")

    def wait(self) -> None:
        """Until a request to stop, or too long without any request."""
        while not self.ended.wait(min(1.0, self.idle / 4)):
            if time.monotonic() - self._asked_at > self.idle:
                break

    def stop(self) -> None:
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()
        for path in (self.folder / "world.json", self.socket):
            path.unlink(missing_ok=True)
        if self.socket.parent != self.folder:
            self.socket.parent.rmdir()
        self.world.stop()


class _Server(socketserver.ThreadingUnixStreamServer):
    """Readable by its owner alone from the moment that it exists."""

    daemon_threads = True

    def __init__(self, path: str, owner: WorldServer) -> None:
        self.owner = owner
        before = os.umask(0o177)
        try:
            super().__init__(path, _Conversation)
        finally:
            os.umask(before)


class _Conversation(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            while line := self.rfile.readline(LONGEST_REQUEST):
                request = _parsed(line)
                self.wfile.write(json.dumps(self.server.owner.answer(request)).encode() + b"\n")
                if "leash" in request:
                    self.server.owner.ended.wait()
                    return


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        request = json.loads(line)
    except ValueError:
        return {}
    return request if isinstance(request, dict) else {}


def socket_path(folder: Path) -> Path:
    """In the folder, or in a private one with a short name where the system would cut the path off."""
    path = folder / "world.sock"
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        path.unlink(missing_ok=True)
        return path
    return Path(tempfile.mkdtemp(prefix="drill-", dir="/tmp")) / "world.sock"


def _tell(what: str) -> None:
    sys.stdout.write(f"{STARTED}{what}\n")
    sys.stdout.flush()


def main(arguments: list[str]) -> None:
    keep_private()
    folder = Path(arguments[0]).resolve()
    isolate(os.environ)
    close_off()
    story = next((Story(each) for each in arguments[1:] if each in Story), None)
    idle = next((float(each) for each in arguments[1:] if each != EVERY and each not in Story), IDLE_SECONDS)
    server = WorldServer(folder, idle, every=EVERY in arguments, story=story)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: server.ended.set())
    server.wait()
    server.stop()


if __name__ == "__main__":
    main(sys.argv[1:])
