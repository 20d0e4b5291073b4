"""That the worker cannot record anything: noticed by any of its threads, told once it lasts, taken back at its end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.eventlog import Damaged, TrustDamaged
from bot.eventlog.sql import EventLog
from bot.logs import Logger
from bot.worker.alarm import Alarm

TOLD_AFTER = timedelta(seconds=5)
PAUSES = "⏸ Work pauses, because nothing can be recorded: {}. It goes on by itself. What cannot wait, do by hand now."
GOES_ON = "▶ The log takes records again: work goes on."

_log = Logger(__name__)


@dataclass
class Trouble:
    """`tell` says a sentence in the channels of the open incidents."""

    clock: Callable[[], datetime]
    tell: Callable[[str], None]
    sentence: str = ""
    """What is wrong; empty if nothing is."""
    _since: datetime | None = None
    _told: bool = False
    """Whether people were told, and have to be told when it is over."""

    def begins(self, sentence: str) -> None:
        """Called by the pool's threads as well."""
        if sentence != self.sentence:
            _log.error("work pauses", error=sentence)
        if not self.sentence:
            self._since = self.clock()
        self.sentence = sentence

    def ends(self) -> None:
        if self.sentence:
            _log.warning("work goes on", after=self.sentence)
        self.sentence = ""
        if self._told:
            self._told = False
            self.tell(GOES_ON)

    def tell_what_lasts(self) -> None:
        """People at the card must know that nothing moves; a moment's trouble is not worth a message."""
        lasting = self._since is not None and self.clock() - self._since >= TOLD_AFTER
        if self.sentence and lasting and not self._told:
            self._told = True
            self.tell(PAUSES.format(self.sentence.rstrip(".")))


# What cannot be believed: incidents whose logs are damaged are set aside and told, and the others go on.


@dataclass
class SetAside:
    """`shows` runs what tells people in a thread of its own."""

    event_log: EventLog
    alarm: Alarm | None
    shows: Callable[..., object]
    untrusting: str = ""
    """Why nobody's word counts right now; empty if it does."""
    _locked: str = ""
    _damaged: dict[str, str] = field(default_factory=dict)
    """Incidents that are set aside, with what is wrong."""
    _noted: set[str] | None = None
    """Those that a worker before this one has set aside; None before anybody asked."""

    def add(self, damaged: Damaged) -> None:
        told, self._damaged[damaged.incident] = self._damaged.get(damaged.incident), damaged.what
        if told != damaged.what:
            _log.error("an incident is set aside", incident=damaged.incident, why=damaged.headline)
        if self.alarm is not None:
            self.shows(self.alarm.raise_for, damaged)

    def holds(self, incident: str) -> None:
        """Takes back what was said of its damage, by this worker or by one before it."""
        if self._noted is None:
            self._noted = set(self.event_log.damages.noted())
        damaged = self._damaged.pop(incident, None) is not None
        if (damaged or incident in self._noted) and self.alarm is not None:
            self._noted.discard(incident)
            _log.warning("an incident's log holds again", incident=incident)
            self.shows(self.alarm.over, incident)

    def trust(self, damaged: TrustDamaged) -> None:
        """Nobody can tell whom to trust."""
        if self.untrusting != str(damaged):
            self.untrusting = str(damaged)
            _log.error("nobody's word counts: the record of whom to trust is damaged", what=damaged.what)
            if self.alarm is not None:
                self.shows(self.alarm.trust_damaged, damaged)

    def trust_locked(self, words: str) -> None:
        """Nobody but one person can give trust back, as `words` say; empty where that is not so."""
        if self._locked != words:
            self._locked = words
            if words and self.alarm is not None:
                self.shows(self.alarm.trust_locked, words)
