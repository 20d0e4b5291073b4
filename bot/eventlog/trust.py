"""The log of distrust: one for all incidents.

The logs of open incidents name the event that was valid at the time, so even a new worker detects a cut.
"""

from __future__ import annotations

from bot.eventlog.stream_log import InstallationStream, StreamDamaged
from bot.incident.stored import by_name
from bot.model.codec import Codec
from bot.trust import TrustEvent, TrustState, evolve


class TrustDamaged(StreamDamaged):
    """The log is invalid. Distrust is then unknown, so no one is trusted."""

    def __init__(self, what: str) -> None:
        super().__init__(
            what,
            f"The record of trust is damaged: {what}. No command counts until it is repaired; at the "
            "worker's own host you can break glass (`bot revoke … --break-glass --at-worker`)",
        )


TRUST: InstallationStream[TrustState, TrustEvent] = InstallationStream(
    "trust", Codec(by_name(TrustEvent)), TrustState(), evolve, TrustDamaged
)
