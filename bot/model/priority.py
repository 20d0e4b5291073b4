"""How urgent a call to the outside is."""

from __future__ import annotations

from enum import IntEnum


class Priority(IntEnum):
    """Urgency of a call. The lower goes first."""

    REVOKE = 0
    PUT = 1
    VERIFY = 2
    READ = 3
