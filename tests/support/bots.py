"""The bot as a process that is a fork of one with everything loaded: `python -m tests.support.bots`.

What such a process does is the program's own `main`, with its arguments, environment and output, or a job of
tests/support/crash.py. It is spared a second and more of loading modules and descriptions of AWS's services. Where a
start is what is tried (tests/cli, the drill, tests/replicas/test_split.py) the program is started in the ordinary way.
"""

from __future__ import annotations

import atexit
import functools
import gc
import importlib
import json
import os
import queue
import select
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.aws import Aws
from bot.data_files import template_folders
from bot.report import render
from bot.report.drafts import Source, report_page
from bot.secrets.secret import Secret, use_fingerprint_key
from tests.support import crash
from tests.support.once import work_out_once
from tests.support.program import load_program
from tests.support.reports import closed

ROOT = Path(__file__).parents[2]
NOT_LOADED = frozenset({"__main__.py", "drill", "drill.py"})
"""Of the program's files: what runs when it is loaded, and the practice world."""
SERVICES = ("ssm", "lambda", "cloudtrail", "sts", "kms", "iam")
FOREIGN = ("AWS_", "BOT_", "SLACK_")
LOOK = 0.02
"""Seconds after which it is seen that a process has ended."""


@dataclass
class Bot:
    """One process, with as much of `subprocess.Popen` as the tests use."""

    pid: int
    returncode: int | None = None
    _over: threading.Event = field(default_factory=threading.Event)

    def poll(self) -> int | None:
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if not self._over.wait(timeout):
            raise subprocess.TimeoutExpired(["bot"], timeout or 0.0)
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def ended(self, status: int) -> None:
        self.returncode = status
        self._over.set()


def start_bot(arguments: Sequence[str], environ: Mapping[str, str], output: Path) -> Bot:
    """`bot ARGUMENTS` with this environment, and nothing to read; what it says is added to a file."""
    output.touch(mode=0o600)
    return _forks().start([list(arguments), dict(environ), str(output)])


def fork_worker(job: str) -> Bot:
    """A worker that is watched, and dies where its job says so (tests/support/crash.py)."""
    return _forks().start(job)


def start_anew(arguments: Sequence[str], environ: Mapping[str, str], output: Path) -> subprocess.Popen[bytes]:
    """The same as a process that is started in the ordinary way."""
    with output.open("ab") as out:
        return subprocess.Popen(
            [sys.executable, "-m", "bot", *arguments],
            cwd=ROOT, env=dict(environ), stdin=subprocess.DEVNULL, stdout=out, stderr=out,
        )  # fmt: skip


@functools.cache
def _forks() -> Forks:
    """One for the process that runs tests; it ends with it."""
    made = Forks()
    atexit.register(made.close)
    return made


class Forks:
    """The process with everything loaded, and those that it has begun."""

    def __init__(self) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        command = [sys.executable, "-m", "tests.support.bots"]
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=kept, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._begun: queue.Queue[Bot | None] = queue.Queue()
        self._running: dict[int, Bot] = {}
        threading.Thread(target=self._listen, daemon=True).start()

    def start(self, wanted: object) -> Bot:
        self._process.stdin.write(f"{json.dumps(wanted)}\n")
        self._process.stdin.flush()
        begun = self._begun.get(timeout=60)
        assert begun is not None, "the process that starts the bot has ended"
        return begun

    def _listen(self) -> None:
        for line in self._process.stdout:
            pid, _, status = line.strip().partition(" ")
            if status:
                self._running.pop(int(pid)).ended(int(status))
            else:
                self._running[int(pid)] = bot = Bot(int(pid))
                self._begun.put(bot)
        self._begun.put(None)

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait(20)
        self._process.stdout.close()


# --- the process with everything loaded -----------------------------------------------------------------------------


def warm_up() -> None:
    """Once for all forks: every module of the program, the database's driver, what botocore reads of services, and the
    report's templates, and what most lines of a report could hide.
    """
    load_program(NOT_LOADED)
    for module in ("psycopg", "alembic.command", "alembic.config", "_strptime", "structlog", "filelock", "pdpyras"):
        importlib.import_module(module)
    work_out_once()
    aws = Aws("eu-west-1", access_key=("x", Secret("x")), loopback_allowed=True)  # where a practice world says so
    for service in SERVICES:
        aws.client(service)
    _compile_templates()
    _look_through_a_report()
    gc.collect()
    gc.freeze()


def _compile_templates() -> None:
    folders = template_folders()
    for kind in (render.environment("md", folders), render.environment("html", folders)):
        for name in kind.list_templates():
            if name.endswith(".html.j2") == kind.autoescape:
                kind.get_template(name)


def _look_through_a_report() -> None:
    use_fingerprint_key(bytes(32))
    story = closed(1)
    report_page(Source(story.incident, tuple(story.log), "1:0", template_folders(), story.now))
    use_fingerprint_key(None)


def _work(job: str) -> None:
    try:
        crash.work(crash.loaded(job))
    except BaseException:  # noqa: BLE001 - a fork must not return into the loop of its parent
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _become(wanted: str | list) -> None:
    if isinstance(wanted, str):
        _work(wanted)
    from bot.__main__ import main

    arguments, environ, output = wanted
    out = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for theirs, ours in ((os.open(os.devnull, os.O_RDONLY), 0), (out, 1), (out, 2)):
        os.dup2(theirs, ours)
    os.environ.clear()
    os.environ.update(environ)
    sys.argv = ["bot", *arguments]
    main()


def serve() -> None:
    """Begins a process for each line, and says `PID` of it; `PID STATUS` when it has ended, as `Popen` counts it."""
    warm_up()
    running: set[int] = set()
    while True:
        asked, _, _ = select.select([sys.stdin], [], [], LOOK if running else None)
        for pid in tuple(running):
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                running.remove(pid)
                print(pid, os.waitstatus_to_exitcode(status), flush=True)
        if not asked:
            continue
        line = sys.stdin.readline()
        if not line:
            break
        pid = os.fork()
        if not pid:
            _become(json.loads(line))
            return
        running.add(pid)
        print(pid, flush=True)
    for pid in running:
        os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    serve()
