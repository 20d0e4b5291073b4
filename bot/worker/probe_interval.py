"""The pause between two refusals, by a clock that nobody sets."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from bot.incident.operations import Op, Work
from bot.incident.state import Incident


class ProbeInterval:
    """Keeps the next look of a proof back until its pause has really passed.

    That two refusals are far enough apart stands in the log as times of day: a clock that is set forward between them
    would make a proof of two looks in a moment, during which a revocation may only have been spreading. So the pause
    also counts in seconds that never jump, from when this process first saw the last refusal in the log. One that did
    not make that look itself, after a start or a take-over, waits as long from there. Of one thread only.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._seen: dict[tuple[str, str], tuple[datetime, float]] = {}

    def see(self, incident: Incident) -> None:
        """Notes the refusals of all proofs that are under way; to be called whenever the incident is looked at."""
        for secret in incident.secrets.values():
            key, run = (incident.id, secret.name), secret.old.refusals
            if run is None or secret.old.contained_at is not None:
                self._seen.pop(key, None)
            elif key not in self._seen or self._seen[key][0] != run.last_at:
                self._seen[key] = run.last_at, self._monotonic()

    def left(self, incident: Incident, work: Work) -> float:
        """Seconds for which `work` has to wait; 0.0 for what is no look of a proof under way."""
        seen = self._seen.get((incident.id, work.subject)) if work.op is Op.PROVE else None
        if seen is None:
            return 0.0
        return max(seen[1] + incident.timings.confirm - self._monotonic(), 0.0)
