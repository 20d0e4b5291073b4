"""The inbox at the worker: who is it, may they, what follows, and one answer for each command.

A command whose proof costs an outside call is checked in a thread of its own: nothing else waits for it. What could not
be checked is not refused: it waits, and is asked about again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from bot.errors import BotError, LogUnavailable
from bot.incident.events import Event
from bot.incident.model import Actor
from bot.journal import Answer, Answered, InboxRow, NotAWorker
from bot.journal.chain import parse_time
from bot.proofs.errors import ProofRefused, ProofUnchecked
from bot.proofs.statement import ProofKind
from bot.response.client import PATIENCE
from bot.response.desk import Desk, Reply
from bot.response.proving import AT_MOST, Proofs
from bot.response.wire import decode
from bot.trust import Distrust, Trust

TICK = 1.0
"""Seconds between two looks at the inbox where nothing says that there is news."""
OTHERS_AFTER = timedelta(seconds=2)
"""Of several workers the first takes commands at once; what it leaves for so long, the others take."""
CHECKS_AT_ONCE = 4
AGAIN = timedelta(seconds=2)
"""Between two tries to check a proof that could not be checked."""
SLOW = frozenset({ProofKind.AWS, ProofKind.SSH})
"""Kinds of proof whose check takes a call to somebody else, or a process."""
TIDY_EVERY = timedelta(hours=1)

type Tell = Callable[[InboxRow, str], None]
"""Tells whoever gave a command what became of it, where they no longer wait for the answer."""

_log = structlog.get_logger(__name__)


@dataclass
class InboxHandler:
    """Answers commands, in a thread of its own between `start` and `stop`.

    `tell` is called with what was refused later than its sender waits, `expired` with what waited too long, to page;
    `trust_changed` when somebody has lost trust or got it back, to tell the incidents.
    """

    desk: Desk
    proofs: Proofs
    clock: Callable[[], datetime]
    tell: Tell = lambda _row, _sentence: None
    expired: Tell = lambda _row, _sentence: None
    trust_changed: Callable[[], None] = lambda: None
    trouble: str = ""
    """Why commands cannot be answered right now; empty if they can."""
    _busy: set[str] = field(default_factory=set)
    _again: dict[str, datetime] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _tidied_at: datetime | None = None

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
        self.desk.journal.wake()
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
            self.desk.journal.wait(TICK)

    # --- a round ----------------------------------------------------------------------------------------------------

    def round(self, *, leads: bool = True) -> None:
        """Answers what can be answered at once and begins the checks of the rest."""
        now = self.clock()
        for row in self._due(now):
            if self._stopping.is_set():
                return
            if not leads and now - parse_time(row.at) < OTHERS_AFTER:
                continue
            if row.proof_kind in SLOW and self._thread is not None:
                with self._lock:
                    self._busy.add(row.command_id)
                self._pool.submit(self._answer, row)
            else:
                self._answer(row)
        if self._tidied_at is None or now - self._tidied_at >= TIDY_EVERY:
            self._tidied_at = now
            self.desk.journal.inbox.tidy(now)

    def _due(self, now: datetime) -> list[InboxRow]:
        """The newest attempt of each command that nobody answers at this moment, in the order of their arrival."""
        newest = {row.command_id: row for row in self.desk.journal.inbox.waiting()}
        with self._lock:
            return [
                row
                for row in newest.values()
                if row.command_id not in self._busy and self._again.get(row.command_id, now) <= now
            ]

    def _answer(self, row: InboxRow) -> None:
        try:
            self._decide(row)
        except Answered:
            pass  # another worker was first, or an earlier attempt: theirs counts
        except ProofUnchecked as error:
            _log.warning("a command waits: its proof could not be checked", command=row.command, error=str(error))
            self._later(row, str(error))
            return
        except LogUnavailable as error:
            self.trouble = str(error)
            _log.warning("a command waits", command=row.command, error=str(error))
            self._later(row)
            return
        except Exception as error:  # noqa: BLE001 - one command must not keep the others from being answered
            _log.error("a command could not be decided", command=row.command, error=type(error).__name__)
            self._later(row)
            return
        finally:
            with self._lock:
                self._busy.discard(row.command_id)
        with self._lock:
            self._again.pop(row.command_id, None)
        self.proofs.forget(row)

    def _later(self, row: InboxRow, why: str = "") -> None:
        """To be tried again; what has waited for too long is given up, and asked for anew."""
        now = self.clock()
        with self._lock:
            self._again[row.command_id] = now + AGAIN
        if now - parse_time(row.at) > AT_MOST:
            self._give_up(row, f"It waited for more than {AT_MOST.seconds // 60} minutes. {why} Ask for it anew.")

    # --- one command ------------------------------------------------------------------------------------------------

    def _decide(self, row: InboxRow) -> None:
        try:
            command = decode(row.command, row.arguments)
            proven = self.proofs.check(row, command, self.clock())
        except ProofUnchecked:
            raise
        except ProofRefused as refused:
            _log.warning("a command was refused: its proof does not hold", command=row.command, kind=row.proof_kind)
            self._give_up(row, str(refused))
            return
        except BotError as error:
            self._refuse(row, str(error))
            return
        if isinstance(command, Distrust | Trust):
            self._decide_trust(row, command, proven.actor)
            return
        also: tuple[Event, ...] = (proven.kept,) if proven.kept is not None else ()
        settled: list[Answer] = []

        def settle(connection: Connection, reply: Reply) -> None:
            answer = answer_of(reply)
            self.desk.journal.inbox.settle(connection, row.command_id, answer, self.clock())
            settled.append(answer)

        try:
            reply = self.desk.give(row.incident, command, proven.actor, row.command_id, also=also, settle=settle)
        except (Answered, LogUnavailable, NotAWorker):
            raise
        except BotError as error:
            self._refuse(row, str(error))
            return
        if not settled:
            settled.append(answer_of(reply))
            self.desk.journal.inbox.close(row.command_id, settled[0], self.clock())
        if settled[0].reason:
            self._tell(row, settled[0].reason)

    def _decide_trust(self, row: InboxRow, command: Distrust | Trust, actor: Actor) -> None:
        """Appends to the chain of trust, and answers in the same transaction."""
        journal, at = self.desk.journal, self.clock()

        def settle(connection: Connection) -> None:
            journal.inbox.settle(connection, row.command_id, Answer(accepted=True, incident=row.incident), at)

        try:
            journal.trust.append(
                lambda state: self.proofs.about_trust(state, command, actor, at),
                at=at,
                actor=actor.name,
                command_id=row.command_id,
                settle=settle,
            )
        except (Answered, LogUnavailable, NotAWorker):
            raise
        except BotError as error:
            self._refuse(row, str(error))
            return
        _log.warning("whom to trust has changed", command=row.command, subject=command.subject, by=actor.name)
        self.trust_changed()
        journal.wake()

    def _refuse(self, row: InboxRow, reason: str) -> None:
        self.desk.journal.inbox.close(
            row.command_id, Answer(accepted=False, incident=row.incident, reason=reason), self.clock()
        )
        self._tell(row, reason)

    def _give_up(self, row: InboxRow, reason: str) -> None:
        """Refuses what nobody proved in time; if it had waited, its sender looks elsewhere by now."""
        self._refuse(row, reason)
        if self.clock() - parse_time(row.at) > AT_MOST:
            self.expired(row, reason)

    def _tell(self, row: InboxRow, reason: str) -> None:
        """Those who still wait for the answer read it there."""
        if self.clock() - parse_time(row.at) >= timedelta(seconds=PATIENCE - 1):
            self.tell(row, reason)


def answer_of(reply: Reply) -> Answer:
    """The answer that the inbox keeps."""
    seqs = [recorded.seq for recorded in reply.events]
    first, last = (seqs[0], seqs[-1]) if seqs else (0, 0)
    return Answer(not reply.refused, reply.incident.id, reply.refused, first, last, reply.joined)
