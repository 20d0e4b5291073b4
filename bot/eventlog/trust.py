"""The log of what was said about whom to trust: one for all incidents.

The logs of open incidents name the event that was in force there: so a cut shows even to a worker that starts afresh.
"""

from __future__ import annotations

from bot.eventlog.stream_log import InstallationStream, StreamDamaged
from bot.incident.stored import by_name
from bot.model.codec import Codec
from bot.trust import TrustEvent, TrustState, evolve


class TrustDamaged(StreamDamaged):
    """It cannot be believed: nobody knows whom not to trust, so nobody is trusted."""

    def __init__(self, what: str) -> None:
        super().__init__(
            what,
            f"The record of whom to trust is damaged: {what}. Nobody's word counts until it is repaired; at the "
            "worker's own host glass can be broken (`bot revoke … --break-glass --at-worker`)",
        )


TRUST: InstallationStream[TrustState, TrustEvent] = InstallationStream(
    "trust", Codec(by_name(TrustEvent)), TrustState(), evolve, TrustDamaged
)
