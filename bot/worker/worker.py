"""The worker: a loop that starts all possible work of any incident, on a bounded pool.

It keeps nothing that the log does not hold. If it is killed, the next worker sees the same pending work, and takes over
its claims.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.errors import BotError, LogError, LogUnavailable, Misuse
from bot.eventlog import Cut, Damaged, Leadership, LostLock, TrustDamaged
from bot.eventlog.sql import EventLog
from bot.incident.commands import Envelope, Tick
from bot.incident.lanes import Lane
from bot.incident.model import BOT
from bot.incident.operations import Op, Work
from bot.incident.schedule import ahead
from bot.incident.state import Incident
from bot.logs import Logger
from bot.worker.alarm import Alarm, SetAside
from bot.worker.background import Background, Looping
from bot.worker.card_publisher import CardDispatcher, CardPublisher
from bot.worker.monotonic_clock import ProbeInterval
from bot.worker.runner import Runner
from bot.worker.shares import SHARES, Share, Shares, provider_of, room_for, share_of
from bot.worker.trouble import Trouble
from bot.worker.trust import Informer
from bot.worker.watch_list import WatchList

FULL_POOL_WAITS = timedelta(milliseconds=100)
OTHERS = timedelta(seconds=1)
"""The time between two checks whether the other workers of an incident still run."""
AGAIN_AFTER = timedelta(milliseconds=500)
"""Work that could not be recorded is tried again after this."""
TRUST_AGAIN = timedelta(seconds=5)
"""The time until a revocation that waits for the log of trust is checked again."""
LOOK_AT_DAMAGE = timedelta(minutes=1)
"""The time between two looks at an incident with an invalid log: someone may have repaired it."""
PUBLISH_EVERY = timedelta(minutes=1)
HAND_BACK = 10.0
"""Seconds that running operations get when the worker is asked to stop."""

_log = Logger(__name__)


@dataclass
class Worker:
    """Runs until `stop` is called, or, with `run_until`, until its caller has the wanted result."""

    event_log: EventLog
    leadership: Leadership
    runner: Runner
    card_publisher: CardPublisher | None
    clock: Callable[[], datetime]
    shares: Shares = field(default_factory=lambda: SHARES)
    commands: Looping | None = None
    """Answers the commands in the inbox."""
    alarm: Alarm | None = None
    informer: Informer | None = None
    probe_interval: ProbeInterval = field(default_factory=ProbeInterval)
    beside: Sequence[Background] = ()
    """Further tasks of a worker, in threads of their own, such as looking for news of leaks."""
    publish: Callable[[], None] | None = None
    """Publishes in the log which files this worker uses, if that has changed."""
    reached: Callable[[datetime], bool] = lambda _: True
    """Moves `clock` to the time of recorded events; False if they cannot be right."""
    id: str = ""
    beat_at: datetime | None = None
    """When the loop last came round: what `/readyz` and the metrics look at."""
    _running: set[tuple[str, Lane]] = field(default_factory=set)
    _trust_known: int = 0
    _published_at: datetime | None = None
    _ahead: dict[str, datetime] = field(default_factory=dict)
    """Incidents whose log is so far ahead of the clock that one of the two is wrong, with its time."""

    def __post_init__(self) -> None:
        self._pool = ThreadPoolExecutor(sum(self.shares.values()), thread_name_prefix="operation")
        self._shows = ThreadPoolExecutor(2, thread_name_prefix="show")
        self._watch_list = WatchList()
        self._cards = CardDispatcher(self.card_publisher, self._shows.submit, self.event_log.wake)
        self._trouble = Trouble(self.clock, self._cards.tell)
        self._set_aside = SetAside(self.event_log, self.alarm, self._shows.submit)

    @property
    def trouble(self) -> str:
        """Why the worker cannot work right now; empty if it can."""
        return self._trouble.sentence

    @property
    def untrusting(self) -> str:
        """Why people's commands are refused now; empty if they are not."""
        return self._set_aside.untrusting

    @property
    def behind_the_log(self) -> str:
        """Which incidents have to wait until someone sets this machine's clock; empty if none has."""
        now = self.clock()
        waiting = sorted(incident for incident, at in self._ahead.items() if at > now)
        if not waiting:
            return ""
        return f"this machine's clock stands more than a day behind the log of {', '.join(waiting)}: set it"

    @property
    def _parts(self) -> tuple[Looping, ...]:
        return (*((self.commands,) if self.commands is not None else ()), *self.beside)

    @property
    def stopping(self) -> threading.Event:
        return self.runner.stopping

    def stop(self) -> None:
        """Asks the loop to end; safe from a signal handler's thread."""
        self.stopping.set()
        self.event_log.wake()

    def run(self) -> None:
        """Works until stopped. Misuse if another worker has this SQLite log; LogUnavailable at the very start only."""
        self.run_until(lambda: False)

    def run_until(self, finished: Callable[[], bool]) -> None:
        """Works until `finished()` holds, for a terminal that carries its own command through."""
        self.id = self.leadership.enlist()
        _log.info("worker enlisted", worker=self.id)
        for part in self._parts:
            part.start(self._leads)
        try:
            while not finished() and not self.stopping.is_set() and not self.leadership.wanted():
                self._round()
                self.event_log.wait(self._watch_list.pause(self.clock()))
        finally:
            self._end()

    # --- one round --------------------------------------------------------------------------------------------------

    def _round(self) -> None:
        self.beat_at = self.clock()
        self._watch_list.behind = False
        try:
            self.leadership.check(self.id)
            self._watch_trust()
            due_now = self._watch_list.due(self.event_log, self.clock())
            # Of several workers one draws, so that two cards do not race.
            shows_here = bool(due_now) and self.card_publisher is not None and self._leads()
            for incident_id in due_now:
                self._look_at(incident_id, shows_here=shows_here)
            self._publish()
        except LostLock:
            self._enlist_again()
        except LogError as error:
            self._trouble.begins(str(error))
            self._watch_list.watched.clear()
        else:
            if not self._owing():
                self._trouble.ends()
        self._trouble.tell_what_lasts()

    def _owing(self) -> bool:
        """Whether something is under way that still has to be recorded: a log that can be read may refuse that."""
        with self._watch_list.lock:
            return bool(self._running or self._cards.drawn_now or self._watch_list.again)

    def _enlist_again(self) -> None:
        """Under a new id: what the old one had claimed may be another's by now."""
        _log.warning("the worker's lock was lost; enlisting again", worker=self.id)
        self._watch_list.watched.clear()
        try:
            self.leadership.resign()
            self.id = self.leadership.enlist()
        except BotError as error:
            self._trouble.begins(str(error))
        else:
            _log.info("worker enlisted", worker=self.id)
            self._cards.forget()

    def _look_at(self, incident_id: str, *, shows_here: bool) -> None:
        """Damage affects one incident only: it is set aside and reported, and the others continue."""
        try:
            self._look(self._informed(self.event_log.load(incident_id)), shows_here=shows_here)
            self._set_aside.holds(incident_id)
        except Cut as cut:
            self._go_on_from_what_is_left(cut)
        except Damaged as damaged:
            self._leave(damaged)
        except Misuse:  # it no longer exists, and this worker never worked on it
            self._watch_list.watched.pop(incident_id, None)
        except LogError:
            raise
        except Exception as error:  # noqa: BLE001 - the others' last line: nothing in one incident may end the worker
            self._leave(Damaged(incident_id, f"it cannot be worked on ({type(error).__name__})"))

    def _go_on_from_what_is_left(self, cut: Cut) -> None:
        """The database went back to an earlier state, as after a fail-over: the log says so, and so does a page."""
        try:
            self.event_log.note_loss(cut.incident, self.clock())
        except Damaged as damaged:
            self._leave(damaged)
        else:
            _log.error("the end of an incident's log is lost", incident=cut.incident, why=cut.headline)
            self._watch_list.look_again([cut.incident], self.clock())

    def _watch_trust(self) -> None:
        """Looks at every open incident when someone has lost trust, or got it back."""
        if self.informer is None:
            return
        try:
            trust = self.informer.current()
        except TrustDamaged as damaged:
            self._set_aside.trust(damaged)
            return
        self._set_aside.untrusting = ""
        self._set_aside.trust_locked(trust.state.locked)
        if trust.seq != self._trust_known:
            self._watch_list.look_again(self.event_log.open_incidents(), self.clock())
            self._trust_known = trust.seq

    def _informed(self, incident: Incident) -> Incident:
        """If trust is unknown the machine continues, except for revocations that need people's consent."""
        try:
            return self.informer.inform(incident) if self.informer is not None else incident
        except TrustDamaged as damaged:
            self._set_aside.trust(damaged)
            return incident

    def _leave(self, damaged: Damaged) -> None:
        """It is not worked on until it may have been repaired."""
        summary = self.event_log.summary(damaged.incident)
        seq = summary.seq if summary is not None else 0
        self._watch_list.saw(damaged.incident, seq, self.clock() + LOOK_AT_DAMAGE)
        self._set_aside.add(damaged)

    def _publish(self) -> None:
        """The next incident's work does not wait for files that cannot be read just now: it is tried again later."""
        now = self.clock()
        if self.publish is None or (self._published_at is not None and now - self._published_at < PUBLISH_EVERY):
            return
        self._published_at = now
        try:
            self.publish()
        except LogError:
            raise
        except (BotError, OSError) as error:
            _log.error("what this worker maintains each minute is not up to date", error=type(error).__name__)

    def _leads(self) -> bool:
        """Only the leading worker takes commands at once."""
        living = self.leadership.living()
        return not living or min(living) == self.id

    def _look(self, incident: Incident, *, shows_here: bool) -> None:
        self._catch_up(incident)
        now, since = self.clock(), time.thread_time()
        self.probe_interval.see(incident)
        started = self._take_over(incident)
        ready, later = ahead(incident, now)
        full: set[tuple[Share, str]] = set()
        for work in ready:
            place = share_of(self.shares, work.lane), provider_of(incident, work)
            if work.op is Op.TICK:
                self.event_log.execute(incident.id, Envelope(uuid.uuid4().hex, self.clock(), BOT, Tick()))
            elif place in full or not self._start(incident, work, None):
                full.add(place)
        next_at = later if started and not full else now + FULL_POOL_WAITS
        if any(claim.worker != self.id for claim in incident.held.values()):
            # Nothing is appended when they die: they have to be looked after.
            next_at = min(next_at or now + OTHERS, now + OTHERS)
        if shows_here:
            next_at = self._cards.next_look(incident, now, next_at)
        self._watch_list.saw(incident.id, incident.seq, next_at, time.thread_time() - since)

    def _catch_up(self, incident: Incident) -> None:
        """The log has due times as times of day, and the clock of an earlier worker may have been ahead."""
        if self.reached(incident.last_at):
            self._ahead.pop(incident.id, None)
        elif self._ahead.get(incident.id) != incident.last_at:
            self._ahead = {**self._ahead, incident.id: incident.last_at}
            _log.error("the clock stands far behind this incident's log: set it", incident=incident.id)

    def _take_over(self, incident: Incident) -> bool:
        """Claims of workers that are dead, and our own that no thread runs. False if the pool was full."""
        if not incident.held:
            return True
        living, started = self.leadership.living(), True
        for claim in incident.held.values():
            ours = claim.worker == self.id
            if claim.worker not in living or (ours and (incident.id, claim.lane) not in self._running):
                work = Work(claim.op, claim.lane, claim.subject, self.clock(), claim.attempt, claim.detail)
                started = self._start(incident, work, claim.number) and started
        return started

    # --- the pool ---------------------------------------------------------------------------------------------------

    def _start(self, incident: Incident, work: Work, instead_of: int | None) -> bool:
        """Whether the lane's work runs now, just begun or already; False if there is no room for it.

        A probe that is too early is not begun: the incident is checked again at the right time.
        """
        key, too_soon = (incident.id, work.lane), self.probe_interval.left(incident, work)
        with self._watch_list.lock:
            if key in self._running or self.stopping.is_set():
                return True
            if too_soon:
                self._watch_list.again[incident.id] = self.clock() + timedelta(seconds=too_soon)
                return True
            if not room_for(self.shares, self._running, incident, work):
                return False
            self._running.add(key)
        self._pool.submit(self._run, incident.id, work, instead_of)
        return True

    def _run(self, incident_id: str, work: Work, instead_of: int | None) -> None:
        again = AGAIN_AFTER
        try:
            recorded = self.runner.run(incident_id, work, self.id, instead_of, self._trouble)
        except LostLock:
            _log.warning("stopped in the middle: the worker's lock was lost", incident=incident_id, lane=str(work.lane))
        except LogUnavailable as error:
            self._trouble.begins(str(error))
        except Damaged as damaged:
            _log.error("operation not begun", incident=incident_id, why=damaged.headline)
        except TrustDamaged as damaged:
            _log.error("not revoked: unknown whom to trust", incident=incident_id, what=damaged.what)
            again = TRUST_AGAIN
        except Exception as error:  # noqa: BLE001 - a thread's last line: nothing may vanish, and no value may show
            _log.error("operation aborted", incident=incident_id, lane=str(work.lane), error=type(error).__name__)
        else:
            again = timedelta()
            if recorded:
                self._trouble.ends()
        finally:
            with self._watch_list.lock:
                self._running.discard((incident_id, work.lane))
                self._watch_list.again[incident_id] = self.clock() + again
            self.event_log.wake()

    # --- the end ----------------------------------------------------------------------------------------------------

    def _end(self) -> None:
        """Lets running operations finish; the next worker takes over the longer ones."""
        self.stopping.set()
        for part in self._parts:
            part.stop()
        for pool in (self._pool, self._shows):
            pool.shutdown(wait=False, cancel_futures=True)
        deadline = threading.Event()
        waited = 0.0
        while (self._running or self._cards.drawn_now) and waited < HAND_BACK:
            deadline.wait(0.05)
            waited += 0.05
        self.leadership.resign()
        _log.info("worker stopped", worker=self.id, handed_back=len(self._running))
