"""How the tests are shared out among processes: forks of one that has read all of them (tests/support/forked.py). Each
would load the tests, the program and its libraries again, which takes it four seconds, and compile them in a new clone.
"""

from __future__ import annotations

import atexit
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from execnet import gateway_base, gateway_io
from xdist.scheduler import LoadFileScheduling

from tests.support.forked import ONLY_READ


class ByFile(LoadFileScheduling):
    """xdist's own looks through all tests for each that it hands out, and through all that are over for each more."""

    def add_node_collection(self, node, collection):
        super().add_node_collection(node, collection)
        if node in self.registered_collections:
            self.registered_collections[node] = _Numbered(collection)

    def mark_test_complete(self, node, item_index, duration=0):
        super().mark_test_complete(node, item_index, duration)
        file = self._split_scope(self.registered_collections[node][item_index])
        if all(self.assigned_work[node][file].values()):
            del self.assigned_work[node][file]


class _Numbered(list):
    def __init__(self, names) -> None:
        super().__init__(names)
        self._numbers = {name: number for number, name in enumerate(names)}

    def index(self, name):
        return self._numbers[name]


def fork_workers(root: Path, arguments: Sequence[str]) -> None:
    """From now on execnet's processes are forks of one that begins here, and reads the tests that are named."""
    asks, served = socket.socketpair()
    command = [sys.executable, "-m", "tests.support.forked", str(served.fileno()), *arguments]
    environ, nowhere = {**os.environ, ONLY_READ: "1"}, subprocess.DEVNULL
    with served:
        reader = subprocess.Popen(
            command, cwd=root, env=environ, pass_fds=[served.fileno()], stdin=nowhere, stdout=nowhere
        )

    class Forked(gateway_io.Popen2IOMaster):
        def __init__(self, args, execmodel) -> None:
            self.popen = _Fork(asks)
            gateway_base.Popen2IO.__init__(self, self.popen.stdin, self.popen.stdout, execmodel)

    gateway_io.Popen2IOMaster = Forked
    atexit.register(reader.wait)
    atexit.register(asks.close)


class _Fork:
    """One of them, with as much of `subprocess.Popen` as execnet uses."""

    def __init__(self, asks: socket.socket) -> None:
        (its_input, stdin), (stdout, its_output) = os.pipe(), os.pipe()
        socket.send_fds(asks, [b"\n"], [its_input, its_output])
        os.close(its_input)
        os.close(its_output)
        self.stdin, self.stdout = os.fdopen(stdin, "wb"), os.fdopen(stdout, "rb")
        self.pid = int(asks.recv(20))
        self._ended = os.pidfd_open(self.pid)

    def wait(self) -> None:
        select.select([self._ended], [], [])

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
