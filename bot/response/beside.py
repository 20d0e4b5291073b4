"""What runs beside a worker's own loop, in a thread of its own."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar


@dataclass
class Beside(ABC):
    """Runs between `start` and `stop`. `_run` goes on until `_stopping` is set."""

    THREAD: ClassVar[str]
    """What the thread is called."""
    _stopping: threading.Event = field(init=False, default_factory=threading.Event)
    _thread: threading.Thread | None = field(init=False, default=None)

    @abstractmethod
    def _run(self, leads: Callable[[], bool]) -> None: ...

    def start(self, leads: Callable[[], bool]) -> None:
        """Begins. `leads` says whether this worker, of several, is the one whose turn it is."""
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, args=(leads,), name=self.THREAD, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends after what is being done."""
        if self._thread is None:
            return
        self._stopping.set()
        if self._thread.ident is not None:  # a worker may end while it begins
            self._thread.join()
        self._thread = None
