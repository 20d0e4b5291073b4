"""What one command writes: all of it in one transaction, or nothing.

The rules decide on the newest state; what follows is chained and sealed, appended, and brought into the summary.
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
"""The incident's rules: what a command leads to, given the state (None before the declaration), and how many more kills
in its environment may rest on one person's word.
"""
type Settle = Callable[[Connection, Decision], None]
"""Called inside the transaction of a command with what came of it, before it is committed; an error undoes it all."""


@dataclass(frozen=True)
class Takes:
    """Secrets that go over to an incident: of each run, by its id, those of this command. `known` gives the command
    with what the runs knew, from their states just before.
    """

    secrets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    known: Callable[[Mapping[str, Incident]], Command] | None = None


@dataclass(frozen=True)
class Work:
    """One command on its way through a transaction."""

    incident: str
    envelope: Envelope
    settle: Settle | None
    also: Sequence[Event]
    takes: Takes = field(default_factory=Takes)
    given: Mapping[tuple[str, str], str] | None = None
    """What open incidents have, by environment and name of the secret, where the command holds only with that."""

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
    """Those of one event log. Whoever calls holds the locks of the incidents that a command is about."""

    def __init__(self, log: Register, decide: Decide, states: States) -> None:
        """`log` is that in which they write; without a seal nothing can be."""
        self.kills = slots.Kills()
        self._log = log
        self._decide = decide
        self._states = states

    def transact(
        self, work: Work, position: Reached, runs: Mapping[str, Cached]
    ) -> tuple[tuple[Decision, Mapping[str, Reached]], Reached]:
        """What came of the command and where its incident stands, with where the runs stand that were taken over."""
        incident = work.incident
        with self._log.database.writing() as connection:
            if work.given is not None:
                projections.demand_taken(connection, work.given)
            if runs and rows.of_command(connection, incident, work.envelope.command_id):
                runs = {}  # it was carried out before, and takes nothing over again
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
        """The run as it was, and where it stands once it has handed over its secrets. Its cached position is dropped
        until all of that is committed.
        """
        position, cached.position = cached.position, START
        rows.lock(connection, run)
        before = self.advance(connection, run, position)
        command = HandOverSecrets(work.incident, work.takes.secrets[run])
        envelope = replace(work.envelope, body=command)
        events = self._decide(before.state, envelope, 0) if before.state is not None else ()
        if before.state is None or not events:
            raise RunChanged(f"{run} has not got {', '.join(command.secrets)} any more")
        batch, after = self._extended(before, events, envelope, run)
        if not self._append(connection, before, after, batch):
            raise Damaged(run, "its summary disagrees with its events", "run `bot log rebuild`")
        return before.state, after

    def _decided_in(self, connection: Connection, work: Work, position: Reached) -> tuple[Decision, Reached]:
        incident, envelope = work.incident, work.envelope
        for _ in range(2):  # the second time behind the row's lock: nobody can be faster again
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
        """What follows from the command. If it takes slots, nobody else takes one until this transaction has ended."""
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
        """Takes out the data of what was redacted by these events, and the words out of all that was made of it: the
        state, which is folded anew, and the summary. Answers of commands whose words are gone go as well.
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
        """As `EventLog.note_loss`: from what is left, whatever was known before."""
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
        """What makes an incident of its rows. Misuse for a name that is none of an incident's."""
        if incident in STREAMS:
            raise unknown(incident)
        return Stream(incident, CODEC, None, evolve)


def _environment(state: Incident | None) -> str:
    return "" if state is None else state.environment


def known(state: Incident | None, incident: str) -> Incident:
    """The state; Misuse where there is none."""
    if state is None:
        raise unknown(incident)
    return state


def unknown(incident: str) -> Misuse:
    return Misuse(f"there is no incident {incident}: `bot list` shows those that there are")
