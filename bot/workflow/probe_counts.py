"""The looks and the questions to consumers that were made and are not recorded: how many, and when the last one was."""

from __future__ import annotations

import threading
from datetime import datetime

from bot.incident import events as e
from bot.incident.changes import replace
from bot.incident.commands import CountLooks
from bot.incident.consumers.asks import Asks, as_asked
from bot.incident.old_value.looks import Tally, as_watched, fits
from bot.incident.state import Incident, SecretState

type Key = tuple[str, str]
"""An incident and one of its secrets."""


class ProbeCounts:
    """In the memory of one process, and lost with it: then the log tells of fewer looks than there were, never of more.
    Thread-safe.
    """

    def __init__(self) -> None:
        self._kept: dict[Key, Tally] = {}
        self._asks: dict[Key, Asks] = {}
        self._lock = threading.Lock()

    def of(self, incident: Incident, secret: SecretState) -> Tally:
        """The tally of this secret, an empty one if something else was recorded of it since."""
        with self._lock:
            kept = self._kept.get((incident.id, secret.name))
        return kept if kept is not None and fits(secret, kept) else Tally(secret.old.probes)

    def keep(self, incident: Incident, secret: SecretState, tally: Tally) -> None:
        with self._lock:
            self._kept[incident.id, secret.name] = tally

    def looked(self, incident: Incident, secret: SecretState, look: e.OldProbed, at: datetime) -> Tally:
        """One more look; the tally with it."""
        tally = self.of(incident, secret).with_look(look, at)
        self.keep(incident, secret, tally)
        return tally

    def failed(self, incident: Incident, secret: SecretState, failed: e.OperationFailed, at: datetime) -> bool:
        """Whether the look could not be had for the same reason as the last time."""
        tally, why = self.of(incident, secret), f"{failed.error}: {failed.message}"
        self.keep(incident, secret, replace(tally, failed_at=at, failure=why))
        return tally.failed_at is not None and tally.failure == why

    def counted(self, incident: Incident, secret: SecretState) -> CountLooks | None:
        """What is to be recorded, taken out of the tally; None if nothing was counted."""
        tally = self.of(incident, secret)
        if tally.since is None or tally.until is None or tally.probe is None:
            return None
        with self._lock:
            self._kept.pop((incident.id, secret.name), None)
        return CountLooks(secret.name, tally.base, tally.count, tally.since, tally.until, tally.probe, tally.control)

    def asks(self, incident: Incident, secret: SecretState) -> Asks | None:
        """How often this secret's consumers were asked since that was last recorded; None if they were not."""
        with self._lock:
            kept = self._asks.get((incident.id, secret.name))
        return kept if kept is not None and kept.base == secret.new.asked_at else None

    def asked(self, incident: Incident, secret: SecretState, at: datetime) -> None:
        """They were asked once more, and nothing new was heard."""
        before = self.asks(incident, secret)
        count = 1 if before is None else before.count + 1
        with self._lock:
            self._asks[incident.id, secret.name] = Asks(secret.new.asked_at or at, count, at)

    def watched(self, incident: Incident) -> Incident:
        """The incident as its agenda is to be read here: what has just been looked at is not due yet."""
        with self._lock:
            known = {name for number, name in (*self._kept, *self._asks) if number == incident.id}
        for name in known.intersection(incident.secrets):
            secret = incident.secrets[name]
            tally = self.of(incident, secret)
            if tally.until is not None or tally.failed_at is not None:
                incident = as_watched(incident, secret, tally)
            asks = self.asks(incident, secret)
            if asks is not None:
                incident = as_asked(incident, incident.secrets[secret.name], asks)
        return incident

    def kept(self) -> list[Key]:
        """Whose looks are not all recorded."""
        with self._lock:
            return [key for key, tally in self._kept.items() if tally.count]
