"""The log of what was said about whom to trust: one for all incidents.

The logs of open incidents name the event that was in force there: so a cut shows even to a worker that starts afresh.
"""

from __future__ import annotations

from bot.eventlog.stream_log import InstallationStream, StreamDamaged
from bot.model.codec import Codec
from bot.trust import Distrusted, RestoreAnnounced, TrustEvent, TrustProposed, TrustRestored, TrustState, evolve


class TrustDamaged(StreamDamaged):
    """It cannot be believed: nobody knows whom not to trust, so nobody is trusted."""

    def __init__(self, what: str) -> None:
        super().__init__(
            what,
            f"The record of whom to trust is damaged: {what}. Nobody's word counts until it is repaired; at the "
            "worker's own host glass can be broken (`bot break-glass … --at-worker`)",
        )


TRUST: InstallationStream[TrustState, TrustEvent] = InstallationStream(
    "trust",
    Codec(
        {
            "distrusted": Distrusted,
            "trust-proposed": TrustProposed,
            "restore-announced": RestoreAnnounced,
            "trust-restored": TrustRestored,
        }
    ),
    TrustState(),
    evolve,
    TrustDamaged,
)
