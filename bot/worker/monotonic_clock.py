"""Clocks that never go back while the process runs: the time of day, and the pause between two refusals."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.incident.operations import Op, Work
from bot.logs import Logger

if TYPE_CHECKING:
    from bot.incident.state import Incident

FURTHEST = timedelta(days=1)
"""Enough for a clock that was set to local time. What lies further ahead is no time to act by."""
_WORTH_SAYING = timedelta(minutes=1)
_log = Logger(__name__)


class MonotonicClock:
    """`clock`, except that after a jump back, time continues from its last value.

    The log has due times as times of day. Without this class a clock corrected by ten minutes would stop all work, also
    revocations, for ten minutes. Jumps ahead are followed, since a machine may have slept. `monotonic` gives seconds
    that never go back. Thread-safe.
    """

    def __init__(self, clock: Callable[[], datetime], monotonic: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._last = clock()
        self._since = monotonic()

    def __call__(self) -> datetime:
        with self._lock:
            told, since = self._clock(), self._monotonic()
            if told < self._last:
                told = self._last + timedelta(seconds=max(since - self._since, 0.0))
            self._last, self._since = told, since
            return told

    def reached(self, at: datetime) -> bool:
        """Goes on from `at`, at which something has happened already, where that lies ahead; False, and nothing has
        changed, where it lies more than a day ahead.
        """
        ahead = at - self()
        if ahead > FURTHEST:
            return False
        if ahead > _WORTH_SAYING:
            _log.warning("this machine's clock is behind the event log; time goes on from the log's", ahead=str(ahead))
        with self._lock:
            if at > self._last:
                self._last, self._since = at, self._monotonic()
        return True


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
