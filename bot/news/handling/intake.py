"""The worker's looks at the sources of news: frequent ones for changes, and now and then one for all that is open.

The module keeps nothing that the log does not hold. The result of a look is in the log of alerts before the look's
cursor moves. If the worker is killed, the next one repeats the look, and recognises what it finds again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.errors import BotError, LogUnavailable, Missing, Misuse, OutsideError, Refused, Throttled, Unreachable
from bot.eventlog import INSTALLATION
from bot.eventlog.contract import Cursor
from bot.eventlog.sql import EventLog
from bot.inbox.incidents import Incidents
from bot.incident.model import BOT
from bot.logs import Logger
from bot.news.cases.decide import ask_again, declare, overdue
from bot.news.cases.state import Case, Stage
from bot.news.handling.decisions import declaration_of
from bot.news.handling.judge import Judge, compromise_of, deals_with
from bot.news.handling.looks import AGAIN, NEVER, Agenda, Look, Pauses, key_of
from bot.news.handling.news import News
from bot.news.handling.records import Records
from bot.news.sources.source import DAILY, Found, Ref, Source, ref_of
from bot.worker.background import Background

TICK = 1.0
LOOKED = "alerts-looked"
"""The surface of the cursors with the start of the last looks: under a source's name for changes, under ``NAME:open``
for all that is open.
"""
COMPARING = "values"
"""The name for waiting until the catalog's values can be read, besides sources, looks and alerts."""
FOLLOW_EVERY = timedelta(seconds=15)
"""Between two looks at what incidents and time have changed, where no news came."""
OVERLAP = timedelta(minutes=15)
"""A look also lists changes of this time before the last look began: clocks differ, and a list may be late."""
LOOK_AGAIN = timedelta(hours=1)
"""The longest time until a failed look at all that is open is repeated."""
LOOK_FOR = timedelta(seconds=5)
"""So long a look at one source goes on at a time."""
BATCH = 50
"""The number of alerts that are compared with the catalog's values together."""
ALERT_AGAIN = timedelta(seconds=30)
"""Until an alert that could not be asked about is asked about again: the others come first."""
MANY = 20
"""The number of failed alerts after which a look stops."""
COMPARE_EVERY = timedelta(minutes=1)
"""Between two looks at an alert that was not compared with everything, as parameters could not be read."""


