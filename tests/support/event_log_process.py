"""Processes that tests of the log start, each a fork of one that has everything loaded."""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from types import ModuleType
from unittest.mock import patch

from bot.errors import BotError
from bot.eventlog import Database, open_leadership
from tests.support.event_logs import note, open_test_log


def append(url, incident, name, count):
    """Appends `count` notes, giving each third one twice."""
    event_log = open_test_log(url)
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(int(count)):
        for _ in range(2 if number % 3 == 0 else 1):
            event_log.execute(incident, note(f"{name}-{number}", f"{name} {number}"))
    event_log.close()


def work(url):
    """Enlists as a worker, prints its id, and lives until it is killed or told to end."""
    leadership = open_leadership(Database(url))
    worker = leadership.enlist()
    print(worker, flush=True)
    for line in sys.stdin:
        if line.strip() == "check":
            try:
                leadership.check(worker)
            except BotError as error:
                print(type(error).__name__, flush=True)
            else:
                print("held", flush=True)
    leadership.resign()


def give_way(url):
    """A terminal's worker: gives way as soon as it is asked to."""
    leadership = open_leadership(Database(url))
    print(leadership.enlist(), flush=True)
    while not leadership.wanted():
        time.sleep(0.02)
    leadership.resign()


def start(url):
    """Opens the log, as at a start."""
    print("ready", flush=True)
    sys.stdin.readline()
    open_test_log(url).close()
    print("started", flush=True)


MODES = {"append": append, "work": work, "give-way": give_way, "start": start}


class Child:
    """A process that does one of `MODES`, with as much of `subprocess.Popen` as the tests use."""

    def __init__(self, mode: str, *arguments: object) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([__name__])
        given, self._given = context.Pipe(duplex=False)
        self._said, said = context.Pipe(duplex=False)
        self._process = context.Process(target=_run, args=(given, said, mode, *map(str, arguments)))
        with patch.dict(sys.modules, {"__main__": ModuleType("__main__")}):  # which it would load again
            self._process.start()
        given.close()
        said.close()
        self.stdin = os.fdopen(os.dup(self._given.fileno()), "w")
        self.stdout = os.fdopen(os.dup(self._said.fileno()))
        self._given.close()
        self._said.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    def wait(self, timeout: float | None = None) -> int | None:
        self._process.join(timeout)
        return self._process.exitcode

    def kill(self) -> None:
        self._process.kill()


def _run(given, said, mode, *arguments):
    os.dup2(given.fileno(), 0)
    os.dup2(said.fileno(), 1)
    given.close()
    said.close()
    sys.stdin, sys.stdout = os.fdopen(0), os.fdopen(1, "w")
    MODES[mode](*arguments)
