"""The process that reads all tests, whose forks run them: `python -m tests.support.forked SOCKET FILES`.

It loads no plugin of pytest's by itself: pytest would not have seen to its assertions.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
import sys
from collections.abc import Sequence

import pytest
from execnet.gateway_io import popen_bootstrapline

ONLY_READ = "TESTS_ONLY_READ"
"""The environment variable of a process that loads all tests and finds none."""


def serve(asks: socket.socket, arguments: Sequence[str]) -> None:
    """Begins a fork for each message, with the two files that come with it as its input and output."""
    pytest.main(["--collect-only", "-qq", "-p", "no:cacheprovider", *arguments])
    del os.environ[ONLY_READ]
    gc.freeze()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal; the forks' tests/conftest.py minds it again
    while (asked := socket.recv_fds(asks, 1, 2))[0]:
        pid = os.fork()
        if not pid:
            asks.close()
            _become(asked[1])
            return
        for end in asked[1]:
            os.close(end)
        asks.send(str(pid).encode())
    with contextlib.suppress(ChildProcessError):  # none is left
        while True:
            os.wait()


def _become(ends: Sequence[int]) -> None:
    for number, end in enumerate(ends):
        os.dup2(end, number)
        os.close(end)
    sys.argv = ["-c"]
    exec(popen_bootstrapline, {"__name__": "__main__"})


if __name__ == "__main__":
    own, *named = sys.argv[1:]
    serve(socket.socket(fileno=int(own)), named)
