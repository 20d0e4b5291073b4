"""Tells each open incident whom the installation does not trust, before anything more is done for it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from bot.errors import BotError
from bot.eventlog import Damaged
from bot.eventlog.sql import EventLog
from bot.eventlog.stream import Position
from bot.incident.commands import Envelope, TellTrust
from bot.incident.model import BOT
from bot.incident.state import Incident
from bot.incident.trust import is_told
from bot.logs import Logger
from bot.model.fields import machine_id
from bot.trust import TrustState, restored

_log = Logger(__name__)


@dataclass(frozen=True)
class Informer:
    """Keeps the incidents in step with the chain of trust."""

    event_log: EventLog
    clock: Callable[[], datetime]

    def current(self) -> Position[TrustState]:
        """Whom to trust now. What the worker's host announced is put in force here, once its time has come.
        TrustDamaged if the chain does not hold.
        """
        log, now = self.event_log.trust, self.clock()
        before = log.position()
        if not restored(before.state, now):
            return before
        command_id = machine_id(f"trust-restored-after-{before.seq}")
        return log.append(lambda state: restored(state, now), at=now, actor=BOT.name, command_id=command_id)

    def recall(self) -> None:
        """Looks which entries open incidents know of, before anything is decided by the chain as it is now."""
        for incident in self.event_log.open_incidents():
            with suppress(Damaged):
                known = self.event_log.load(incident).trust
                self.event_log.trust.remember(known.number, known.digest)

    def inform_all(self) -> None:
        """Informs every open incident. One that cannot be informed now is informed before any work for it."""
        for incident in self.event_log.open_incidents():
            try:
                self.inform(self.event_log.load(incident))
            except BotError as error:
                _log.warning("trust changes not posted yet", incident=incident, error=str(error))

    def inform(self, incident: Incident) -> Incident:
        """The incident after it was informed. TrustDamaged if the chain is invalid, or misses an event that the
        incident knows.
        """
        known = incident.trust
        self.event_log.trust.remember(known.number, known.digest)
        trust = self.event_log.trust.position()
        tell = _told(trust)
        if not incident.open or is_told(known, tell):
            return incident
        # The same entry tells an incident the same once, however often a worker dies here.
        command_id = machine_id(f"trust-{trust.seq}-after-{known.number}")
        return self.event_log.execute(incident.id, Envelope(command_id, self.clock(), BOT, tell)).incident


def _told(after: Position[TrustState]) -> TellTrust:
    trust = after.state
    return TellTrust(after.seq, after.digest, trust.people, trust.slack, tuple(trust.words()), trust.accounts)
