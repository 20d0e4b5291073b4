"""The pause between two refusals, by a monotonic clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from bot.incident.operations import Op, Work
from bot.incident.state import Incident


class ProbeInterval:
    """Delays the next probe of a proof until its pause has really passed.

    The log has the times of refusals as times of day. A clock set forward between them would allow a proof from two
    probes within a moment, while a revocation is still spreading. So the pause also counts in monotonic seconds, from
    when this process first saw the last refusal in the log. A process that did not make that probe itself, after a
    start or a take-over, waits the whole pause from there. For one thread only.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._seen: dict[tuple[str, str], tuple[datetime, float]] = {}

    def see(self, incident: Incident) -> None:
        """Notes the refusals of all proofs in progress; called at every look at the incident."""
        for secret in incident.secrets.values():
            key, run = (incident.id, secret.name), secret.old.refusals
            if run is None or secret.old.contained_at is not None:
                self._seen.pop(key, None)
            elif key not in self._seen or self._seen[key][0] != run.last_at:
                self._seen[key] = run.last_at, self._monotonic()

    def left(self, incident: Incident, work: Work) -> float:
        """Seconds that `work` must wait; 0.0 if it is no probe of a proof in progress."""
        seen = self._seen.get((incident.id, work.subject)) if work.op is Op.PROVE else None
        if seen is None:
            return 0.0
        return max(seen[1] + incident.timings.confirm - self._monotonic(), 0.0)
