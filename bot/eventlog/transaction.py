"""The writes of one command: all in one transaction, or none.

The rules decide on the newest state; the events are chained and sealed, appended, and shown in the summary.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from bot.errors import Misuse
from bot.eventlog import projections, rows, slots
from bot.eventlog.chain import REDACTED, StoredEvent, cut_of
from bot.eventlog.contract import Damaged, Decision, RunChanged
from bot.eventlog.register import Register
from bot.eventlog.states import START, Cached, Reached, States
from bot.eventlog.stream import Stream
from bot.eventlog.tables import EVENTS, INCIDENTS, STREAMS
from bot.incident.codec import CODEC
from bot.incident.commands import Command, Declare, Envelope, HandOverSecrets
from bot.incident.events import Event, Recorded, TakenOver
from bot.incident.evolve import evolve
from bot.incident.model import BOT
from bot.incident.state import Incident

type Decide = Callable[[Incident | None, Envelope, int], tuple[Event, ...]]
"""The incident's rules: the events of a command, given the state (None before the declaration), and how many more
revocations in its environment one person may decide.
"""
type Settle = Callable[[Connection, Decision], None]
"""Called inside a command's transaction with its result, before the commit; an error undoes everything."""


@dataclass(frozen=True)
class Takes:
    """Secrets that move to an incident: for each run, by its id, those of this command. `known` gives the command with
    the runs' knowledge, from their states just before.
    """

    secrets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    known: Callable[[Mapping[str, Incident]], Command] | None = None
    reason: str = ""


@dataclass(frozen=True)
class Work:
    """One command on its way through a transaction."""

    incident: str
    envelope: Envelope
    settle: Settle | None
    also: Sequence[Event]
    takes: Takes = field(default_factory=Takes)
    given: Mapping[tuple[str, str], str] | None = None
    """The secrets in open incidents, by environment and name, if the command is valid only with exactly these."""

    def with_known(self, runs: Mapping[str, Incident]) -> Envelope:
        """The envelope with what the runs knew, if any are taken over."""
        if not runs or self.takes.known is None:
            return self.envelope
        return replace(self.envelope, body=self.takes.known(runs))

    def settled(self, connection: Connection, decision: Decision) -> Decision:
        if self.settle is not None:
            self.settle(connection, decision)
        return decision


