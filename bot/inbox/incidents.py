"""Commands of responders: every request of a person, from Slack or a terminal, becomes a command here.

Decisions need the worker's own catalog and playbooks, so only a worker decides here. A process that serves Slack alone,
and a terminal without the worker's role, read here, and rehearse the worker's decision.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, TypedDict, Unpack

from sqlalchemy import Connection

from bot.catalog.catalog import Catalog, CatalogEntry
from bot.errors import LogError, Misuse
from bot.eventlog import Decision, Looked, RunChanged, SecretTaken, Summary
from bot.eventlog.sql import EventLog
from bot.eventlog.transaction import Takes
from bot.inbox.cuts import redaction
from bot.inbox.declaration import AddChoice, Declaration, RedactChoice, SecretChoice
from bot.inbox.hiding import kept_from_slack
from bot.inbox.messages import ReportMessage
from bot.inbox.resolve import DAY, Resolver
from bot.inbox.rotating import at_work, demand_free, having, not_now
from bot.inbox.takeover import HolderUnread, holders, new_comes, with_known
from bot.inbox.wire import DraftNotice, OfInstallation, PersonCommand
from bot.incident import commands as c
from bot.incident.decide import decide
from bot.incident.declaration.consequences import Foreseen, foresee, rehearsed
from bot.incident.events import CommandRefused, Event, Recorded
from bot.incident.handover import merges_into, taken_in
from bot.incident.model import BOT, Actor, Right
from bot.incident.overlap.strategy import Proposed, incident_id
from bot.incident.refusals import Declined, demand
from bot.incident.routine import Rotating, foreseen
from bot.incident.state import Incident
from bot.incident.told import TEXTS, Told
from bot.model.obligations import Obligation
from bot.model.playbooks import Playbook, RunKind
from bot.model.secrets import SecretEntry
from bot.model.timings import Timings
from bot.planned.rules.rotatable import blocking

ID_ATTEMPTS = 8
"""Six base32 characters make a collision of two declarations unlikely, not impossible."""


@dataclass(frozen=True)
class CommandReply:
    """The answer to a request: the incident after it, and why it was declined, if it was."""

    incident: Incident
    events: tuple[Recorded, ...]
    refused: str = ""
    repeated: bool = False
    joined: tuple[str, ...] = ()
    """Secrets of a declaration that an open incident deals with already."""


type Settle = Callable[[Connection, CommandReply], None]
"""Called with the answer inside the transaction that appends what follows from a request."""


class More(TypedDict, total=False):
    """How a command is given: `also` comes after the resulting events."""

    also: Sequence[Event]
    settle: Settle | None


class _Executed(TypedDict):
    also: Sequence[Event]
    settle: Callable[[Connection, Decision], None] | None


class Incidents:
    """The arguments besides the log and a clock are as in `Resolver`."""

    def __init__(
        self,
        event_log: EventLog,
        catalog: Catalog,
        playbooks: Mapping[str, Playbook],
        timings: Timings,
        freeze: Callable[[CatalogEntry], SecretEntry],
        clock: Callable[[], datetime],
        obligations: tuple[Obligation, ...] = (),
        *,
        overlap: float = DAY,
    ) -> None:
        self.event_log = event_log
        self.clock = clock
        self.resolver = Resolver(event_log, catalog, playbooks, timings, freeze, obligations, overlap=overlap)

    @property
    def catalog(self) -> Catalog:
        return self.resolver.catalog

    @property
    def timings(self) -> Timings:
        return self.resolver.timings

    # --- asking -----------------------------------------------------------------------------------------------------

    def load(self, incident: str) -> Incident:
        """The incident's state. Misuse if there is none of this id."""
        return self.event_log.load(incident)

    def look(self, incident: str) -> Looked:
        """The incident as far as its log can be read, with its damage: for showing. Misuse if there is none."""
        return self.event_log.look(incident)

    def summaries(self, state: str | None = None, limit: int | None = None) -> list[Summary]:
        """The list, newest first."""
        return self.event_log.incidents(state, limit)

    def owing(self, limit: int) -> list[Summary]:
        """Closed ones in which people still owe something, newest first."""
        return self.event_log.owing(limit)

    def events(self, incident: str) -> list[Recorded]:
        """The whole timeline. Misuse if there is no such incident."""
        self.event_log.load(incident)
        return self.event_log.events(incident)

    def proposal(self, choice: SecretChoice, declaration: Declaration) -> Proposed | None:
        """The proposed strategy for a secret of a declaration, with its reason; None if the log does not have what it
        depends on, which `foresee` explains.
        """
        try:
            comes = new_comes(self.event_log, choice, declaration.environment)
        except (LogError, HolderUnread):
            return None
        return self.resolver.proposal(choice.name, declaration.environment, public=declaration.public, comes=comes)

    def foresee(self, declaration: Declaration, actor: Actor) -> Foreseen:
        """What this declaration would do if `actor` made it now, or why that is unknown, which does not prevent the
        declaration. Writes nothing. Misuse as for `declare`, except for its texts, which may still be missing.
        """
        try:
            envelope, free, joined = self._rehearsal(declaration, actor)
        except (LogError, HolderUnread) as error:
            return Foreseen(untold=str(error))
        return foresee(envelope, free, joined)

    def foresee_rotations(self, runs: Sequence[Declaration], actor: Actor) -> list[tuple[Rotating, ...]]:
        """What planned rotations would do to each secret if `actor` began them now, one after another. Writes nothing.
        Misuse as for `declare`.
        """
        taken, plans = list(at_work(self.event_log, self.clock()).taken), list[tuple[Rotating, ...]]()
        for declaration in runs:
            envelope, free, joined = self._rehearsal(declaration, actor)
            body, waits = envelope.body, ""
            assert isinstance(body, c.Declare)
            wants = having(body.environment, [one.secret for one in body.secrets])
            if found := blocking(wants, taken):
                waits = not_now(wants, found)
            elif body.secrets:
                taken.append(replace(wants, incident=f"the rotation of {', '.join(sorted(wants.secrets))}"))
            plans.append(tuple(foreseen(rehearsed(envelope, free), envelope.at, joined, waits)))
        return plans

    def _rehearsal(self, declaration: Declaration, actor: Actor) -> tuple[c.Envelope, int, dict[str, str]]:
        """The command that it would lead to, the remaining revocations by one responder, and the secrets of open
        incidents.
        """
        at, where = self.clock(), declaration.environment
        wanted = self._wanted(declaration)
        found = holders(self.event_log, wanted, where, "rehearsal", self.resolver.playbook(declaration.playbook).kind)
        words: dict[str, Any] = dict.fromkeys(TEXTS, "rehearsal")
        body = self.resolver.declared("rehearsal", replace(declaration, **words), found.free, at)
        body = with_known(body, found.runs, {run: self.event_log.load(run) for run in found.runs})
        envelope = c.Envelope("rehearsal", at, actor, body)
        return envelope, self.event_log.free_kills(where, at), dict(found.joined)

    # --- doing ------------------------------------------------------------------------------------------------------

    def give(
        self, incident: str, command: PersonCommand, actor: Actor, command_id: str, **more: Unpack[More]
    ) -> CommandReply:
        """Gives any command of a person to the named incident, or for a declaration to the one of its id."""
        if isinstance(command, OfInstallation):
            raise Misuse("This is decided for the whole installation, not in an incident.")
        match command:
            case Declaration():
                return self.declare(command, actor, command_id, **more)
            case AddChoice():
                return self.add_secret(incident, command.choice, actor, command_id, **more)
            case c.Merge():
                return self.merge(incident, command, actor, command_id, **more)
            case RedactChoice():
                body = redaction(self.event_log, incident, command)
                return self.do(incident, body, actor, command_id, **more)
            case ReportMessage() | DraftNotice():
                raise Misuse("This worker has no Slack: it reads no messages and files no drafts.")
            case _:
                return self.do(incident, command, actor, command_id, **more)

    def declare(self, declaration: Declaration, actor: Actor, command_id: str, **more: Unpack[More]) -> CommandReply:
        """Opens an incident for the secrets without an open incident; the others are named in `joined`. Planned
        rotations hand their secrets over in the same transaction.

        If all are taken, the reply is the incident with the first of them, and nothing is settled. A departure begins
        anyway, and also without secrets, unless it has an open run in the same environment, which is then the reply. It
        looks up what else the leaver can read, and leaves others' secrets open in it.

        Misuse: no secrets in anything but a departure, an unknown one, an unknown environment or playbook, or a text
        that cannot be recorded (empty, too long, with a secret).
        """
        at = self.clock()
        kind = self.resolver.playbook(declaration.playbook).kind
        departs = kind is RunKind.DEPARTURE
        if not declaration.secrets and not departs:
            raise Misuse("A declaration names at least one secret.")
        if kind.planned and actor != BOT:
            demand(actor, Right.COMMAND if departs else Right.RESPOND)
        wanted = self._wanted(declaration)
        for attempt in range(ID_ATTEMPTS):
            incident = incident_id(command_id, attempt)
            found = holders(self.event_log, wanted, declaration.environment, incident, kind)
            joined = tuple(found.joined)
            begun = self._departures(declaration, incident) if departs else ()
            if not found.free and (begun or not departs):
                having_it = [one for one in found.joined.values() if one in begun or not departs]
                return CommandReply(self.event_log.load((*having_it, *begun)[0]), (), joined=joined)
            body = self.resolver.declared(incident, declaration, found.free, at)
            if departs:
                left = found.left_alone({*begun, incident}, partial(kept_from_slack, self.event_log))
                body = replace(body, left_alone=(*body.left_alone, *left))
            given = self._given(incident, kind, body)
            envelope = c.Envelope(command_id, at, actor, body)
            try:
                decision = self.event_log.execute(
                    incident, envelope, takes=found.takes(body), given=given, **self._with(more, joined, declares=True)
                )
            except (SecretTaken, RunChanged):
                # In this very moment someone declared something, or a run ended: look again, then join theirs.
                return self.declare(declaration, actor, command_id, **more)
            if decision.events:
                return self._reply(decision, joined)
        raise Misuse("No free incident id was found; declare again.")

    def _wanted(self, declaration: Declaration) -> tuple[c.Wanted, ...]:
        planned = self.resolver.playbook(declaration.playbook).kind.planned
        return tuple(self._one_wanted(one, declaration, planned=planned) for one in declaration.secrets)

    def _one_wanted(self, choice: SecretChoice, told: Told, *, planned: bool) -> c.Wanted:
        comes = new_comes(self.event_log, choice, told.environment)
        return self.resolver.wanted(choice, told, planned=planned, comes=comes)

    def _added(self, state: Incident, choice: SecretChoice) -> c.AddSecret:
        return c.AddSecret(self._one_wanted(choice, state, planned=state.routine))

    def _departures(self, declaration: Declaration, incident: str) -> tuple[str, ...]:
        """The open runs of the same departure in the same environment, except `incident`, the newest first."""
        runs = [
            one.incident
            for one in self.event_log.incidents("open")
            if one.kind == RunKind.DEPARTURE and one.environment == declaration.environment
        ]
        states = [self.event_log.look(run).incident for run in runs if run != incident]
        return tuple(
            one.id for one in states if one.departure is not None and one.departure.leaver.name == declaration.leaver
        )

    def _given(self, incident: str, kind: RunKind, body: c.Declare) -> Mapping[tuple[str, str], str] | None:
        """The conditions for beginning a planned rotation; None for all else. NotNow while another run or an incident
        works at its provider. A run that has begun is not affected by later changes.
        """
        if kind is not RunKind.ROTATION or self.event_log.summary(incident) is not None:
            return None
        found = at_work(self.event_log, self.clock())
        demand_free(having(body.environment, [one.secret for one in body.secrets]), found.besides(incident))
        return found.holders

    def rotate(
        self, name: str, environment: str, actor: Actor, command_id: str, *, overlap: float | None = None,
        because: str = "",
    ) -> CommandReply:  # fmt: skip
        """Begins a planned rotation: the same command id, the same run. `joined` of the reply names what an open
        incident or another run has. Misuse as for `declare`, NotNow while something else is at work there.
        """
        declaration = self.resolver.rotation(name, environment, overlap=overlap, because=because)
        return self.declare(declaration, actor, command_id)

    def _with(self, more: More, joined: tuple[str, ...] = (), *, declares: bool = False, rows: int = 1) -> _Executed:
        """What the event log gets. A declaration whose id is taken by another incident uses its next id."""
        also, settle = more.get("also", ()), more.get("settle")
        if settle is None:
            return {"also": also, "settle": None}
        return {
            "also": also,
            "settle": lambda connection, decision: (
                settle(connection, self._reply(decision, joined, rows)) if decision.events or not declares else None
            ),
        }

    def add_secret(
        self, incident: str, choice: SecretChoice, actor: Actor, command_id: str, **more: Unpack[More]
    ) -> CommandReply:
        """Adds a catalogued secret to an open incident; a planned rotation that has it hands it over. SecretTaken if
        another incident has it.
        """
        state = self.event_log.load(incident)
        body = self._added(state, choice)
        envelope = c.Envelope(command_id, self.clock(), actor, body)
        declined = any(isinstance(event, CommandRefused) for event in decide(state, envelope))
        found = holders(self.event_log, (body.wanted,), state.environment, incident, state.kind)
        takes = None if declined else found.takes(body)
        try:
            decision = self.event_log.execute(incident, envelope, takes=takes, **self._with(more))
        except RunChanged:
            return self.add_secret(incident, choice, actor, command_id, **more)
        return self._reply(decision)

    def merge(
        self, incident: str, command: c.Merge, actor: Actor, command_id: str, **more: Unpack[More]
    ) -> CommandReply:
        """Hands all secrets of a duplicate over to the incident that is named, and closes it with that: both in one
        transaction. Declined where the two do not fit; what the rules of either refuse, its log says. Misuse: no such
        incident.
        """
        duplicate, target = self.event_log.load(incident), self.event_log.load(command.into)
        if decide(duplicate, c.Envelope(command_id, self.clock(), actor, command)):
            return self.do(incident, command, actor, command_id, **more)
        if why := merges_into(duplicate, target):
            raise Declined(f"Not merged: {why}. Nothing changed.")
        envelope = c.Envelope(command_id, self.clock(), actor, taken_in(duplicate))
        refused = any(isinstance(event, CommandRefused) for event in decide(target, envelope))
        takes = Takes({incident: tuple(duplicate.secrets)}, lambda states: taken_in(states[incident]), command.reason)
        try:
            decision = self.event_log.execute(target.id, envelope, takes=None if refused else takes, **self._with(more))
        except RunChanged:
            return self.merge(incident, command, actor, command_id, **more)
        return self._reply(decision)

    def do(self, incident: str, body: c.Act, actor: Actor, command_id: str, **more: Unpack[More]) -> CommandReply:
        """Gives a command to an incident; `refused` of the reply says what the rules decline. Misuse: no such one."""
        command = c.as_command(body)
        envelope = c.Envelope(command_id, self.clock(), actor, command)
        rows = len(c.acts_of(command))
        decision = self.event_log.execute(incident, envelope, **self._with(more, rows=rows))
        return self._reply(decision, rows=rows)

    def rehearse(self, incident: str, command: PersonCommand, actor: Actor) -> str:
        """Why the rules would decline this now, regardless of `actor`'s rights; empty if they would not. Writes
        nothing.

        The worker checks rights, because it has the people file. Misuse as for `declare` and `do`.
        """
        if isinstance(command, OfInstallation):
            return ""
        match command:
            case Declaration():
                at = self.clock()
                begins = self.resolver.declared("rehearsal", command, self._wanted(command), at)
                decide(None, c.Envelope("rehearsal", at, actor, begins))
                return ""
            case AddChoice():
                body: c.Command = self._added(self.event_log.load(incident), command.choice)
            case RedactChoice():
                body = redaction(self.event_log, incident, command)
            case ReportMessage() | DraftNotice():
                return ""
            case _:
                body = c.as_command(command)
        entitled = replace(actor, rights=frozenset(Right))
        envelope = c.Envelope("rehearsal", self.clock(), entitled, body)
        events = decide(self.event_log.look(incident).incident, envelope)
        return " ".join(event.reason for event in events if isinstance(event, CommandRefused))

    def _reply(self, decision: Decision, joined: tuple[str, ...] = (), rows: int = 1) -> CommandReply:
        """If some of several `rows` are declined, it says that the others are recorded."""
        assert decision.incident is not None
        refusals = [r.event.reason for r in decision.events if isinstance(r.event, CommandRefused)]
        if 0 < len(refusals) < rows:
            refusals = [f"{rows - len(refusals)} of {rows} answers are recorded.", *refusals]
        return CommandReply(decision.incident, decision.events, " ".join(refusals), decision.repeated, joined)