@dataclass
class Intake(Background):
    """Runs in a thread of its own between `start` and `stop`; of several workers, in the first. `sources` by name."""

    THREAD = "alerts"
    WHAT = "news of leaks"
    WAITS = "news of leaks waits"
    EVERY = TICK
    incidents: Incidents
    sources: Mapping[str, Source]
    judge: Judge
    news: News
    _pauses: Pauses = field(default_factory=Pauses)
    _looks: dict[str, Look] = field(default_factory=dict)
    _compared: dict[int, datetime] = field(default_factory=dict)
    _followed: tuple[int, datetime] | None = None

    def __post_init__(self) -> None:
        self._records = Records(self.event_log, self.incidents, self.judge)
        self._agenda = Agenda(self._records, self._pauses, self.clock)
        self._consequences = Consequences(self.event_log, self.incidents, self._records)

    def lasting(self) -> str:
        """What could not be asked and still waits."""
        return self._pauses.why(self.clock())

    def round(self) -> None:
        """Looks at each source within the time limit; then does the owed consequences."""
        now = self.clock()
        if not self.sources and self._followed is not None and now - self._followed[1] < FOLLOW_EVERY:
            return  # no source is due, and waiting alerts are checked now and then
        for source in self.sources.values():
            self._look_at(source, now)
        now, number = self.clock(), self._records.position().seq
        if self._followed is None or number != self._followed[0] or now - self._followed[1] >= FOLLOW_EVERY:
            self._compare_again(now)
            self._consequences.follow(now)
            self.news.tell(self._records.state(), now)
            self._followed = (self._records.position().seq, now)

    # --- looks ------------------------------------------------------------------------------------------------------

    def _look_at(self, source: Source, now: datetime) -> None:
        """Continues the looks in progress, or begins due ones."""
        every = {f"{source.name}:open": source.whole}
        if source.every < source.whole:
            every[source.name] = source.every
        for name, pause in every.items():
            if any(self._pauses.held(one, now) for one in (COMPARING, source.name, name)):
                continue
            if now - self._last(name) < pause:
                self._looks.pop(name, None)  # another worker has come to its end
                continue
            look = self._looks.pop(name, None) or self._begin(name, source, now)
            if not self._go_on(look):
                self._looks[name] = look
            elif (error := look.short_of) is not None:
                self._wait(look, error, now)
            else:
                self._pauses.end(source.name)
                self._pauses.end(name)
                self.event_log.cursors.put(Cursor(INSTALLATION, LOOKED, name, 0, "", look.began))

    def _begin(self, name: str, source: Source, now: datetime) -> Look:
        look = Look(name, source, now)
        since = max(self._last(name), now - DAILY) - OVERLAP
        look.left = self._agenda.open(look) if look.whole else self._agenda.changed(look, since)
        return look

    def _last(self, name: str) -> datetime:
        cursor = self.event_log.cursors.get(INSTALLATION, LOOKED, name)
        return cursor.updated_at if cursor is not None else NEVER

    def _wait(self, look: Look, error: BotError, now: datetime) -> None:
        """One unreachable repository delays only its look's end; an unreachable source delays all of its looks."""
        if look.silent is not None:
            self._pauses.begin(look.source.name, look.silent, now)
        elif self._pauses.held(COMPARING, now) is None:
            often = look.source.whole if look.whole else look.source.every
            self._pauses.begin(look.name, error, now, max(AGAIN, min(often, LOOK_AGAIN)))

    def _go_on(self, look: Look) -> bool:
        """Skips what fails. False if this worker stops, or the time is over: the next round continues."""
        until = self.clock() + LOOK_FOR
        while self._batch(look, until):
            if self._stopping.is_set() or self.clock() >= until:
                return False
        return True

    def _batch(self, look: Look, until: datetime) -> bool:
        """Reads enough alerts to make a comparison with all values worthwhile, and records the results; returns whether
        any are left.
        """
        found, unreadable, asked, left = list[Found](), list[Ref](), dict[str, tuple[str, datetime]](), False
        for one in look.left:
            if one is not None:
                key = key_of(look.source, one.ref)
                try:
                    self._ask(look.source, one.ref, found, unreadable)
                    asked[key] = (one.stamp, self.clock())
                except OutsideError as error:
                    if self._gives_up(look, key, error):
                        break
            if len(asked) >= BATCH or self._stopping.is_set() or self.clock() >= until:
                left = True
                break
        try:
            self._record(look.source, found, unreadable)
        except OutsideError as error:
            look.held.append(error)
            return False
        self._agenda.passed |= asked
        return left

    def _gives_up(self, look: Look, key: str, error: OutsideError) -> bool:
        """The failed alert waits alone. The look ends only if the source does not answer at all, or after too many
        failures.
        """
        self._pauses.begin(key, error, self.clock(), first=ALERT_AGAIN)
        look.failed.append(error)
        return look.silent is not None or len(look.failed) >= MANY

    def _ask(self, source: Source, ref: Ref, found: list[Found], unreadable: list[Ref]) -> None:
        try:
            found.append(source.look(ref))
        except (Missing, Refused, Misuse):
            unreadable.append(ref)
        self._pauses.end(key_of(source, ref))

    def _record(self, source: Source, found: list[Found], unreadable: list[Ref]) -> None:
        """Where there is nothing to compare with, no source is asked for a while."""
        now = self.clock()
        try:
            self._records.take(source.name, found, unreadable, now)
        except OutsideError as error:
            self._pauses.begin(COMPARING, error, now)
            raise
        if found:
            self._pauses.end(COMPARING)

    def _compare_again(self, now: datetime) -> None:
        """Compares incomplete alerts again once more values can be read."""
        waiting = [case for case in self._records.state().cases.values() if case.stage is Stage.TRIAGE and case.unread]
        if waiting:
            self.judge.values.refresh()
        for case in waiting:
            report = case.reports[0]
            source, since = self.sources.get(report.source), self._compared.get(case.number, case.opened_at)
            if (
                source is None
                or now - since < COMPARE_EVERY
                or set(case.unread) <= set(self.judge.values.unread)
                or any(self._pauses.held(name, now) for name in (report.source, report.key, COMPARING))
            ):
                continue
            self._compared[case.number] = now
            found, unreadable = list[Found](), list[Ref]()
            try:
                self._ask(source, ref_of(report.ref), found, unreadable)
                self._record(source, found, unreadable)
            except OutsideError as error:
                self._pauses.begin(report.key, error, now)
                if isinstance(error, Unreachable | Throttled):
                    return


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
