"""The process that starts workers, one after the other, and kills them."""

from __future__ import annotations

import atexit
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from tests.support import crash

GONE = "gone"


class Harness:
    """Starts one worker after the other, as forks of a process that has everything loaded, or anew (`cold`)."""

    def __init__(self, *, cold: bool = False) -> None:
        self.cold = cold
        self.pid = 0
        self._said: queue.Queue[str] = queue.Queue()
        self._process = None if cold else self._start()

    def _start(self, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tests.support.crash", *arguments]
        environ = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        process = subprocess.Popen(command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if not self.cold:
            threading.Thread(target=self._listen, args=(process,), daemon=True).start()
        return process

    def _listen(self, process: subprocess.Popen[str]) -> None:
        for line in process.stdout:
            self._said.put(line)
        self._said.put(GONE)

    def start(self, job: crash.Job) -> None:
        """The worker has the AWS identity of this process, as it is now."""
        assert not self.pid
        job = replace(job, aws={name: value for name, value in os.environ.items() if name.startswith("AWS_")})
        if self.cold:
            self._process = self._start("--once")
            self.pid = self._process.pid
        self._process.stdin.write(crash.dumped(job))
        self._process.stdin.flush()
        if not self.cold:
            self.pid = int(self._said.get(timeout=60))

    @property
    def works(self) -> bool:
        """Whether the worker that was started last has not ended."""
        return self._process.poll() is None if self.cold else self._said.empty()

    def ended(self) -> int | None:
        """The exit status of the worker that was started last, None while it works."""
        if self.cold:
            status = self._process.poll()
            if status is not None:
                self._close()
        else:
            try:
                said = self._said.get_nowait()
            except queue.Empty:
                return None
            if said == GONE:
                self.pid = 0
                raise ChildProcessError("the process that starts workers has ended")
            status = int(said)
        if status is not None:
            self.pid = 0
        return status

    def kill(self) -> None:
        """Ends the worker, if there is one."""
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            while self.ended() is None:
                time.sleep(0.002)

    def close(self) -> None:
        self.kill()
        if not self.cold:
            self._close()

    def _close(self) -> None:
        self._process.stdin.close()
        self._process.wait(20)
        self._process.stdout.close()


_idle: list[Harness] = []
"""Those that no test has. To load everything takes seconds, and they know nothing of the world of a test."""


@contextmanager
def harness(*, cold: bool = False) -> Iterator[Harness]:
    made = _idle.pop() if _idle and not cold else Harness(cold=cold)
    try:
        yield made
    finally:
        if cold:
            made.close()
        else:
            made.kill()
            _idle.append(made)


@atexit.register
def _close_idle() -> None:
    for each in _idle:
        each.close()
