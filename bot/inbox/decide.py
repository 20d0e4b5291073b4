"""One command of the inbox: whether its proof is valid, which events it leads to, and its one answer.

An unchecked command is not refused: it waits, and is checked again.
"""

from __future__ import annotations

import hashlib
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from bot.errors import BotError, LogUnavailable, Missing, OutsideError, Refused, Unauthorized
from bot.eventlog import Answered, CommandAnswer, InboxRow, NotAWorker
from bot.eventlog.inbox import Refusal, said_in
from bot.inbox.attempts import Attempts, age, refused
from bot.inbox.client import PATIENCE
from bot.inbox.fingerprints import KnownValues, Unreadable, refusal
from bot.inbox.hiding import kept_from_slack
from bot.inbox.incidents import CommandReply, Incidents
from bot.inbox.installation import Apart
from bot.inbox.message_handler import CANNOT_READ, MessageHandler
from bot.inbox.messages import ReportMessage
from bot.inbox.proving import AT_MOST, NOT_FROM_SLACK, Proofs
from bot.inbox.rotating import NotNow
from bot.inbox.wire import KINDS, DraftNotice, OfInstallation, PersonCommand, decode, texts_in, texts_of
from bot.incident.commands import Command, RecordSighting, RefuseText, acts_of
from bot.incident.events import Event
from bot.incident.model import Actor
from bot.incident.offers import available, may, unblocked
from bot.incident.state import Incident
from bot.logs import Logger
from bot.model.fields import is_reserved, machine_id
from bot.news.sources.catalogued import Place
from bot.phrases.approvals import who_can
from bot.phrases.marks import plain
from bot.proofs.statement import ProofExpired, ProofKind, ProofRefused, ProofUnchecked

# Who else could have given a command that was refused to someone: a refusal is no use without that.


def who_else(incident: Incident, command: Command, actor: Actor, people: Iterable[Actor], now: datetime) -> str:
    """``Who can: ben or chloe.``; empty if the actor could, or if no person can as things are."""
    every = available(incident, now)
    offered = [
        offer for act in acts_of(command) for offer in unblocked(every, type(act), secret=getattr(act, "secret", None))
    ]
    if not offered or any(may(actor, offer) for offer in offered):
        return ""
    names = who_can(people, offered[0])
    return f"Who can: {names}." if names else f"No one in the people file can. It needs {offered[0].whom}."


ANOTHERS = "Another command has the same id: send it again."
UNPROVEN, WITHIN = 10, timedelta(minutes=1)
"""The most unproven notes that are accepted in this time, so that they cannot flood a channel."""

_MINUTES = AT_MOST // timedelta(minutes=1)

type Tell = Callable[[InboxRow, str], None]
"""Informs the author of a command about its result if they no longer wait for the answer."""

_log = Logger(__name__)


