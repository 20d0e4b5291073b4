"""Samples what the threads of this process are doing: cProfile cannot tell several threads apart."""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

PAUSE = 0.002
WAITING = frozenset({
    "wait", "wait_for", "sleep", "_wait_for_tstate_lock", "acquire", "take", "recv", "recv_into", "readinto", "select",
    "poll", "accept", "notifies", "_worker", "join", "get", "connect", "create_connection", "do_handshake",
    "run_forever", "_recv_from_socket", "read", "readline", "_read_from_socket", "can_read", "result",
})  # fmt: skip
"""Functions whose own time is waiting, as Python shows it: a thread inside of C is seen at its caller."""


@contextmanager
def profiled(path: str) -> Iterator[None]:
    """Writes to `path` how often each function was seen working: by itself, and with all that it called."""
    own: Counter[str] = Counter()
    within: Counter[str] = Counter()
    over = threading.Event()
    sampler = threading.Thread(target=_sample, args=(own, within, over), daemon=True)
    sampler.start()
    try:
        yield
    finally:
        over.set()
        sampler.join()
        Path(path).write_text(_table("by itself", own) + _table("with all that it called", within))


def _sample(own: Counter[str], within: Counter[str], over: threading.Event) -> None:
    me = threading.get_ident()
    while not over.is_set():
        for thread, frame in sys._current_frames().items():
            if thread == me or frame.f_code.co_name in WAITING:
                continue
            own[_name(frame)] += 1
            within.update({_name(each) for each in _stack(frame)})
        time.sleep(PAUSE)


def _stack(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _name(frame: FrameType) -> str:
    place = "/".join(Path(frame.f_code.co_filename).parts[-3:])
    return f"{place}:{frame.f_code.co_qualname}"


def _table(title: str, seen: Counter[str]) -> str:
    rows = "".join(f"{count:7d}  {name}\n" for name, count in seen.most_common(60))
    return f"# samples {title}\n{rows}\n"
