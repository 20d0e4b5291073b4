"""How often something may be asked for before it says no."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Allowance:
    """So many calls a second, with so many saved up; of each place, such as a region, by itself. Thread-safe."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float]) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._left: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def take(self, place: str = "") -> bool:
        with self._lock:
            now = self._clock()
            left, seen = self._left.get(place, (self._burst, now))
            left = min(self._burst, left + (now - seen) * self._rate)
            self._left[place] = (left - (left >= 1), now)
            return left >= 1
