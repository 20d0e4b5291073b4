"""Profiles every thread of this process: cProfile alone sees only the thread that starts it."""

from __future__ import annotations

import cProfile
import pstats
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def profiled(path: str) -> Iterator[None]:
    """Writes CPU time by function, of all threads together, to `path`."""
    profiles: list[cProfile.Profile] = []
    run: Callable[[threading.Thread], None] = threading.Thread.run

    def watched(thread: threading.Thread) -> Any:
        profile = cProfile.Profile(time.thread_time)  # waiting for an answer is no work
        profiles.append(profile)
        return profile.runcall(run, thread)

    threading.Thread.run = watched  # type: ignore[method-assign]
    own = cProfile.Profile(time.thread_time)
    try:
        own.runcall(lambda: None)
        own.enable()
        yield
    finally:
        own.disable()
        threading.Thread.run = run  # type: ignore[method-assign]
        found = pstats.Stats(own)
        for profile in profiles:
            profile.create_stats()
            if profile.stats:  # type: ignore[attr-defined]
                found.add(profile)
        found.dump_stats(path)
