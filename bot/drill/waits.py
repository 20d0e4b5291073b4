"""What people read of the waits of a practice world, which are shorter than those of an installation; and how long the
drill's people wait for something to move.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from bot.settings.model import DRILL, PRODUCTION

WAITS = (
    f"Waits are shortened in the practice world: the {PRODUCTION.confirm:g} s between two refusals that prove a key "
    f"dead are {DRILL.confirm:g} s here."
)
STALE = 20.0
"""Seconds without movement after which people no longer wait."""
STANDS_STILL = f"nothing has moved for {STALE:.0f} s: the people stop"


@dataclass
class Unchanged:
    """For how long something has stayed as it is. `clock` gives seconds that never go back."""

    clock: Callable[[], float] = time.monotonic
    _was: object = None
    _since: float | None = None

    def seconds(self, now_it_is: object) -> float:
        """Since it was first seen like this."""
        if self._since is None or now_it_is != self._was:
            self._was, self._since = now_it_is, self.clock()
        return self.clock() - self._since
