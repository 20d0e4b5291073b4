"""Whether a number of seconds that was measured says something of the bot."""

from __future__ import annotations

import os

OVERLOADED = 2


def overloaded() -> bool:
    """Whether others leave this machine no processor: then no verdict on seconds can be given."""
    return os.getloadavg()[0] > OVERLOADED * (os.cpu_count() or 1)
