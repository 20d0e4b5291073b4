"""What the bot's own logging says while a test runs, whatever tests before it in the same process have left behind."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from bot import logs


@contextmanager
def log_lines(level: str = "DEBUG") -> Iterator[io.StringIO]:
    """Configures logging as the program does, in JSON lines; they are in what is yielded."""
    stream = io.StringIO()
    logs.configure(level, json=True, stream=stream)
    try:
        yield stream
    finally:
        not_configured()


def not_configured() -> None:
    """As in a process that has just begun: nothing is configured, and nothing waits for it."""
    root = logging.getLogger()
    if any(isinstance(handler, logs._Handler) for handler in root.handlers):
        root.handlers[:] = [handler for handler in root.handlers if not isinstance(handler, logs._Handler)]
        for name in (logs._OURS, *logs.QUOTING):
            logging.getLogger(name).setLevel(logging.NOTSET)
        logging.captureWarnings(capture=False)
    if "structlog" in sys.modules:
        sys.modules["structlog"].reset_defaults()
    logs._waiting.clear()