class Transactions:
    """The transactions of one event log. The caller holds the locks of the incidents that a command is about."""

    def __init__(self, log: Register, decide: Decide, states: States) -> None:
        """`log` is that in which they write; without a seal nothing can be."""
        self.kills = slots.Kills()
        self._log = log
        self._decide = decide
        self._states = states

    def transact(
        self, work: Work, position: Reached, runs: Mapping[str, Cached]
    ) -> tuple[tuple[Decision, Mapping[str, Reached]], Reached]:
        """The result of the command and the position of its incident, with the positions of the runs that were taken
        over.
        """
        incident = work.incident
        with self._log.database.writing() as connection:
            if work.given is not None:
                projections.demand_taken(connection, work.given)
            if runs and rows.of_command(connection, incident, work.envelope.command_id):
                runs = {}  # it was carried out before, so it takes over no secret again
            over = {run: self._ended(connection, work, run, cached) for run, cached in runs.items()}
            envelope = work.with_known({run: before for run, (before, _) in over.items()})
            settle = None if over else work.settle
            decision, position = self._decided_in(connection, replace(work, envelope=envelope, settle=settle), position)
            if over:
                if decision.repeated or not any(isinstance(each.event, TakenOver) for each in decision.events):
                    raise RunChanged(f"{incident} takes no run over by this command")
                decision = work.settled(connection, decision)
        return (decision, {run: after for run, (_, after) in over.items()}), position

    def _ended(self, connection: Connection, work: Work, run: str, cached: Cached) -> tuple[Incident, Reached]:
        """The run as it was, and its position after handing over its secrets. Its cached position is dropped until the
        commit.
        """
        position, cached.position = cached.position, START
        rows.lock(connection, run)
        before = self.advance(connection, run, position)
        command = HandOverSecrets(work.incident, work.takes.secrets[run], work.takes.reason)
        envelope = replace(work.envelope, body=command)
        events = self._decide(before.state, envelope, 0) if before.state is not None else ()
        if before.state is None or not events:
            raise RunChanged(f"{run} no longer has {', '.join(command.secrets)}")
        batch, after = self._extended(before, events, envelope, run)
        if not self._append(connection, before, after, batch):
            raise Damaged(run, "its summary disagrees with its events", "run `bot log rebuild`")
        return before.state, after

    def _decided_in(self, connection: Connection, work: Work, position: Reached) -> tuple[Decision, Reached]:
        incident, envelope = work.incident, work.envelope
        for _ in range(2):  # the second time behind the row's lock: no other can be faster again
            position = self.advance(connection, incident, position)
            first = rows.of_command(connection, incident, envelope.command_id)
            if first:
                if (first[0].actor == BOT.name) != (envelope.actor.name == BOT.name):
                    # Were it taken for a repeat, the machine would believe that it was done.
                    raise Damaged(incident, f"event {first[0].seq} has the id of a command that it did not come of")
                decision = Decision(known(position.state, incident), self._recorded(first), repeated=True)
                return work.settled(connection, decision), position
            if position.state is None and not isinstance(envelope.body, Declare):
                raise unknown(incident)
            events = self._decided(connection, position.state, envelope)
            if not events:
                return work.settled(connection, Decision(known(position.state, incident), ())), position
            batch, after = self._extended(position, (*events, *work.also), envelope, incident)
            if self._append(connection, position, after, batch):
                after = self._without_words(connection, batch, after)
                decision = Decision(known(after.state, incident), self._recorded(batch))
                return work.settled(connection, decision), after
            rows.lock(connection, incident)
        raise Damaged(incident, "its summary disagrees with its events", "run `bot log rebuild`")

    def _decided(self, connection: Connection, state: Incident | None, envelope: Envelope) -> tuple[Event, ...]:
        """The events of the command. If it uses slots, no other command uses one until this transaction ends."""
        if envelope.actor == BOT:
            return self._decide(state, envelope, 0)
        environment = envelope.body.environment if isinstance(envelope.body, Declare) else _environment(state)
        free = self.kills.free(connection, environment, envelope.at, self._log.seal)
        events = self._decide(state, envelope, free)
        if not slots.wanted(events):
            return events
        rows.lock_all(connection)
        left = self.kills.free(connection, environment, envelope.at, self._log.seal)
        return events if left == free else self._decide(state, envelope, left)

    def _extended(
        self, position: Reached, events: Sequence[Event], envelope: Envelope, incident: str
    ) -> tuple[list[StoredEvent], Reached]:
        assert self._log.seal is not None
        return self.stream(incident).extend(
            position, events, self._log.seal, at=envelope.at, actor=envelope.actor.name, command_id=envelope.command_id
        )

    def _append(self, connection: Connection, before: Reached, after: Reached, batch: list[StoredEvent]) -> bool:
        """Always the summary row first, then the rest: two orders would deadlock on PostgreSQL. False: a lost race."""
        incident = known(after.state, batch[0].stream)
        values = projections.summary_values(incident, batch[-1], before.state)
        if not projections.move_summary(connection, values, expected=before.seq):
            return False
        held = projections.taken(before.state)
        projections.move_taken(connection, batch[0].stream, held, projections.taken(incident))
        rows.add(connection, batch)
        self._log.wakeups.announce(connection, batch[0].stream)
        return True

    def _without_words(self, connection: Connection, batch: list[StoredEvent], after: Reached) -> Reached:
        """Removes the data that these events redact, and the words in everything derived from it: the state, which is
        folded again, and the summary. Answers of commands that lost their words go too.
        """
        cuts = [cut_of(row.data) for row in batch if row.kind == REDACTED]
        incident, numbers = batch[0].stream, [cut.seq for cut in cuts if cut is not None]
        if not numbers:
            return after
        rows.blank(connection, incident, numbers)
        stored = rows.tail(connection, incident, 0)
        folded = self.stream(incident).fold(START, stored, self._log.seal)
        values = projections.summary_values(known(folded.state, incident), batch[-1])
        projections.move_summary(connection, values, expected=batch[-1].seq)
        self._log.inbox.forget(connection, rows.commands_of(stored, numbers))
        for table in (EVENTS, INCIDENTS):
            self._log.erasing.want(connection, table)
        return folded

    def note_loss(self, work: Work) -> tuple[Decision, Reached]:
        """As `EventLog.note_loss`: continues from the rest, regardless of earlier knowledge."""
        with self._log.database.writing() as connection:
            rows.lock(connection, work.incident)
            left = self.stream(work.incident).fold(START, rows.tail(connection, work.incident, 0), self._log.seal)
            return self._decided_in(connection, work, left)

    def _recorded(self, stored: Sequence[StoredEvent]) -> tuple[Recorded, ...]:
        return tuple(self.stream(row.stream).read(row) for row in stored)

    def advance(self, connection: Connection, incident: str, position: Reached) -> Reached:
        """From a cached position on, as far as the incident was ever seen."""
        return self.stream(incident).advance(connection, position, self._states.head(incident), self._log.seal)

    def stream(self, incident: str) -> Stream[Incident | None, Event]:
        """How to make an incident from its rows. Misuse for a name that is no incident's."""
        if incident in STREAMS:
            raise unknown(incident)
        return Stream(incident, CODEC, None, evolve)


def _environment(state: Incident | None) -> str:
    return "" if state is None else state.environment


def known(state: Incident | None, incident: str) -> Incident:
    """The state; Misuse if there is none."""
    if state is None:
        raise unknown(incident)
    return state


def unknown(incident: str) -> Misuse:
    return Misuse(f"There is no incident {incident}. `bot list` shows all.")
