"""The inbox at the worker: who is it, may they, what follows, and one answer for each command.

A command whose proof costs an outside call is checked in a thread of its own: nothing else waits for it. What could not
be checked is not refused: it waits, and is asked about again.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from bot.errors import BotError, LogUnavailable, Missing, OutsideError, Refused, Unauthorized
from bot.eventlog import Answered, CommandAnswer, InboxRow, NotAWorker
from bot.eventlog.chain import parse_time
from bot.eventlog.inbox import BEFORE_ALL, Head, Refusal
from bot.eventlog.turns import going_first
from bot.incident.commands import Command, KeepMessage, RefuseText
from bot.incident.events import Event
from bot.incident.model import Actor
from bot.incident.state import Incident
from bot.intake.catalogued import Place
from bot.logs import Logger
from bot.phrases.marks import plain
from bot.proofs.errors import ProofExpired, ProofRefused, ProofUnchecked
from bot.proofs.statement import ProofKind
from bot.response.apart import Apart
from bot.response.client import PATIENCE
from bot.response.incidents import CommandReply, Incidents
from bot.response.known import KnownValues, Unreadable, refusal
from bot.response.message_handler import CANNOT_READ, MessageHandler
from bot.response.messages import AddMessage, OnMessages, ReportMessage
from bot.response.others import who_else
from bot.response.proving import AT_MOST, Proofs
from bot.response.wire import PersonCommand, decode, texts_of

TICK = 1.0
"""Seconds between two looks at the inbox where nothing says that there is news."""
MOST = 10_000
"""Attempts that one round looks at."""
OTHERS_AFTER = timedelta(seconds=2)
"""Of several workers the first takes commands at once; what it leaves for so long, the others take."""
CHECKS_AT_ONCE = 4
CHECKS_TAKEN = 32
"""Slow checks that run or wait for a thread: what comes later is chosen anew, fresh ones first."""
AGAIN, AT_LATEST = timedelta(seconds=2), timedelta(seconds=16)
"""Between the first two tries to check a proof that could not be checked, twice as long each time, and at most."""
SLOW = frozenset({ProofKind.AWS, ProofKind.SSH})
"""Kinds of proof whose check takes a call to somebody else, or a process."""
REFUSED_AT_ONCE = 100
"""Attempts that one transaction refuses."""
UNPROVEN, WITHIN = 10, timedelta(minutes=1)
"""Notes that nobody proves are taken, so many in this time: a channel must not drown in them."""
TIDY_EVERY = timedelta(hours=1)
ERASE_AGAIN = timedelta(seconds=5)
"""Between two tries to erase what was blanked, while somebody who reads keeps it from that."""

_MINUTES = AT_MOST // timedelta(minutes=1)

type Tell = Callable[[InboxRow, str], None]
"""Tells whoever gave a command what became of it, where they no longer wait for the answer."""

_log = Logger(__name__)


@dataclass
class _Tries:
    """How often an attempt could not be decided, since when, and when it is tried again."""

    first: datetime
    count: int = 0
    again: datetime | None = None


@dataclass
class InboxHandler:
    """Answers commands, in a thread of its own between `start` and `stop`.

    `tell` is called with what was refused later than its sender waits, `waits` with what cannot be checked now (of each
    incident once in a while), and `expired` with what waited too long, to page.
    """

    incidents: Incidents
    proofs: Proofs
    clock: Callable[[], datetime]
    tell: Tell = lambda _row, _sentence: None
    waits: Tell = lambda _row, _sentence: None
    expired: Tell = lambda _row, _sentence: None
    values: KnownValues | None = None
    """What no text may hold; None where nothing can be compared."""
    clear_forgotten: Callable[[datetime], None] = lambda _now: None
    """Clears away the values that somebody brought and nothing came of."""
    reader: MessageHandler | None = None
    """Reads messages that people point at; None where this worker has no Slack."""
    apart: Sequence[Apart] = ()
    """Who takes the commands that are about the whole installation."""
    trouble: str = ""
    """Why commands cannot be answered right now; empty if they can."""
    _busy: set[int] = field(default_factory=set)
    _tries: dict[int, _Tries] = field(default_factory=dict)
    _after: int = BEFORE_ALL
    """The number behind which the next round goes on, where more waits than one round looks at."""
    _since: dict[str, datetime] = field(default_factory=dict)
    """Since when a command waits for its proof to be checked, whatever attempts came since."""
    _late: dict[str, tuple[InboxRow, str]] = field(default_factory=dict)
    """Attempts that were given up after they had waited, by command, with the reason."""
    _said: dict[str, datetime] = field(default_factory=dict)
    """When it was last said of an incident that something waits."""
    _unproven: deque[datetime] = field(default_factory=deque)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _tidied_at: datetime | None = None
    _erased_at: datetime | None = None
    """When it was last tried in vain to erase what was blanked."""

    # --- the thread -------------------------------------------------------------------------------------------------

    def start(self, leads: Callable[[], bool]) -> None:
        """Begins to answer. `leads` says whether this worker is the one that takes commands at once."""
        self._stopping.clear()
        self._pool = ThreadPoolExecutor(CHECKS_AT_ONCE, thread_name_prefix="proof")
        self._thread = threading.Thread(target=self._run, args=(leads,), name="inbox", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends after the command that is being decided. What was not answered stays in the inbox."""
        if self._thread is None:
            return
        self._stopping.set()
        self.incidents.event_log.wake()
        if self._thread.ident is not None:  # a worker may end while it begins
            self._thread.join()
        self._thread = None
        self._pool.shutdown(wait=True, cancel_futures=True)
        with self._lock:
            self._busy.clear()

    def _run(self, leads: Callable[[], bool]) -> None:
        while not self._stopping.is_set():
            try:
                self.round(leads=leads())
                self.trouble = ""
            except BotError as error:
                self.trouble = str(error)
                _log.warning("commands wait", error=str(error))
            except Exception as error:  # noqa: BLE001 - a thread's last line: the inbox must not fall silent
                self.trouble = f"commands cannot be answered ({type(error).__name__})"
                _log.error("commands wait", error=type(error).__name__)
            self.incidents.event_log.wait(TICK)

    # --- a round ----------------------------------------------------------------------------------------------------

    def round(self, *, leads: bool = True) -> None:
        """Answers what can be answered at once and begins the checks of the rest."""
        now = self.clock()
        self._look_at_values()
        due = self._due(now)
        at_once = [head for head in due if head.proof_kind not in SLOW]
        slow = self._chosen([head for head in due if head.proof_kind in SLOW])
        if self._thread is None:
            at_once += slow
        else:
            self._begin_checks(slow, leads=leads)
        refusals: list[Refusal] = []
        for head in at_once:
            if self._stopping.is_set():
                return
            self._answer(head, refusals, leads=leads)
            if len(refusals) >= REFUSED_AT_ONCE:
                self._refuse(refusals)
        self._refuse(refusals)
        self._erase(now)
        if self._tidied_at is None or now - self._tidied_at >= TIDY_EVERY:
            self._tidied_at = now
            self.incidents.event_log.inbox.tidy(now)
            if self._thread is not None:
                self._pool.submit(self.tidy_proofs)
                self._pool.submit(self.tidy_values)

    def _look_at_values(self) -> None:
        """Reads what has changed of the catalog's values: in a thread of its own, or here where there is none."""
        if self.values is None or not self.values.due:
            return
        if self._thread is None:
            self.values.refresh()
        else:
            self._pool.submit(self.values.refresh)

    def _erase(self, now: datetime) -> None:
        """What was blanked goes out of the database's files; what keeps it from that is waited for."""
        erasing = self.incidents.event_log.erasing
        if not erasing.pending or (self._erased_at is not None and now - self._erased_at < ERASE_AGAIN):
            return
        self._erased_at = now
        try:
            if erasing.erase():
                self._erased_at = None
        except BotError as error:
            erasing.pending = True
            _log.warning("what was blanked is still in the database's files", error=str(error))

    def tidy_proofs(self) -> None:
        """Clears away the proofs that were left where somebody died. What fails is tried again in an hour."""
        try:
            self.proofs.tidy(self.incidents.event_log.inbox.known)
        except BotError as error:
            _log.warning("proofs that were left could not be cleared away", error=str(error))

    def tidy_values(self) -> None:
        """Clears away the values that somebody brought and nothing came of. What fails is tried again in an hour."""
        try:
            self.clear_forgotten(self.clock())
        except BotError as error:
            _log.warning("values that were left could not be cleared away", error=str(error))

    def _due(self, now: datetime) -> list[Head]:
        """Attempts that nobody answers at this moment and whose time has come, in the order of their arrival."""
        heads = self.incidents.event_log.inbox.waiting(self._after, MOST)
        if not heads and self._after != BEFORE_ALL:
            heads = self.incidents.event_log.inbox.waiting(BEFORE_ALL, MOST)
        self._after = heads[-1].number if len(heads) >= MOST else BEFORE_ALL
        with self._lock:
            if self._after == BEFORE_ALL:
                waiting = {head.number for head in heads}
                self._tries = {number: tries for number, tries in self._tries.items() if number in waiting}
                ids = {head.command_id for head in heads}
                self._since = {command_id: at for command_id, at in self._since.items() if command_id in ids}
                self._late = {command_id: late for command_id, late in self._late.items() if command_id in ids}
            return [head for head in heads if head.number not in self._busy and self._ready(head, now)]

    def _ready(self, head: Head, now: datetime) -> bool:
        tries = self._tries.get(head.number)
        return tries is None or tries.again is None or tries.again <= now

    def _chosen(self, heads: Sequence[Head]) -> list[Head]:
        """As many as there is room for. Those never tried first, by turns the one that waits longest and the one that
        came last: however many worthless ones somebody puts before a good one, it is soon its turn.
        """
        with self._lock:
            room = CHECKS_TAKEN - len(self._busy)
            fresh = deque(head for head in heads if head.number not in self._tries)
            again = [head for head in heads if head.number in self._tries]
        chosen: list[Head] = []
        while fresh and len(chosen) < room:
            chosen.append(fresh.popleft() if len(chosen) % 2 == 0 else fresh.pop())
        return chosen + again[: max(room - len(chosen), 0)]

    def _begin_checks(self, heads: Sequence[Head], *, leads: bool) -> None:
        with self._lock:
            self._busy |= {head.number for head in heads}
        for head in heads:
            self._pool.submit(self._check, head, leads=leads)

    def _check(self, head: Head, *, leads: bool) -> None:
        refusals: list[Refusal] = []
        try:
            self._answer(head, refusals, leads=leads)
            self._refuse(refusals)
        except BotError as error:
            self.trouble = str(error)
            _log.warning("a command waits", error=str(error))
        except Exception as error:  # noqa: BLE001 - a thread's last line
            _log.error("a command could not be decided", error=type(error).__name__)
        finally:
            with self._lock:
                self._busy.discard(head.number)

    def _answer(self, head: Head, refusals: list[Refusal], *, leads: bool) -> None:
        with going_first():
            self._answer_first(head, refusals, leads=leads)

    def _answer_first(self, head: Head, refusals: list[Refusal], *, leads: bool) -> None:
        row = self.incidents.event_log.inbox.read(head.number)
        if row is None:
            refusals.append(_refusal(head, "", "It is larger than a command can be, or none at all."))
            return
        try:
            if leads or not self._recent(row):
                self._decide(row, refusals)
        except Answered:
            # Another worker was first, or this repeats what was answered: then it is none that waits.
            refusals.append(_refusal(row, row.incident, "It has been answered already."))
        except ProofUnchecked as error:
            _log.warning("a command waits: its proof could not be checked", kind=row.proof_kind, error=str(error))
            self._unchecked(row, refusals, str(error))
        except LogUnavailable as error:
            self.trouble = str(error)
            _log.warning("a command waits", error=str(error))
            self._later(row, refusals)
        except Exception as error:  # noqa: BLE001 - one command must not keep the others from being answered
            _log.error("a command could not be decided", error=type(error).__name__)
            self._later(row, refusals)

    def _recent(self, row: InboxRow) -> bool:
        """Whether the worker that leads may still take it at once."""
        age = _age(row, self.clock())
        return age is not None and timedelta() <= age < OTHERS_AFTER

    def _later(self, row: InboxRow, refusals: list[Refusal], why: str = "") -> None:
        """To be tried again; what has waited for too long is given up, and asked for anew."""
        now = self.clock()
        with self._lock:
            tries = self._tries.setdefault(row.number, _Tries(now))
            tries.count += 1
            tries.again = now + min(AGAIN * 2 ** min(tries.count - 1, 8), AT_LATEST)
            waited = now - tries.first
        age = _age(row, now)
        if age is None or max(waited, age) > AT_MOST:
            self._give_up(row, refusals, f"It waited for more than {_MINUTES} minutes: {why} Give it anew.")

    def _unchecked(self, row: InboxRow, refusals: list[Refusal], why: str) -> None:
        """It is asked about again, and its people are told that it waits; a terminal may sign it anew meanwhile."""
        now = self.clock()
        with self._lock:
            since = self._since.setdefault(row.command_id, now)
            last = self._said.get(row.incident)
            say = last is None or now - last > AT_MOST
            if say:
                self._said[row.incident] = now
        if say:
            self.waits(row, why)
        if now - since > AT_MOST:
            self._give_up(row, refusals, f"It waited for more than {_MINUTES} minutes: {why} Give it anew.")
        else:
            self._later(row, refusals, why)

    def _give_up(self, row: InboxRow, refusals: list[Refusal], reason: str) -> None:
        """Somebody is paged if the command comes to nothing by this: another attempt at it may still count."""
        with self._lock:
            self._late[row.command_id] = (row, reason)
        refusals.append(self._refusal(row, reason))

    def _refusal(self, row: InboxRow, reason: str) -> Refusal:
        """Also what comes to nothing must not leave a secret in the database's files. Nobody is told of that: it is not
        proven who they are.
        """
        try:
            found = self._secret_in(row, decode(row.command, row.arguments))
        except BotError:
            found = None
        return replace(_refusal(row, row.incident, reason), erase=isinstance(found, Place))

    # --- one command ------------------------------------------------------------------------------------------------

    def _decide(self, row: InboxRow, refusals: list[Refusal]) -> None:
        try:
            command = decode(row.command, row.arguments)
            proven = self.proofs.check(row, command, self.clock())
            if row.proof_kind == ProofKind.NONE and not self.proofs.word:
                self._bound_unproven()
        except (ProofUnchecked, LogUnavailable):
            raise
        except ProofExpired as expired:
            # Only what somebody has proven is told: else whoever writes the database would speak by our mouth.
            self._tell(row, str(expired))
            age = _age(row, self.clock())
            if age is not None and age > AT_MOST:
                self._give_up(row, refusals, str(expired))
            else:
                refusals.append(self._refusal(row, str(expired)))
            return
        except BotError as error:
            _log.warning("a command was refused: its proof does not hold", kind=row.proof_kind)
            if row.command_id in self._since:  # nobody could check it in time: its sender may look elsewhere by now
                self._give_up(row, refusals, str(error))
            else:
                refusals.append(self._refusal(row, str(error)))
            return
        if (found := self._secret_in(row, command)) is not None:
            self._refuse_text(row, found, proven.actor)
            return
        if self._apart(row, command, proven.actor, refusals):
            return
        also: tuple[Event, ...] = (proven.kept,) if proven.kept is not None else ()
        settled: list[CommandAnswer] = []

        def settle(connection: Connection, reply: CommandReply) -> None:
            answer = self._answered(reply, command, proven.actor)
            self.incidents.event_log.inbox.settle(connection, row.command_id, answer, self.clock())
            settled.append(answer)

        try:
            self.proofs.demand_owner(command, proven.actor)
            reply = self.incidents.give(row.incident, command, proven.actor, row.command_id, also=also, settle=settle)
        except (Answered, LogUnavailable, NotAWorker):
            raise
        except BotError as error:
            settled[:] = [CommandAnswer(accepted=False, incident=row.incident, reason=str(error))]
            self._close(row, settled[0])
        else:
            if not settled:
                settled.append(answer_of(reply))
                self._close(row, settled[0])
        self.proofs.forget(row.command_id, row.proof_kind)
        with self._lock:
            self._since.pop(row.command_id, None)
            self._late.pop(row.command_id, None)
        if settled[0].reason:
            self._tell(row, settled[0].reason)

    def _apart(self, row: InboxRow, command: PersonCommand, actor: Actor, refusals: list[Refusal]) -> bool:
        """Whether it is a command that is not simply given to its incident, and was decided here."""
        part = next((part for part in self.apart if isinstance(command, part.takes)), None)
        if part is not None:
            self._give_apart(row, part, command, actor)
            return True
        if isinstance(command, ReportMessage | AddMessage) and self.reader is not None:
            self._read_message(row, command, actor, refusals)
            return True
        return False

    def _answered(self, reply: CommandReply, command: PersonCommand, actor: Actor) -> CommandAnswer:
        """What came of it; where somebody else could have given the command, with who that is."""
        answer = answer_of(reply)
        if answer.accepted or not isinstance(command, Command):
            return answer
        people = [person.actor for person in self.proofs.people]
        others = who_else(reply.incident, command, actor, people, self.clock())
        return replace(answer, reason=f"{answer.reason} {others}") if others else answer

    def _secret_in(self, row: InboxRow, command: PersonCommand) -> Place | Unreadable | None:
        """What of the catalog's values stands in the command's texts, before anything of it can become an event."""
        return None if self.values is None else self.values.look(texts_of(command), self._incident_of(row))

    def _incident_of(self, row: InboxRow) -> Incident | None:
        try:
            return self.incidents.look(row.incident).incident
        except BotError:
            return None  # one that is still to be declared, or cannot be read

    def _refuse_text(self, row: InboxRow, found: Place | Unreadable, actor: Actor) -> None:
        """The refusal is an event where there is an incident: that somebody has seen the value is part of its story."""
        slack, unread = row.proof_kind == ProofKind.SLACK, isinstance(found, Unreadable)
        reason = refusal(found, self._incident_of(row), slack=slack) if isinstance(found, Place) else found.reason
        answer = CommandAnswer(accepted=False, incident=row.incident, reason=reason)

        def settle(connection: Connection, reply: CommandReply) -> None:
            inbox = self.incidents.event_log.inbox
            inbox.settle(connection, row.command_id, answer_of(reply), self.clock(), erase=not unread)

        if not unread:
            _log.warning("a text was refused: it holds a secret", command=row.command, by=actor.name)
        try:
            body = RefuseText(row.command, reason)
            self.incidents.do(row.incident, body, actor, row.command_id, settle=settle)
        except (Answered, LogUnavailable, NotAWorker):
            raise
        except BotError:
            self.incidents.event_log.inbox.close(row.command_id, answer, self.clock(), erase=not unread)
        self.proofs.forget(row.command_id, row.proof_kind)
        with self._lock:
            self._since.pop(row.command_id, None)
            self._late.pop(row.command_id, None)
        self._erase(self.clock())
        self._tell(row, reason)

    def _give_apart(self, row: InboxRow, part: Apart, command: PersonCommand, actor: Actor) -> None:
        """Appends to that part's log, and answers in the same transaction."""
        event_log, at = self.incidents.event_log, self.clock()

        def answers(connection: Connection) -> None:
            event_log.inbox.settle(connection, row.command_id, CommandAnswer(accepted=True, incident=row.incident), at)

        try:
            after = part.append(command, actor, at, row.command_id, answers)
        except (Answered, LogUnavailable, NotAWorker):
            raise
        except BotError as error:
            self._close(row, CommandAnswer(accepted=False, incident=row.incident, reason=str(error)))
            self.proofs.forget(row.command_id, row.proof_kind)
            self._tell(row, str(error))
            return
        self.proofs.forget(row.command_id, row.proof_kind)
        if after is not None:
            after()
        event_log.wake()

    def _read_message(self, row: InboxRow, command: OnMessages, actor: Actor, refusals: list[Refusal]) -> None:
        """Slack is asked in a thread of the pool. Whoever reported is told before anything is settled: told twice is
        better than never.
        """
        if threading.current_thread() is self._thread:
            self._begin_checks([Head(row.number, row.command_id, row.proof_kind)], leads=True)
            return
        assert self.reader is not None
        try:
            if isinstance(command, AddMessage):
                self._settled(row, row.incident, self.reader.kept(command), actor)
                return
            reported, slack = self.reader.report(command), row.proof_kind == ProofKind.SLACK
            if slack:
                user = row.claims.removeprefix("slack:")
                self.reader.messages.answer(user, command, reported.text, reported.offered, declare=reported.declare)
            for incident, sighting in reported.sightings:
                self.incidents.do(incident, sighting, actor, row.command_id)
            reason = "" if slack else plain(reported.at_terminal)
            self._close(row, CommandAnswer(accepted=True, incident=row.incident, reason=reason))
        except (Answered, LogUnavailable, NotAWorker):
            raise
        except BotError as error:
            if isinstance(error, OutsideError) and error.retryable:
                self._later(row, refusals, str(error))
                return
            unreadable = isinstance(error, Missing | Unauthorized | Refused)
            reason = CANNOT_READ if unreadable else str(error)
            self._close(row, CommandAnswer(accepted=False, incident=row.incident, reason=reason))
            self._tell(row, reason)

    def _settled(self, row: InboxRow, incident: str, body: KeepMessage, actor: Actor) -> None:
        """Given to the incident, and answered in the same transaction; where nothing follows, answered all the same."""
        answers: list[CommandAnswer] = []

        def settle(connection: Connection, reply: CommandReply) -> None:
            answers.append(answer_of(reply))
            self.incidents.event_log.inbox.settle(connection, row.command_id, answers[0], self.clock())

        reply = self.incidents.do(incident, body, actor, row.command_id, settle=settle)
        if not answers:
            answers.append(answer_of(reply))
            self._close(row, answers[0])
        if answers[0].reason:
            self._tell(row, answers[0].reason)

    def _close(self, row: InboxRow, answer: CommandAnswer) -> None:
        self.incidents.event_log.inbox.close(row.command_id, answer, self.clock())

    def _refuse(self, refusals: list[Refusal]) -> None:
        if refusals:
            done, refusals[:] = list(refusals), []
            for refusal in self.incidents.event_log.inbox.refuse(done, self.clock()):
                self.proofs.forget(refusal.command_id, refusal.proof_kind)
                with self._lock:
                    self._since.pop(refusal.command_id, None)
                    late = self._late.pop(refusal.command_id, None)
                if late is not None:
                    self.expired(*late)

    def _bound_unproven(self) -> None:
        now = self.clock()
        with self._lock:
            while self._unproven and self._unproven[0] <= now - WITHIN:
                self._unproven.popleft()
            if len(self._unproven) >= UNPROVEN:
                raise ProofRefused(
                    f"{UNPROVEN} notes that nobody proves were taken within a minute: sign in to AWS, or name your SSH "
                    "key with BOT_SSH_KEY."
                )
            self._unproven.append(now)

    def _tell(self, row: InboxRow, reason: str) -> None:
        """Those who still wait for the answer read it there."""
        age = _age(row, self.clock())
        if age is None or age >= timedelta(seconds=PATIENCE - 1):
            self.tell(row, reason)


def _age(row: InboxRow, now: datetime) -> timedelta | None:
    """How long ago the command was given by its sender's clock; None if its time is none."""
    try:
        return now - parse_time(row.at)
    except (ValueError, TypeError, OverflowError):
        return None


def _refusal(attempt: Head | InboxRow, incident: str, reason: str) -> Refusal:
    answer = CommandAnswer(accepted=False, incident=incident, reason=reason)
    return Refusal(attempt.number, attempt.command_id, attempt.proof_kind, answer)


def answer_of(reply: CommandReply) -> CommandAnswer:
    """The answer that the inbox keeps."""
    seqs = [recorded.seq for recorded in reply.events]
    first, last = (seqs[0], seqs[-1]) if seqs else (0, 0)
    return CommandAnswer(not reply.refused, reply.incident.id, reply.refused, first, last, reply.joined)
