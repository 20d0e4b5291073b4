"""The consequences of alerts: an immediate declaration, and a note in an incident that deals with the value.

Each is owed until the log has it, and repeating it is harmless.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.errors import BotError, LogUnavailable
from bot.eventlog.sql import EventLog
from bot.inbox.incidents import Incidents
from bot.incident.model import BOT
from bot.logs import Logger
from bot.news.cases.decide import ask_again, declare, overdue
from bot.news.cases.state import Case, Stage
from bot.news.handling.decisions import declaration_of
from bot.news.handling.judge import compromise_of, deals_with
from bot.news.handling.records import Records

_log = Logger(__name__)


@dataclass(frozen=True)
class Consequences:
    event_log: EventLog
    incidents: Incidents
    records: Records

    def follow(self, now: datetime) -> None:
        self.records.append("time", now, lambda state: (*ask_again(state, now), *overdue(state, now)))
        for case in self.records.state().cases.values():
            if case.stage is Stage.PROPOSED and case.value is not None:
                self._settle(case, now)

    def _settle(self, case: Case, now: datetime) -> None:
        try:
            self._declare(case, now)
        except LogUnavailable:
            raise
        except BotError as error:
            _log.warning("an alert was not declared", alert=case.number, error=str(error))

    def _declare(self, case: Case, now: datetime) -> None:
        """Checks first whether an incident deals with the value by now; declares it if not."""
        assert case.value is not None
        incident = compromise_of(self.event_log, case.value.environment, case.value.secret)
        if incident and not deals_with(self.event_log.load(incident), case.value):
            return  # it waits: a person declares it once that one is closed
        if not incident and case.auto:
            made = self.incidents.declare(declaration_of(case), BOT, f"alert-{case.number}-{case.value.fingerprint}")
            if made.incident.routine:
                return  # a planned rotation still has it: a person is paged soon
            incident = made.incident.id
            _log.warning("declared for an alert", incident=incident, alert=case.number)
        if incident:
            holder = incident
            self.records.append(f"declared {case.number}", now, lambda state: declare(state, case.number, holder))
