"""The inbox at the worker: when each attempt is answered, and by which thread.

A command whose proof needs an outside call is checked in a thread of its own, so that no other waits for it.
`bot.inbox.decide` decides each command.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.errors import BotError, LogUnavailable
from bot.eventlog import Answered, InboxRow
from bot.eventlog.inbox import BEFORE_ALL, Head, Refusal
from bot.eventlog.turns import going_first
from bot.inbox.attempts import age, refused
from bot.inbox.decide import CommandDecider, Tell
from bot.logs import Logger
from bot.proofs.statement import ProofKind, ProofUnchecked
from bot.worker.background import Looping

TICK = 1.0
"""Seconds between two looks at the inbox where nothing says that there is news."""
MOST = 10_000
"""Attempts that one round looks at."""
OTHERS_AFTER = timedelta(seconds=2)
"""With several workers, the leading one takes commands at once; the others take them after this time."""
CHECKS_AT_ONCE = 4
SLOW = frozenset({ProofKind.AWS, ProofKind.SSH})
"""Kinds of proof that need an outside call, or a process."""
REFUSED_AT_ONCE = 100
"""Attempts that one transaction refuses."""
TIDY_EVERY = timedelta(hours=1)
ERASE_AGAIN = timedelta(seconds=5)
"""The time between two tries to erase, while a reader prevents it."""

_log = Logger(__name__)


@dataclass
class InboxHandler(Looping):
    """Answers commands, in a thread of its own between `start` and `stop`.

    `expired` is called with what waited too long, to page.
    """

    THREAD = "inbox"
    decider: CommandDecider
    expired: Tell = lambda _row, _sentence: None
    clear_forgotten: Callable[[datetime], None] = lambda _now: None
    """Deletes submitted values without a result."""
    _after: int = BEFORE_ALL
    """The number behind which the next round goes on, where more waits than one round looks at."""
    _tidied_at: datetime | None = None
    _erased_at: datetime | None = None
    """The time of the last failed try to erase."""

    def __post_init__(self) -> None:
        self._event_log = self.decider.incidents.event_log
        self._attempts = self.decider.attempts

    # --- the thread -------------------------------------------------------------------------------------------------

    def start(self, leads: Callable[[], bool]) -> None:
        """Begins to answer. `leads` says whether this worker is the one that takes commands at once."""
        self._pool = ThreadPoolExecutor(CHECKS_AT_ONCE, thread_name_prefix="proof")
        super().start(leads)

    def stop(self) -> None:
        """Ends after the command that is being decided. What was not answered stays in the inbox."""
        if self._thread is None:
            return
        self._stopping.set()
        self._event_log.wake()
        super().stop()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._attempts.end_all()

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
            self._event_log.wait(TICK)

    # --- a round ----------------------------------------------------------------------------------------------------

    def round(self, *, leads: bool = True) -> None:
        """Answers what can be answered at once and begins the checks of the rest."""
        now = self.decider.clock()
        self._look_at_values()
        due = self._due(now)
        at_once = [head for head in due if head.proof_kind not in SLOW]
        slow = self._attempts.chosen([head for head in due if head.proof_kind in SLOW])
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
        if self._tidied_at is None or now - self._tidied_at >= TIDY_EVERY:
            self._tidied_at = now
            self._event_log.inbox.tidy(now)
            self._event_log.erasing.pending = True  # another worker may have wanted something, and died
            if self._thread is not None:
                self._pool.submit(self.tidy_proofs)
                self._pool.submit(self.tidy_values)
        self._erase(now)

    def _look_at_values(self) -> None:
        """Reads changes of the catalog's values, in a thread of its own if there is one."""
        values = self.decider.values
        if values is None or not values.due:
            return
        if self._thread is None:
            values.refresh()
        else:
            self._pool.submit(values.refresh)

    def _erase(self, now: datetime) -> None:
        """Erases blanked texts from the database's files; waits for readers that prevent it."""
        erasing = self._event_log.erasing
        if not erasing.pending or (self._erased_at is not None and now - self._erased_at < ERASE_AGAIN):
            return
        self._erased_at = now
        try:
            if erasing.erase():
                self._erased_at = None
        except BotError as error:
            erasing.pending = True
            _log.warning("blanked text is still in the database's files", error=str(error))

    def tidy_proofs(self) -> None:
        """Clears away the proofs that were left where someone died. What fails is tried again in an hour."""
        try:
            self.decider.proofs.tidy(self._event_log.inbox.known)
        except BotError as error:
            _log.warning("old proofs could not be deleted", error=str(error))

    def tidy_values(self) -> None:
        """Deletes submitted values without a result. A failure is tried again in an hour."""
        try:
            self.clear_forgotten(self.decider.clock())
        except BotError as error:
            _log.warning("unused keys could not be deleted", error=str(error))

    def _due(self, now: datetime) -> list[Head]:
        """Attempts whose time has come and that no thread is answering, in the order of arrival."""
        heads = self._event_log.inbox.waiting(self._after, MOST)
        if not heads and self._after != BEFORE_ALL:
            heads = self._event_log.inbox.waiting(BEFORE_ALL, MOST)
        self._after = heads[-1].number if len(heads) >= MOST else BEFORE_ALL
        if self._after == BEFORE_ALL:
            self._attempts.forget_all_but(heads)
        return self._attempts.due(heads, now)

    def _begin_checks(self, heads: Sequence[Head], *, leads: bool) -> None:
        self._attempts.begin(heads)
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
            self._attempts.end(head)

    def _answer(self, head: Head, refusals: list[Refusal], *, leads: bool) -> None:
        with going_first():
            self._answer_first(head, refusals, leads=leads)

    def _answer_first(self, head: Head, refusals: list[Refusal], *, leads: bool) -> None:
        row = self._event_log.inbox.read(head.number)
        if row is None:
            refusals.append(refused(head, "", "It is too large, or not a command."))
            return
        try:
            if not leads and self._recent(row):
                return
            if threading.current_thread() is self._thread and self.decider.asks_slack(row):
                self._begin_checks([head], leads=True)
                return
            self.decider.decide(row, refusals)
            self._erase(self.decider.clock())
        except Answered:
            # Another worker was first, or this repeats what was answered: then it is none that waits.
            refusals.append(refused(row, row.incident, "It has been answered already."))
        except ProofUnchecked as error:
            why = str(error)
            _log.warning("a command waits: its proof could not be checked", kind=row.proof_kind, error=why)
            self._put_off(row, refusals, lambda: self.decider.unchecked(row, refusals, why))
        except LogUnavailable as error:
            self.trouble = str(error)
            _log.warning("a command waits", error=str(error))
            self._put_off(row, refusals, lambda: self.decider.later(row, refusals))
        except Exception as error:  # noqa: BLE001 - one command must not keep the others from being answered
            _log.error("a command could not be decided", error=type(error).__name__)
            self._put_off(row, refusals, lambda: self.decider.later(row, refusals))

    def _put_off(self, row: InboxRow, refusals: list[Refusal], put_off: Callable[[], None]) -> None:
        """An attempt that cannot even be postponed or refused with a reason is dropped at once, and
        the others go on.
        """
        try:
            put_off()
        except BotError:
            raise
        except Exception as error:  # noqa: BLE001 - a crafted command could stop each round
            _log.error("a command cannot be read", error=type(error).__name__)
            refusals.append(replace(refused(row, row.incident, "It cannot be read."), erase=True))

    def _recent(self, row: InboxRow) -> bool:
        """Whether the worker that leads may still take it at once."""
        old = age(row, self.decider.clock())
        return old is not None and timedelta() <= old < OTHERS_AFTER

    def _refuse(self, refusals: list[Refusal]) -> None:
        if refusals:
            done, refusals[:] = list(refusals), []
            for refusal in self._event_log.inbox.refuse(done, self.decider.clock()):
                self.decider.proofs.forget(refusal.command_id, refusal.proof_kind)
                late = self._attempts.settled(refusal.command_id)
                if late is not None:
                    self.expired(*late)
