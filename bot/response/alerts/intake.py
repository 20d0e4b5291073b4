"""The worker's look at news: takes arrivals, asks their sources, records what they hold, and begins what follows.

It keeps nothing that the log does not hold. An arrival is done once what came of it stands in the log of alerts; from
there on each consequence is owed until the log says that it happened, and doing it again is harmless. Killed at any
moment, the next worker goes on from there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.alerts import (
    AlertEvent,
    Alerts,
    Case,
    Report,
    Stage,
    Stranger,
    Value,
    ask_again,
    declare,
    looked_through,
    overdue,
    written_back,
)
from bot.errors import (
    BotError,
    LogError,
    LogUnavailable,
    Missing,
    Misuse,
    OutsideError,
    Refused,
    Throttled,
    Unreachable,
)
from bot.eventlog import INSTALLATION
from bot.eventlog.alerts import ALERTS
from bot.eventlog.arrivals import KEPT_FOR, Arrival
from bot.eventlog.contract import Cursor
from bot.eventlog.forms import parse_time
from bot.eventlog.sql import EventLog
from bot.incident.model import BOT
from bot.intake.sns import AWS, CERTIFICATE
from bot.intake.sns_certificates import SigningCertificates
from bot.intake.source import DAILY, Found, Ref, Source
from bot.logs import Logger
from bot.model.command_ids import machine_id
from bot.model.sources import SOURCES
from bot.response.alerts.judge import Judge, Judged, compromise_of, deals_with, proven_dead
from bot.response.alerts.news import News
from bot.response.alerts.proposal import declaration_of
from bot.response.beside import Beside
from bot.response.incidents import Incidents

TICK = 1.0
POLL, COMPARING = "alerts-poll", "values"
"""What waits beside sources and alerts: a source's daily look, and whatever is to be compared."""
AGAIN, AT_LATEST = timedelta(seconds=5), timedelta(minutes=5)
"""Between the first two tries to ask a source that does not answer, twice as long each time, and at most."""
FOLLOW_EVERY = timedelta(seconds=15)
"""Between two looks at what incidents and time have changed, where no news came."""
LOOK_AGAIN = timedelta(hours=1)
"""A daily look that could not look at all is done again after this, at the latest."""
LOOK_FOR = timedelta(seconds=5)
"""So long a daily look at one source goes on at a time."""
BATCH = 50
"""So many alerts are compared with the catalog's values at once."""
MANY = 20
"""So many alerts that cannot be asked about, one after the other, are enough for one try."""
COMPARE_EVERY = timedelta(minutes=1)
"""Between two looks at an alert that was not compared with everything, as parameters could not be read."""
TIDY_EVERY = timedelta(hours=1)
WRITE_AGAIN = timedelta(hours=6)
"""A source that does not let us write is tried again after this."""
REVOKED = "Revoked and proven dead: {incident}."
SETTINGS = {name: source.asked_with for name, source in {**SOURCES, CERTIFICATE: SOURCES[AWS]}.items()}
"""By which a worker can ask whose news a front takes in."""
UNREADABLE = "an alert that cannot be read there: look at it by hand"

_log = Logger(__name__)


@dataclass
class _Pause:
    count: int = 0
    until: datetime | None = None
    why: str = ""


@dataclass
class _Looking:
    """A look at all that is open at a source, which began at `since`, and what could not be asked so far."""

    refs: Iterator[Ref | None]
    failed: list[OutsideError]
    since: datetime


