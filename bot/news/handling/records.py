"""The log of alerts, as the worker writes it: what looks at alerts have found, whole alerts at once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.errors import BotError, LogUnavailable
from bot.eventlog.sql import EventLog
from bot.eventlog.stream import Position
from bot.inbox.incidents import Incidents
from bot.incident.model import BOT
from bot.logs import Logger
from bot.model.fields import machine_id
from bot.news.cases.decide import looked_through
from bot.news.cases.events import AlertEvent
from bot.news.cases.state import Alerts, Report, Stage, Stranger
from bot.news.handling.judge import TRIAGE, Judge, Judged
from bot.news.sources.source import Found, Ref

UNREADABLE = "an alert that cannot be read there: check it by hand"

_log = Logger(__name__)


@dataclass(frozen=True)
class Records:
    """Recording anything a second time is harmless."""

    event_log: EventLog
    incidents: Incidents
    judge: Judge

    def state(self) -> Alerts:
        return self.position().state

    def position(self) -> Position[Alerts]:
        return self.event_log.alerts.position()

    def append(self, what: str, now: datetime, decide: Callable[[Alerts], Sequence[AlertEvent]]) -> None:
        """Nothing is written where nothing follows. `what` names the occasion."""
        before = self.position()
        if decide(before.state):
            command_id = machine_id(f"alerts-{_short(f'{what}\n{before.seq}')}")
            self.event_log.alerts.append(decide, at=now, actor=BOT.name, command_id=command_id)

    def take(self, source: str, found: Sequence[Found], unreadable: Sequence[Ref], now: datetime) -> None:
        """An unreadable alert may be a leak too: a person looks. Raises as `Judge.prepare` while values for the
        comparison are missing.
        """
        known = self.judge.prepare(found) if found else None
        for one in found:
            assert known is not None
            try:
                self._keep(list(self.judge.judge(source, one, known, now)), now)
            except LogUnavailable:
                raise
            except Exception as error:  # noqa: BLE001 - one alert must not keep the others from being looked at
                _log.error("an alert could not be checked", source=source, error=type(error).__name__)
                self._keep([self._unread(source, one.ref, now)], now)
        for ref in unreadable:
            if not _ended_by_a_person(self.state(), f"{source}:{ref}"):
                self._keep([self._unread(source, ref, now)], now)

    def _unread(self, source: str, ref: Ref, now: datetime) -> Judged:
        report = Report(source, str(ref), UNREADABLE)
        return Judged(report, Stranger(self.judge.owner(), now + TRIAGE))

    def _keep(self, held: Sequence[Judged], now: datetime) -> None:
        """Records everything in one alert together, so that it is never half known."""
        for one in held:
            if one.sighting is not None:
                try:
                    self._sight(one)
                except LogUnavailable:
                    raise
                except BotError as error:
                    _log.warning("an incident did not get another place of its key", error=str(error))
        found = [(one.report, one.verdict) for one in held]
        self.append(held[0].report.key, now, lambda state: looked_through(state, found, BOT.name, now))

    def _sight(self, one: Judged) -> None:
        """Into the incident's timeline first: it says once for each place that the value stood there, and once that
        everyone can read it.
        """
        assert one.sighting is not None
        name = _short(f"{one.sighting.ts}\n{one.sighting.secret}\n{one.sighting.value}")
        self.incidents.do(one.incident, one.sighting, BOT, f"alert-{name}")


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _ended_by_a_person(state: Alerts, key: str) -> bool:
    """Whether every record of a report is closed, at least one by a person."""
    cases = state.cases_of(key)
    return all(case.stage is Stage.ENDED for case in cases) and any(case.by != BOT.name for case in cases)