@dataclass
class CommandDecider:
    """Used by several threads at a time.

    `tell` is called with commands that are refused after their sender stopped waiting, `waits` with ones that cannot be
    checked now (for each incident once in a while). Refused attempts are added to the list of refusals, which the
    caller writes.
    """

    incidents: Incidents
    proofs: Proofs
    clock: Callable[[], datetime]
    tell: Tell = lambda _row, _sentence: None
    waits: Tell = lambda _row, _sentence: None
    values: KnownValues | None = None
    """The values that no text may contain; None if nothing can be compared."""
    reader: MessageHandler | None = None
    """Reads messages that people point at; None where this worker has no Slack."""
    apart: Sequence[Apart] = ()
    """Who takes the commands that are about the whole installation."""
    attempts: Attempts = field(default_factory=Attempts)
    _unproven: deque[datetime] = field(default_factory=deque)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def asks_slack(self, row: InboxRow) -> bool:
        """Whether Slack is to be asked for it, which may take a while."""
        return self.reader is not None and KINDS.get(row.command) in {ReportMessage, DraftNotice}

    def decide(self, row: InboxRow, refusals: list[Refusal]) -> None:
        if (why := self._misnamed(row)) != "":
            _log.warning("an attempt was refused because of its id", kind=row.proof_kind)
            refusals.append(self._refusal(row, why))
            return
        try:
            command = decode(row.command, row.arguments)
            proven = self.proofs.check(row, command, self.clock())
            if row.proof_kind == ProofKind.NONE and not self.proofs.word:
                self._bound_unproven()
        except (ProofUnchecked, LogUnavailable):
            raise
        except ProofExpired as expired:
            # Reports only proven commands: otherwise write access to the database could post texts through the bot.
            self._tell(row, str(expired))
            old = age(row, self.clock())
            if old is not None and old > AT_MOST:
                self._give_up(row, refusals, str(expired))
            else:
                refusals.append(self._refusal(row, str(expired)))
            return
        except BotError as error:
            _log.warning("a command was refused: its proof does not hold", kind=row.proof_kind)
            if self.attempts.was_unchecked(row.command_id):
                self._give_up(row, refusals, str(error))
            else:
                refusals.append(self._refusal(row, str(error)))
            return
        if (found := self._secret_in(row, texts_of(command))) is not None:
            self._refuse_text(row, found, proven.actor)
            return
        if self._apart(row, command, proven.actor, refusals):
            return
        also: tuple[Event, ...] = (proven.kept,) if proven.kept is not None else ()
        settled: list[CommandAnswer] = []

        def settle(connection: Connection, reply: CommandReply) -> None:
            answer = self._answered(reply, command, proven.actor)
            self._settle(connection, row, answer)
            settled.append(answer)

        try:
            self.proofs.demand_owner(command, proven.actor)
            reply = self.incidents.give(row.incident, command, proven.actor, row.command_id, also=also, settle=settle)
        except (Answered, LogUnavailable, NotAWorker):
            raise
        except BotError as error:
            settled[:] = [CommandAnswer(accepted=False, incident=row.incident, reason=self._why(row, error))]
            self._close(row, settled[0])
        else:
            if not settled:
                settled.append(answer_of(reply))
                self._close(row, settled[0])
        self._over(row, settled[0].reason)

    def _why(self, row: InboxRow, error: BotError) -> str:
        """The reason for a refusal, which names no incident to Slack that Slack must not know."""
        if row.proof_kind == ProofKind.SLACK and isinstance(error, NotNow):
            return NOT_FROM_SLACK if kept_from_slack(self.incidents.event_log, error.incident) else str(error)
        return str(error)

    def _misnamed(self, row: InboxRow) -> str:
        """Why an attempt with this id is refused unread; empty if it is not. Write access to the inbox allows reading
        others' ids and predicting the machine's, which would then believe that its command was done.
        """
        if is_reserved(row.command_id):
            return "Its id is not valid for a person's command."
        return "" if self.incidents.event_log.inbox.is_of_its_command(row) else ANOTHERS

    def later(self, row: InboxRow, refusals: list[Refusal], why: str = "") -> None:
        """Tries it again later; gives up after too long, so that the author gives it again."""
        now = self.clock()
        waited = self.attempts.later(row, now)
        old = age(row, now)
        if old is None or max(waited, old) > AT_MOST:
            self._give_up(row, refusals, f"It waited for more than {_MINUTES} minutes: {why} Send it again.")

    def unchecked(self, row: InboxRow, refusals: list[Refusal], why: str) -> None:
        """Checks it again later, and informs its people that it waits; a terminal may sign it again meanwhile."""
        now = self.clock()
        waited, say = self.attempts.unchecked(row, now)
        if say:
            self.waits(row, why)
        if waited > AT_MOST:
            self._give_up(row, refusals, f"It waited for more than {_MINUTES} minutes: {why} Send it again.")
        else:
            self.later(row, refusals, why)

    def _give_up(self, row: InboxRow, refusals: list[Refusal], reason: str) -> None:
        """Someone is paged if the command comes to nothing by this: another attempt at it may still count."""
        self.attempts.given_up(row, reason)
        refusals.append(self._refusal(row, reason))

    def _refusal(self, row: InboxRow, reason: str) -> Refusal:
        """A refused attempt must not leave a secret in the database's files either. No person is informed of that,
        since its author is not proven.
        """
        found = self._secret_in(row, texts_in(row.arguments))
        return replace(refused(row, row.incident, reason), erase=isinstance(found, Place))

    def _apart(self, row: InboxRow, command: PersonCommand, actor: Actor, refusals: list[Refusal]) -> bool:
        """Whether it is a command that is not simply given to its incident, and was decided here."""
        part = next((part for part in self.apart if isinstance(command, part.takes)), None)
        if part is not None:
            self._give_apart(row, part, command, actor)
            return True
        if isinstance(command, ReportMessage) and self.reader is not None:
            self._read_message(row, command, actor, refusals)
            return True
        return False

    def _answered(self, reply: CommandReply, command: PersonCommand, actor: Actor) -> CommandAnswer:
        """The result; if other people could have given the command, with their names."""
        answer = answer_of(reply)
        if answer.accepted or not isinstance(command, Command):
            return answer
        people = [person.actor for person in self.proofs.people]
        others = who_else(reply.incident, command, actor, people, self.incidents.clock())
        return replace(answer, reason=f"{answer.reason} {others}") if others else answer

    def _secret_in(self, row: InboxRow, texts: Sequence[str]) -> Place | Unreadable | None:
        """The catalog's values in the command's texts, searched before any of it becomes an event."""
        return None if self.values is None else self.values.look(texts, self._incident_of(row))

    def _incident_of(self, row: InboxRow) -> Incident | None:
        if KINDS.get(row.command) in OfInstallation.__args__:
            return None
        try:
            return self.incidents.look(row.incident).incident
        except BotError:
            return None  # one that is still to be declared, or cannot be read

    def _refuse_text(self, row: InboxRow, found: Place | Unreadable, actor: Actor) -> None:
        """The refusal is an event where there is an incident: that someone has seen the value is part of its story."""
        slack, unread = row.proof_kind == ProofKind.SLACK, isinstance(found, Unreadable)
        reason = refusal(found, self._incident_of(row), slack=slack) if isinstance(found, Place) else found.reason
        answer = CommandAnswer(accepted=False, incident=row.incident, reason=reason)

        def settle(connection: Connection, reply: CommandReply) -> None:
            self._settle(connection, row, answer_of(reply), erase=not unread)

        if not unread:
            _log.warning("a text was refused: it holds a secret", command=row.command, by=actor.name)
        try:
            body = RefuseText(row.command, reason)
            self.incidents.do(row.incident, body, actor, row.command_id, settle=settle)
        except (Answered, LogUnavailable, NotAWorker):
            raise
        except BotError:
            self._close(row, answer, erase=not unread)
        self._over(row, reason)

    def _give_apart(self, row: InboxRow, part: Apart, command: PersonCommand, actor: Actor) -> None:
        """Appends to that part's log, and answers in the same transaction."""
        event_log, at = self.incidents.event_log, self.incidents.clock()

        def answers(connection: Connection) -> None:
            self._settle(connection, row, CommandAnswer(accepted=True, incident=row.incident))

        try:
            after = part.append(command, actor, at, row.command_id, answers)
        except (Answered, LogUnavailable, NotAWorker):
            raise
        except BotError as error:
            self._close(row, CommandAnswer(accepted=False, incident=row.incident, reason=str(error)))
            self._over(row, str(error))
            return
        self._over(row)
        if after is not None:
            after()
        event_log.wake()

    def _read_message(self, row: InboxRow, command: ReportMessage, actor: Actor, refusals: list[Refusal]) -> None:
        """Informs the reporter before the command is settled: twice is better than never."""
        assert self.reader is not None
        try:
            slack = row.proof_kind == ProofKind.SLACK
            reported = self.reader.report(
                command, lambda incident, sighting: self._sight(row, incident, sighting, actor)
            )
            if slack:
                user = row.claims.removeprefix("slack:")
                self.reader.messages.answer(user, command, reported.text, reported.offered, declare=reported.declare)
            reason = "" if slack else plain(reported.at_terminal)
            self._close(row, CommandAnswer(accepted=True, incident=row.incident, reason=reason))
        except (Answered, LogUnavailable, NotAWorker):
            raise
        except BotError as error:
            if isinstance(error, OutsideError) and error.retryable:
                self.later(row, refusals, str(error))
                return
            unreadable = isinstance(error, Missing | Unauthorized | Refused)
            reason = CANNOT_READ if unreadable else str(error)
            self._close(row, CommandAnswer(accepted=False, incident=row.incident, reason=reason))
            self._tell(row, reason)

    def _sight(self, row: InboxRow, incident: str, sighting: RecordSighting, actor: Actor) -> str:
        """A message can hold several values: each gets a command of its own, with the same id at each attempt."""
        what = f"{row.command_id}\n{incident}\n{sighting.secret}\n{sighting.value}"
        try:
            command_id = machine_id(f"sighting-{hashlib.sha256(what.encode()).hexdigest()[:32]}")
            reply = self.incidents.do(incident, sighting, actor, command_id)
        except (LogUnavailable, NotAWorker):
            raise
        except BotError as error:
            return f"That it was here too could not be recorded there: {error}"
        if reply.refused:
            return f"That it was here too was not recorded there: {reply.refused}"
        return f"That it was here too is in its timeline {'now' if reply.events else 'already'}."

    def _settle(self, connection: Connection, row: InboxRow, answer: CommandAnswer, *, erase: bool = False) -> None:
        inbox = self.incidents.event_log.inbox
        inbox.settle(connection, row.command_id, answer, self.clock(), said=said_in(row), erase=erase)

    def _close(self, row: InboxRow, answer: CommandAnswer, *, erase: bool = False) -> None:
        inbox = self.incidents.event_log.inbox
        inbox.close(row.command_id, answer, self.clock(), said=said_in(row), erase=erase)

    def _over(self, row: InboxRow, reason: str = "") -> None:
        """It has its answer: nothing of it is kept, and its author learns the reason of a refusal."""
        self.proofs.forget(row.command_id, row.proof_kind)
        self.attempts.settled(row.command_id)
        if reason:
            self._tell(row, reason)

    def _bound_unproven(self) -> None:
        now = self.clock()
        with self._lock:
            while self._unproven and self._unproven[0] <= now - WITHIN:
                self._unproven.popleft()
            if len(self._unproven) >= UNPROVEN:
                raise ProofRefused(
                    f"{UNPROVEN} unproven notes were taken within a minute. Sign in to AWS, or name your SSH key "
                    "with BOT_SSH_KEY."
                )
            self._unproven.append(now)

    def _tell(self, row: InboxRow, reason: str) -> None:
        """Skips senders who still wait for the answer and read it there."""
        old = age(row, self.clock())
        if old is None or old >= timedelta(seconds=PATIENCE - 1):
            self.tell(row, reason)


def answer_of(reply: CommandReply) -> CommandAnswer:
    """The answer that the inbox keeps."""
    seqs = [recorded.seq for recorded in reply.events]
    first, last = (seqs[0], seqs[-1]) if seqs else (0, 0)
    return CommandAnswer(not reply.refused, reply.incident.id, reply.refused, first, last, reply.joined)