@dataclass
class Intake(Beside):
    """Runs in a thread of its own between `start` and `stop`; of several workers, in the first. `sources` by name."""

    THREAD = "alerts"
    WHAT = "news of leaks"
    WAITS = "news of leaks waits"
    EVERY = TICK
    event_log: EventLog
    incidents: Incidents
    sources: Mapping[str, Source]
    judge: Judge
    news: News
    clock: Callable[[], datetime]
    write_back: bool = True
    certificates: SigningCertificates | None = None
    _pauses: dict[str, _Pause] = field(default_factory=dict)
    _looks: dict[str, _Looking] = field(default_factory=dict)
    _compared: dict[int, datetime] = field(default_factory=dict)
    _no_writing: dict[str, datetime] = field(default_factory=dict)
    _unset: str = ""
    _followed: tuple[int, datetime] | None = None
    _tidied_at: datetime | None = None

    @property
    def log(self) -> EventLog:
        return self.event_log

    def now(self) -> datetime:
        return self.clock()

    def lasting(self) -> str:
        """A source that cannot be asked here, or could not be and is not asked again yet."""
        if self._unset:
            return self._unset
        now = self.clock()
        paused = (pause.why for pause in self._pauses.values() if pause.until is not None and pause.until > now)
        return next(paused, "")

    # --- a round ----------------------------------------------------------------------------------------------------

    def round(self) -> None:
        """Takes what has arrived, and what a daily look at each source finds; then does what is owed."""
        now = self.clock()
        if not self.sources and self._followed is not None and now - self._followed[1] < FOLLOW_EVERY:
            return  # nobody is to be asked: what has arrived all the same, and what waits, is looked at now and then
        if self._may_ask(COMPARING, now):
            self._take_arrivals(now)
        if self._may_ask(COMPARING, now):
            self._poll(now)
        now, state = self.clock(), self._state()
        if self._followed is None or state.number != self._followed[0] or now - self._followed[1] >= FOLLOW_EVERY:
            self._follow(now)
            self._followed = (self._state().number, now)
        if self._tidied_at is None or now - self._tidied_at >= TIDY_EVERY:
            self._tidied_at = now
            self.event_log.arrivals.tidy(now)
            if self.certificates is not None:
                self.certificates.tidy(now)

    def _state(self) -> Alerts:
        return self.event_log.beside(ALERTS).current()

    def _append(self, what: str, now: datetime, decide: Callable[[Alerts], Sequence[AlertEvent]]) -> None:
        """Nothing is written where nothing follows. `what` names the occasion; the same one twice is harmless."""
        log = self.event_log.beside(ALERTS)
        if not decide(state := log.current()):
            return
        command_id = hashlib.sha256(f"{what}\n{state.number}".encode()).hexdigest()[:32]
        log.append(decide, at=now, actor=BOT.name, command_id=machine_id(f"alerts-{command_id}"))

    # --- arrivals ---------------------------------------------------------------------------------------------------

    def _take_arrivals(self, now: datetime) -> None:
        """Of each source by itself: one that waits keeps no other's news waiting."""
        arrivals, self._unset = self.event_log.arrivals, ""
        for name in arrivals.by_source():
            if name == CERTIFICATE and self.certificates is not None:
                arrivals.done(self.certificates.take(arrivals.waiting(name), now), now)
            elif (source := self.sources.get(name)) is not None:
                if self._may_ask(name, now):
                    self._take(source, now)
            elif name in SETTINGS:
                self._unset = f"news of {name} waits: {SETTINGS[name]} is not set"
                self._give_up(name, now)
            else:  # no front of ours leaves such a row
                _log.warning("news of a source that nobody knows is left alone")
                arrivals.done([one.number for one in arrivals.waiting(name)], now)

    def _give_up(self, name: str, now: datetime) -> None:
        """What a source sent that for so long has been none of this installation's."""
        over = [one.number for one in self.event_log.arrivals.waiting(name) if _too_old(one, now)]
        if over:
            _log.warning("news was never asked about", source=name, number=len(over))
            self.event_log.arrivals.done(over, now)

    def _take(self, source: Source, now: datetime) -> None:
        """Each alert is asked about once, however often it arrived. One that cannot be asked about waits by itself, and
        comes after the others; the source waits where it answers nothing.
        """
        numbers, done = self._askable(source, now), list[int]()
        found, unreadable = list[Found](), list[Ref]()
        failed = list[OutsideError]()
        for ref in sorted(numbers, key=lambda one: self._failures(_key(source, one))):
            try:
                if ref.item:
                    self._ask(source, ref, found, unreadable)
                elif not self._go_on(source, self._begin_look(source, now)):  # it says only that it is time to look
                    break
            except OutsideError as error:
                failed.append(error)
                self._pause(_key(source, ref), error, now)
                if isinstance(error, Unreachable | Throttled) or len(failed) >= MANY:
                    break
            else:
                self._pauses.pop(_key(source, ref), None)
                done += numbers[ref]
        try:
            self._record(source, found, unreadable, now)
        except LogError:
            raise
        except BotError:
            return
        if failed and (not done or isinstance(failed[-1], Throttled)):
            self._pause(source.name, failed[-1], now)
        elif done:
            self._pauses.pop(source.name, None)
        self.event_log.arrivals.done(done, now)

    def _askable(self, source: Source, now: datetime) -> Mapping[Ref, Sequence[int]]:
        """The oldest alerts that do not wait by themselves, each with the numbers of its arrivals."""
        numbers, after = dict[Ref, list[int]](), 0
        while not numbers and (arrived := self.event_log.arrivals.waiting(source.name, after=after)):
            after = arrived[-1].number
            for one in arrived:
                ref = Ref(one.subject, one.item)
                if self._may_ask(_key(source, ref), now):
                    numbers.setdefault(ref, []).append(one.number)
        return numbers

    def _ask(self, source: Source, ref: Ref, found: list[Found], unreadable: list[Ref]) -> None:
        try:
            found.append(source.look(ref))
        except (Missing, Refused, Misuse):
            unreadable.append(ref)

    def _record(self, source: Source, found: Sequence[Found], unreadable: Sequence[Ref], now: datetime) -> None:
        """An alert that cannot be read may be a leak all the same: a person looks. Raises as `prepare`: there is
        nothing to compare with, and no source is asked for a while.
        """
        try:
            known = self.judge.prepare(found) if found else None
        except LogError:
            raise
        except BotError as error:
            self._pause(COMPARING, error, now)
            raise
        if found:
            self._pauses.pop(COMPARING, None)
        for one in found:
            assert known is not None
            try:
                self._keep(list(self.judge.judge(source.name, one, known, now)), now)
            except LogUnavailable:
                raise
            except Exception as error:  # noqa: BLE001 - one alert must not keep the others from being looked at
                _log.error("an alert could not be looked at", source=source.name, error=type(error).__name__)
                self._keep([self._unread(source, one.ref, now)], now)
        for ref in unreadable:
            self._keep([self._unread(source, ref, now)], now)

    def _unread(self, source: Source, ref: Ref, now: datetime) -> Judged:
        report = Report(source.name, str(ref), UNREADABLE)
        return Judged(report, Stranger(self.judge.owner(), now + self.judge.triage))

    def _keep(self, held: Sequence[Judged], now: datetime) -> None:
        """All that one alert holds, at once: it is never known by halves."""
        for one in held:
            if one.sighting is not None:
                try:
                    self._sight(one)
                except LogUnavailable:
                    raise
                except BotError as error:
                    _log.warning("an incident was not told where its value stood too", error=str(error))
        found = [(one.report, one.verdict) for one in held]
        self._append(held[0].report.key, now, lambda state: looked_through(state, found, BOT.name, now))

    def _sight(self, one: Judged) -> None:
        """Into the incident's timeline first: it says once for each place that the value stood there, and once that
        everybody can read it.
        """
        assert one.sighting is not None
        name = hashlib.sha256(f"{one.sighting.ts}\n{one.sighting.secret}\n{one.sighting.value}".encode()).hexdigest()[
            :32
        ]
        self.incidents.do(one.incident, one.sighting, BOT, f"alert-{name}")

    # --- a daily look -----------------------------------------------------------------------------------------------

    def _poll(self, now: datetime) -> None:
        """Deliveries are lost: what is open there and not known here is looked at as if it had arrived. Of each source
        a few seconds' worth, so that what arrives meanwhile waits no longer; the next round goes on with it, another
        worker begins anew.
        """
        for name, source in self.sources.items():
            cursor, look = self.event_log.cursors.get(INSTALLATION, POLL, name), f"{name}:{POLL}"
            if (cursor is not None and now - cursor.updated_at < source.every) or not self._may_ask(look, now):
                self._looks.pop(name, None)  # another worker has come to the end of it
                continue
            looking = self._looks.pop(name, None)
            if looking is None or now - looking.since > DAILY:
                looking = self._begin_look(source, now)
            try:
                whole = self._go_on(source, looking, LOOK_FOR)
            except OutsideError as error:  # what arrives is taken all the same
                self._pause(look, error, now, at_latest=min(source.every, LOOK_AGAIN))
                continue
            if whole:
                self._pauses.pop(look, None)
                self.event_log.cursors.put(Cursor(INSTALLATION, POLL, name, 0, "", looking.since))
            elif self._stopping.is_set():
                return  # the next worker looks
            else:
                self._looks[name] = looking

    def _begin_look(self, source: Source, now: datetime) -> _Looking:
        failed = list[OutsideError]()
        return _Looking(self._to_look_at(source, failed), failed, now)

    def _go_on(self, source: Source, looking: _Looking, for_: timedelta | None = None) -> bool:
        """What waits in triage is looked at again: its value may be in the catalog by now. So is what was over and is
        open anew; and, where nobody says that something is over, what was open and is not any more. What cannot be
        looked at keeps nothing else from it: the first error comes last. False where this worker stops before the end,
        or the time is over.
        """
        began = self.clock()
        while True:
            found, unreadable = list[Found](), list[Ref]()
            left = self._batch(source, looking, found, unreadable, None if for_ is None else began + for_)
            state = self._state()
            news = [ref for ref in unreadable if not _ended_by_a_person(state, _key(source, ref))]
            self._record(source, found, news, self.clock())
            if not left and looking.failed:
                raise looking.failed[0]
            if not left:
                return True
            if self._stopping.is_set() or (for_ is not None and self.clock() - began >= for_):
                return False

    def _batch(
        self, source: Source, looking: _Looking, found: list[Found], unreadable: list[Ref], until: datetime | None
    ) -> bool:
        """Asks about so many that comparing them with all values is worth it; whether anything is left to ask."""
        for ref in looking.refs:
            try:
                if ref is not None:
                    self._ask(source, ref, found, unreadable)
            except OutsideError as error:
                looking.failed.append(error)
                if isinstance(error, Unreachable | Throttled) or len(looking.failed) >= MANY:
                    return False
            if len(found) + len(unreadable) >= BATCH or self._stopping.is_set():
                return True
            if until is not None and self.clock() >= until:
                return True
        return False

    def _to_look_at(self, source: Source, failed: list[OutsideError]) -> Iterator[Ref | None]:
        """What is open at the source and nobody knows here, then what is known and waits, then what waits here and the
        source has not listed, which may have ended there meanwhile. None for each that is not to be looked at now.
        `failed` gets what has kept the list from being whole: then nothing is over for not being in it.
        """
        listed, later = set[str](), list[Ref]()
        try:
            for ref in source.open():
                key, state = _key(source, ref), self._state()
                new = key not in listed and (key not in state.reports or state.over(key))
                if key not in listed and not new and not _settled(state, key):
                    later.append(ref)
                listed.add(key)
                yield ref if new else None
        except OutsideError as error:
            failed.append(error)
            if isinstance(error, Unreachable | Throttled):
                return
        yield from (ref for ref in later if not _settled(self._state(), _key(source, ref)))
        if failed and not source.takes_word:
            return
        state = self._state()
        for key in state.reports:
            name, _, text = key.partition(":")
            if name != source.name or key in listed or state.over(key):
                continue
            if not source.takes_word or not _settled(state, key):
                yield _ref(text)

    def _look(self, source: Source, ref: Ref, now: datetime) -> None:
        """What cannot be read there is no news once a person has ended it as such."""
        found: list[Found] = []
        unreadable: list[Ref] = []
        self._ask(source, ref, found, unreadable)
        if not (unreadable and _ended_by_a_person(self._state(), _key(source, ref))):
            self._record(source, found, unreadable, now)

    def _may_ask(self, name: str, now: datetime) -> bool:
        pause = self._pauses.get(name)
        return pause is None or pause.until is None or pause.until <= now

    def _failures(self, name: str) -> int:
        return self._pauses[name].count if name in self._pauses else 0

    def _pause(self, name: str, error: BotError, now: datetime, at_latest: timedelta = AT_LATEST) -> None:
        """`name` is a source's, an alert's key, or that of a daily look: each waits by itself."""
        pause = self._pauses.setdefault(name, _Pause())
        pause.until = now + min(AGAIN * 2 ** min(pause.count, 12), at_latest)
        pause.count += 1
        self.trouble = pause.why = str(error)
        _log.warning("a source of news cannot be asked", source=name, error=str(error))

    # --- what follows -----------------------------------------------------------------------------------------------

    def _follow(self, now: datetime) -> None:
        self._compare_again(now)
        self._append("time", now, lambda state: (*ask_again(state, now), *overdue(state, now)))
        for case in self._state().cases.values():
            if case.stage is Stage.PROPOSED and case.value is not None:
                self._settle(case, now)
        if self.write_back:
            for report, incident in list(self._provable(now)):
                self._write_back(report, incident, now)
        self.news.tell(self._state(), now)

    def _compare_again(self, now: datetime) -> None:
        """Looks at what was not compared with everything, once more of it can be read."""
        waiting = [case for case in self._state().cases.values() if case.stage is Stage.TRIAGE and case.unread]
        if waiting:
            self.judge.values.refresh()
        for case in waiting:
            report = case.reports[0]
            source, since = self.sources.get(report.source), self._compared.get(case.number, case.opened_at)
            if (
                source is None
                or now - since < COMPARE_EVERY
                or set(case.unread) <= set(self.judge.values.unread)
                or not (self._may_ask(report.source, now) and self._may_ask(report.key, now))
            ):
                continue
            self._compared[case.number] = now
            try:
                self._look(source, _ref(report.ref), now)
            except OutsideError as error:
                self._pause(report.key, error, now)
                if isinstance(error, Unreachable | Throttled):
                    return
            else:
                self._pauses.pop(report.key, None)

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
            self._append(f"declared {case.number}", now, lambda state: declare(state, case.number, holder))

    def _provable(self, now: datetime) -> Iterator[tuple[Report, str]]:
        """Reports of which every value is proven dead, and whose source does not know; with the incidents, by commas,
        that have the proof.
        """
        dead: dict[tuple[str, str], bool] = {}
        for report, values in self._state().unwritten():
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
            source.revoked(_ref(report.ref), REVOKED.format(incident=incident))
        except Missing:
            pass  # it is gone there: nobody has to be told
        except OutsideError as error:
            self._no_writing[report.source] = now + (AT_LATEST if error.retryable else WRITE_AGAIN)
            _log.warning("a source was not told that a value is dead", source=report.source, error=str(error))
            return
        self._append(f"written {report.key}", now, lambda state: written_back(state, report.key, incident))


def _key(source: Source, ref: Ref) -> str:
    return f"{source.name}:{ref}"


def _too_old(one: Arrival, now: datetime) -> bool:
    try:
        return now - parse_time(one.at) > KEPT_FOR
    except (ValueError, TypeError):  # no front writes such a row, one without a zone neither
        return True


def _settled(state: Alerts, key: str) -> bool:
    """Whether a report needs no other look while it is open at its source."""
    if key not in state.reports or state.over(key):
        return False
    cases = state.cases_of(key)
    if any(case.stage in {Stage.PROPOSED, Stage.HARMLESS} and not case.public for case in cases):
        return False  # strangers may be able to read it by now
    return all(case.stage is not Stage.TRIAGE for case in cases)


def _ended_by_a_person(state: Alerts, key: str) -> bool:
    """Whether all that is known of a report is ended, and not by a machine alone."""
    cases = state.cases_of(key)
    return all(case.stage is Stage.ENDED for case in cases) and any(case.by != BOT.name for case in cases)


def _ref(text: str) -> Ref:
    """Zero for what is no number: no source has such an alert."""
    subject, _, item = text.rpartition("#")
    return Ref(subject, int(item) if item.isdecimal() else 0)
