"""Commands that run until they are told to stop: serve, work."""

from __future__ import annotations

import gc
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Annotated

from bot.cli.arguments import flag
from bot.cli.terminal import Terminal
from bot.errors import LogBehind

if TYPE_CHECKING:
    from bot.app import Application
    from bot.app.serving import Front
    from bot.web import Server
    from bot.worker.worker import Worker

LOOK_SECONDS = 1.0
"""Between two looks at whether a worker has brought the schema up to date."""
SWITCH_SECONDS = 0.0005
"""The interval after which a thread lets another run. With Python's 5 ms, a decision on a command would wait that long
for each busy operation, after each of its dozen database answers.
"""


def serve(
    terminal: Terminal,
    *,
    no_worker: Annotated[bool, flag("--no-worker", "Only Slack; `bot work` runs elsewhere.")] = False,
) -> None:
    """Serve Slack, and work on incidents in the same process.

    For example:
      bot serve
      bot serve --no-worker
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    terminal.stays = True
    application = terminal.application
    application.creates = True
    worker = None
    if no_worker:
        application.fronts = True
        if not _await_schema(application):
            return
    else:
        worker = application.working.worker(insistent=True)
    front = application.serving.front()
    health = application.serving.health(worker, front)
    parts = (application.serving.public_server(front), health, front)  # healthy once its port is open
    with _told_to_stop(*_ends(worker)) as ended, _running(*parts):
        worker.run() if worker is not None else ended.wait()


def _await_schema(application: Application) -> bool:
    """Waits for a worker where it has to make or upgrade the schema first; False if told to stop meanwhile."""
    from bot.logs import Logger

    said = False
    with _told_to_stop() as ended:
        while not ended.is_set():
            try:
                _ = application.event_log
            except LogBehind as behind:
                if not said:
                    Logger(__name__).warning("waiting for the worker", why=str(behind))
                said = True
                ended.wait(LOOK_SECONDS)
            else:
                return True
    return False


def work(terminal: Terminal) -> None:
    """Work on incidents, without Slack's side.

    For example:
      bot work
      BOT_LOG_LEVEL=DEBUG bot work
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    terminal.stays = True
    application = terminal.application
    application.creates = True
    worker = application.working.worker(insistent=True)
    with _told_to_stop(*_ends(worker)), _running(application.serving.health(worker, None)):
        worker.run()


@contextmanager
def _running(*parts: Server | Front) -> Iterator[None]:
    """Starts them, and stops them at the end. Neither waits for Slack.

    The garbage collector leaves out what is there by then, 200,000 objects that stay for good: to look through them, it
    would hold up all threads for a tenth of a second, again and again.
    """
    gc.freeze()
    with ExitStack() as started:
        for part in parts:
            part.start()
            started.callback(part.stop)
        yield


def _ends(worker: Worker | None) -> tuple[Callable[[], None], Callable[[], bool]]:
    """How a process with this worker is told to stop, and whether it can hear that yet."""
    return (worker.stop, lambda: bool(worker.id)) if worker is not None else (lambda: None, lambda: True)


@contextmanager
def _told_to_stop(
    stop: Callable[[], None] = lambda: None, begun: Callable[[], bool] = lambda: True
) -> Iterator[threading.Event]:
    """SIGTERM and Ctrl-C end the process in order, from before it is seen from outside. While it still waits for the
    worker's lock, where nothing has begun, they just end it.
    """
    ended = threading.Event()

    def ask(_number: int, _frame: FrameType | None) -> None:
        ended.set()
        stop()
        if not begun():
            raise SystemExit(0)

    before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield ended
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
