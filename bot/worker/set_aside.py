"""Incidents with damaged logs are set aside and reported, and the others continue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from bot.eventlog import Damaged, TrustDamaged
from bot.eventlog.sql import EventLog
from bot.logs import Logger
from bot.worker.alarm import Alarm

_log = Logger(__name__)


@dataclass
class SetAside:
    """`shows` runs what tells people in a thread of its own."""

    event_log: EventLog
    alarm: Alarm | None
    shows: Callable[..., object]
    untrusting: str = ""
    """Why people's commands are refused now; empty if they are not."""
    _locked: str = ""
    _damaged: dict[str, str] = field(default_factory=dict)
    """Incidents that are set aside, with the fault."""
    _noted: set[str] | None = None
    """Incidents that an earlier worker set aside; None before the first look."""

    def add(self, damaged: Damaged) -> None:
        told, self._damaged[damaged.incident] = self._damaged.get(damaged.incident), damaged.what
        if told != damaged.what:
            _log.error("an incident is set aside", incident=damaged.incident, why=damaged.headline)
        if self.alarm is not None:
            self.shows(self.alarm.raise_for, damaged)

    def holds(self, incident: str) -> None:
        """Withdraws the report of damage, of this worker or an earlier one."""
        if self._noted is None:
            self._noted = set(self.event_log.damages.noted())
        damaged = self._damaged.pop(incident, None) is not None
        if (damaged or incident in self._noted) and self.alarm is not None:
            self._noted.discard(incident)
            _log.warning("an incident's log holds again", incident=incident)
            self.shows(self.alarm.over, incident)

    def trust(self, damaged: TrustDamaged) -> None:
        """Trust is unknown."""
        if self.untrusting != str(damaged):
            self.untrusting = str(damaged)
            _log.error("no command counts: the trust record is damaged", what=damaged.what)
            if self.alarm is not None:
                self.shows(self.alarm.trust_damaged, damaged)

    def trust_locked(self, words: str) -> None:
        """Only one person can give trust back, as `words` say; empty if that is not so."""
        if self._locked != words:
            self._locked = words
            if words and self.alarm is not None:
                self.shows(self.alarm.trust_locked, words)
