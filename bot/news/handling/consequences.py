"""What follows from alerts: a declaration at once, an incident that deals with one, and the word to its source.

Each is owed until the log says that it happened, and doing it again is harmless.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.errors import BotError, LogUnavailable, Missing, OutsideError
from bot.eventlog.sql import EventLog
from bot.inbox.incidents import Incidents
from bot.incident.model import BOT
from bot.logs import Logger
from bot.news.cases.decide import ask_again, declare, overdue, written_back
from bot.news.cases.state import Case, Report, Stage, Value
from bot.news.handling.decisions import declaration_of
from bot.news.handling.judge import compromise_of, deals_with, proven_dead
from bot.news.handling.records import Records
from bot.news.sources.source import Source, ref_of

SOON, LATER = timedelta(minutes=5), timedelta(hours=6)
"""A source that could not be told is told again after this; one that does not let us write, after that."""
REVOKED = "Revoked and proven dead: {incident}."

_log = Logger(__name__)


@dataclass
class Consequences:
    """`sources` by name."""

    event_log: EventLog
    incidents: Incidents
    sources: Mapping[str, Source]
    records: Records
    _no_writing: dict[str, datetime] = field(default_factory=dict)

    def follow(self, now: datetime) -> None:
        self.records.append("time", now, lambda state: (*ask_again(state, now), *overdue(state, now)))
        for case in self.records.state().cases.values():
            if case.stage is Stage.PROPOSED and case.value is not None:
                self._settle(case, now)
        for report, incident in list(self._provable(now)):
            self._write_back(report, incident, now)

    def _settle(self, case: Case, now: datetime) -> None:
        try:
            self._declare(case, now)
        except LogUnavailable:
            raise
        except BotError as error:
            _log.warning("an alert was not declared", alert=case.number, error=str(error))

    def _declare(self, case: Case, now: datetime) -> None:
        """An incident may deal with the value by now, whoever declared it; or it is to be declared at once."""
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

    def _provable(self, now: datetime) -> Iterator[tuple[Report, str]]:
        """Reports of which every value is proven dead, and whose source does not know; with the incidents, by commas,
        that have the proof.
        """
        dead: dict[tuple[str, str], bool] = {}
        for report, values in self.records.state().unwritten():
            source = self.sources.get(report.source)
            if source is None or not source.takes_word or self._no_writing.get(report.source, now) > now:
                continue
            for value, incident in values.items():
                key = (incident, value.fingerprint)
                if key not in dead:
                    dead[key] = self._proven(value, incident)
            if all(dead[incident, value.fingerprint] for value, incident in values.items()):
                yield report, ", ".join(dict.fromkeys(values.values()))

    def _proven(self, value: Value, incident: str) -> bool:
        try:
            return proven_dead(self.event_log.load(incident), value)
        except BotError:
            return False

    def _write_back(self, report: Report, incident: str, now: datetime) -> None:
        """Looks there first: one that somebody has resolved stays as they left it."""
        source = self.sources[report.source]
        if self._no_writing.get(report.source, now) > now:
            return
        try:
            source.revoked(ref_of(report.ref), REVOKED.format(incident=incident))
        except Missing:
            pass  # it is gone there: nobody has to be told
        except OutsideError as error:
            self._no_writing[report.source] = now + (SOON if error.retryable else LATER)
            _log.warning("a source was not told that a value is dead", source=report.source, error=str(error))
            return
        self.records.append(f"written {report.key}", now, lambda state: written_back(state, report.key, incident))
