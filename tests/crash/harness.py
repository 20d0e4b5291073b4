"""Starts workers, one after the other, and kills them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from tests.support import crash
from tests.support.bots import Bot, fork_worker


class Harness:
    """Its workers are forks of a process that has everything loaded, or start anew (`cold`)."""

    def __init__(self, *, cold: bool = False) -> None:
        self.cold = cold
        self._worker: Bot | subprocess.Popen[str] | None = None

    def start(self, job: crash.Job) -> None:
        """The worker has the AWS identity of this process, as it is now."""
        assert self._worker is None
        job = replace(job, aws={name: value for name, value in os.environ.items() if name.startswith("AWS_")})
        self._worker = _anew(job) if self.cold else fork_worker(crash.dumped(job))

    @property
    def pid(self) -> int:
        assert self._worker is not None
        return self._worker.pid

    @property
    def works(self) -> bool:
        """Whether the worker that was started last has not ended."""
        return self._worker is not None and self._worker.poll() is None

    def ended(self) -> int | None:
        """The exit status of the worker that was started last, None while it works."""
        assert self._worker is not None
        status = self._worker.poll()
        if status is not None:
            self._worker = None
        return status

    def kill(self) -> None:
        """Ends the worker, if there is one."""
        if self._worker is not None:
            self._worker.kill()
            while self.ended() is None:
                time.sleep(0.002)


def _anew(job: crash.Job) -> subprocess.Popen[str]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    command = [sys.executable, "-m", "tests.support.crash"]
    process = subprocess.Popen(command, env=environ, stdin=subprocess.PIPE, text=True)
    process.stdin.write(crash.dumped(job))
    process.stdin.close()
    return process


@contextmanager
def harness(*, cold: bool = False) -> Iterator[Harness]:
    made = Harness(cold=cold)
    try:
        yield made
    finally:
        made.kill()
