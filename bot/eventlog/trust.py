"""The log of what was said about whom to trust: one for all incidents.

The logs of open incidents name the entry that was in force there: so a cut shows even to a worker that starts afresh.
"""

from __future__ import annotations

from bot.eventlog.side_log import SideLog, SideLogDamaged, Subject
from bot.eventlog.tables import TRUST_EVENTS
from bot.trust import Distrusted, RestoreAnnounced, TrustEvent, TrustProposed, TrustRestored, TrustState, evolve


class TrustDamaged(SideLogDamaged):
    """It cannot be believed: nobody knows whom not to trust, so nobody is trusted."""

    def __init__(self, what: str) -> None:
        super().__init__(
            what,
            f"The record of whom to trust is damaged: {what}. Nobody's word counts until it is repaired; at the "
            "worker's own host glass can be broken (`bot break-glass … --at-worker`)",
        )


TRUST: Subject[TrustState, TrustEvent] = Subject(
    what="trust",
    table=TRUST_EVENTS,
    kinds={
        "distrusted": Distrusted,
        "trust-proposed": TrustProposed,
        "restore-announced": RestoreAnnounced,
        "trust-restored": TrustRestored,
    },
    empty=TrustState,
    evolve=evolve,
    damaged=TrustDamaged,
)

type TrustLog = SideLog[TrustState, TrustEvent]
