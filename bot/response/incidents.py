"""What responders can ask for: here every request of a person, from Slack or a terminal, becomes a command.

It decides with its own catalog and playbooks, so only a worker decides here; a process that serves Slack alone and a
terminal without the worker's work read here, and rehearse what a worker will decide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import Connection

from bot.alerts import CallHarmless, EndTriage
from bot.errors import Misuse
from bot.eventlog import Decision, Looked, RunChanged, SecretTaken, Summary
from bot.eventlog.chain import StoredEvent
from bot.eventlog.sql import EventLog
from bot.incident import commands as c
from bot.incident.codec import encode
from bot.incident.decide import decide
from bot.incident.declaration.consequences import Foreseen
from bot.incident.events import CommandProven, CommandRefused, Event, Recorded, kind_of
from bot.incident.model import BOT, Actor, Cut, LeftAlone, Right, Strategy, Target, TargetKind
from bot.incident.overlap.strategy import ONE_AT_A_TIME, Proposed, incident_id, propose
from bot.incident.record.redaction import without_texts
from bot.incident.refusals import Declined, clean, demand
from bot.incident.rehearsal import foresee, rehearsed
from bot.incident.routine.foreseen import Rotating, foreseen
from bot.incident.state import Incident
from bot.model.departures import Leaver
from bot.model.obligations import Obligation
from bot.model.playbooks import Playbook, RunKind
from bot.model.secrets import SecretEntry
from bot.model.standing import StandingApproval
from bot.model.timings import Timings
from bot.playbook.catalog import Catalog, CatalogEntry
from bot.playbook.departures import for_leaver
from bot.programme.commands import ProgrammeFromPeople
from bot.programme.rotatable import blocking
from bot.response.declaration import AddChoice, Declaration, RedactChoice, SecretChoice
from bot.response.messages import AddMessage, ReportMessage
from bot.response.rotating import at_work, demand_free, having, not_now
from bot.response.takeover import holders, with_known
from bot.response.wire import PersonCommand
from bot.trust import Depart, Distrust, Trust

ROTATION = "rotation"
"""The id of the shipped playbook for planned rotations."""
DAY = 24 * 3600.0
FEW = 3
"""Up to so many secrets, an incident is called by their names."""
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


def rotated(entry: SecretEntry, choice: SecretChoice) -> c.Wanted:
    """How a secret is replaced as planned: with an overlap wherever its provider can hold both values."""
    strategy = Strategy.KILL_FIRST if entry.capabilities.swaps else Strategy.OVERLAP
    reason = choice.reason.rstrip(".") or "It is rotated as planned"
    reason += f"; {ONE_AT_A_TIME}." if entry.capabilities.swaps else ": the new value serves before the old one ends."
    return c.Wanted(entry, choice.target or Target(TargetKind.ASSUMED), strategy, reason)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Incidents:
    """`freeze` turns a catalog entry into what an incident carries, with the provider's capabilities. `overlap` is that
    of planned rotations, in seconds; `standing` the approval in force for an environment's secret at a time.
    """

    def __init__(
        self,
        event_log: EventLog,
        catalog: Catalog,
        playbooks: Mapping[str, Playbook],
        timings: Timings,
        freeze: Callable[[CatalogEntry], SecretEntry],
        clock: Callable[[], datetime] = _utc_now,
        obligations: tuple[Obligation, ...] = (),
        *,
        overlap: float = DAY,
        standing: Callable[[str, str, datetime], StandingApproval | None] = lambda *_: None,
    ) -> None:
        self.event_log = event_log
        self.catalog = catalog
        self.playbooks = playbooks
        self.timings = timings
        self.freeze = freeze
        self.clock = clock
        self.obligations = obligations
        self.overlap = overlap
        self.standing = standing

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

    def events(self, incident: str) -> list[Recorded]:
        """The whole timeline. Misuse if there is no such incident."""
        self.event_log.load(incident)
        return self.event_log.events(incident)

    def proposal(self, name: str, environment: str, *, public: bool) -> Proposed:
        """The strategy to propose for a catalogued secret, with its reason."""
        return propose(self.freeze(self.catalog.entry(name, environment)), public=public)

    def foresee(self, declaration: Declaration, actor: Actor) -> Foreseen:
        """What this declaration would bring about if `actor` made it now. Writes nothing. Misuse as for `declare`, but
        for its texts, which may still be missing.
        """
        envelope, free, joined = self._rehearsal(declaration, actor)
        return foresee(envelope, free, joined)

    def foresee_rotations(self, runs: Sequence[Declaration], actor: Actor) -> list[tuple[Rotating, ...]]:
        """What planned rotations would do to each secret if `actor` began them now, one after another. Writes nothing.
        Misuse as for `declare`.
        """
        taken, plans = list(at_work(self.event_log).taken), list[tuple[Rotating, ...]]()
        for declaration in runs:
            envelope, free, joined = self._rehearsal(declaration, actor)
            body, waits = envelope.body, ""
            assert isinstance(body, c.Declare)
            wants = having(body.environment, [one.secret for one in body.secrets])
            if found := blocking(wants, taken):
                waits = not_now(wants, found)
            elif body.secrets:
                taken.append(replace(wants, incident=f"the rotation of {', '.join(sorted(wants.secrets))}"))
            plans.append(foreseen(rehearsed(envelope, free), envelope.at, joined, waits))
        return plans

    def _rehearsal(self, declaration: Declaration, actor: Actor) -> tuple[c.Envelope, int, dict[str, str]]:
        """The command that it would lead to, the kills by one responder that are left, and what open incidents have."""
        at, where = self.clock(), declaration.environment
        wanted = tuple(self._wanted(one, declaration) for one in declaration.secrets)
        found = holders(self.event_log, wanted, where, "rehearsal", self._playbook(declaration.playbook).kind)
        told = replace(declaration, notice="rehearsal", title="")
        body = self._body("rehearsal", told, found.free, at)
        body = with_known(body, found.runs, {run: self.event_log.load(run) for run in found.runs})
        envelope = c.Envelope("rehearsal", at, actor, body)
        return envelope, self.event_log.free_kills(where, at), dict(found.joined)

    def rotation_playbook(self) -> str:
        """The id of the playbook for planned rotations: the only one of its kind, or the shipped one of several. Misuse
        where there is none, or none can be told.
        """
        found = [name for name, playbook in self.playbooks.items() if playbook.kind is RunKind.ROTATION]
        if len(found) == 1 or ROTATION in found:
            return ROTATION if ROTATION in found else found[0]
        if not found:
            raise Misuse("There is no playbook of the kind rotation: BOT_PLAYBOOKS has to hold one.")
        raise Misuse(f"Several playbooks are of the kind rotation: {', '.join(found)}. Call the one to use {ROTATION}.")

    def rotation(self, name: str, environment: str, *, overlap: float | None = None, because: str = "") -> Declaration:
        """The declaration of a planned rotation of one secret, and of those that its end takes along. Misuse for an
        unknown name or environment.
        """
        tied = self.catalog.tied(self.catalog.entry(name, environment))
        return Declaration(
            environment,
            tuple(SecretChoice(entry.name) for entry in tied),
            because or "It is rotated as planned.",
            playbook=self.rotation_playbook(),
            overlap=overlap,
        )

    # --- doing ------------------------------------------------------------------------------------------------------

    def give(
        self, incident: str, command: PersonCommand, actor: Actor, command_id: str, *, also: Sequence[Event] = (),
        settle: Settle | None = None,
    ) -> CommandReply:  # fmt: skip
        """Any request of a person, for the incident named or, of a declaration, for that which its id leads to.

        `also` follows the events that come of it.
        """
        if isinstance(command, ProgrammeFromPeople):
            raise Misuse("Planned rotations are decided about for the whole installation, and not in an incident.")
        match command:
            case Declaration():
                return self.declare(command, actor, command_id, also=also, settle=settle)
            case AddChoice():
                return self.add_secret(incident, command.choice, actor, command_id, also=also, settle=settle)
            case RedactChoice():
                body = self._redaction(incident, command)
                return self.do(incident, body, actor, command_id, also=also, settle=settle)
            case c.SealLog():
                envelope = c.Envelope(command_id, self.clock(), actor, command)
                return self._reply(self.event_log.vouch(incident, envelope, settle=self._settling(settle)))
            case ReportMessage() | AddMessage():
                raise Misuse("Nobody reads messages here: this worker has no Slack.")
            case Distrust() | Trust() | Depart() | CallHarmless() | EndTriage():
                raise Misuse("This is decided for the whole installation, and not in an incident.")
            case _:
                return self.do(incident, command, actor, command_id, also=also, settle=settle)

    def declare(
        self, declaration: Declaration, actor: Actor, command_id: str, *, also: Sequence[Event] = (),
        settle: Settle | None = None,
    ) -> CommandReply:  # fmt: skip
        """Opens an incident for the secrets that no open incident deals with; the others are named in `joined`. What
        planned rotations have of them they hand over, in the same transaction.

        If all are taken, the reply is the incident that has the first of them, and nothing is settled. Misuse: no
        secrets, an unknown one, an unknown environment or playbook, or a text that cannot be recorded (empty, too long,
        a secret in it).
        """
        at = self.clock()
        if not declaration.secrets:
            raise Misuse("A declaration names at least one secret.")
        kind = self._playbook(declaration.playbook).kind
        if kind.planned and actor != BOT:
            demand(actor, Right.COMMAND if kind is RunKind.DEPARTURE else Right.RESPOND)
        wanted = tuple(self._wanted(choice, declaration) for choice in declaration.secrets)
        for attempt in range(ID_ATTEMPTS):
            incident = incident_id(command_id, attempt)
            found = holders(self.event_log, wanted, declaration.environment, incident, kind)
            joined = tuple(found.joined)
            if not found.free:
                return CommandReply(self.event_log.load(next(iter(found.joined.values()))), (), joined=joined)
            body = self._body(incident, declaration, found.free, at)
            given = self._given(incident, kind, body)
            envelope = c.Envelope(command_id, at, actor, body)
            settling = self._settling(settle, joined, declares=True)
            try:
                decision = self.event_log.execute(
                    incident, envelope, settle=settling, also=also, takes=found.takes(body), given=given
                )
            except (SecretTaken, RunChanged):
                # In this very moment somebody declared something, or a run ended: look again, then join theirs.
                return self.declare(declaration, actor, command_id, also=also, settle=settle)
            if decision.events:
                return self._reply(decision, joined)
        raise Misuse("No free incident id was found; declare again.")

    def _given(self, incident: str, kind: RunKind, body: c.Declare) -> Mapping[tuple[str, str], str] | None:
        """What a planned rotation's beginning rests on; None for all else. NotNow while another run or an incident is
        at work at its provider. One that has begun has begun, whatever came after it.
        """
        if kind is not RunKind.ROTATION or self.event_log.summary(incident) is not None:
            return None
        found = at_work(self.event_log)
        demand_free(having(body.environment, [one.secret for one in body.secrets]), found.besides(incident))
        return found.holders

    def rotate(
        self, name: str, environment: str, actor: Actor, command_id: str, *, overlap: float | None = None,
        because: str = "",
    ) -> CommandReply:  # fmt: skip
        """Begins a planned rotation: the same command id, the same run. `joined` of the reply names what an open
        incident or another run has. Misuse as for `declare`, NotNow while something else is at work there.
        """
        return self.declare(self.rotation(name, environment, overlap=overlap, because=because), actor, command_id)

    def _settling(
        self, settle: Settle | None, joined: tuple[str, ...] = (), *, declares: bool = False
    ) -> Callable[[Connection, Decision], None] | None:
        """What the event_log calls. A declaration that met an incident of the same id goes on to its next id."""
        if settle is None:
            return None
        return lambda connection, decision: (
            settle(connection, self._reply(decision, joined)) if decision.events or not declares else None
        )

    def _wanted(self, choice: SecretChoice, declaration: Declaration) -> c.Wanted:
        entry = self.freeze(self.catalog.entry(choice.name, declaration.environment))
        if self._playbook(declaration.playbook).kind.planned:
            return rotated(entry, choice)
        proposed = propose(entry, public=declaration.public)
        strategy = choice.strategy or proposed.strategy
        if strategy is Strategy.OVERLAP and entry.capabilities.swaps:
            raise Misuse(f"{choice.name} cannot overlap: {ONE_AT_A_TIME}. Declare it as {Strategy.KILL_FIRST}.")
        reason = choice.reason or (proposed.reason if strategy is proposed.strategy else "Chosen by the responder.")
        target = choice.target or Target(TargetKind.ASSUMED)
        return c.Wanted(entry, target, strategy, reason, choice.replace)

    def _body(self, incident: str, declaration: Declaration, wanted: tuple[c.Wanted, ...], at: datetime) -> c.Declare:
        playbook = self._playbook(declaration.playbook)
        routine, leaver = playbook.kind.planned, self._leaver(declaration, playbook)
        if leaver is not None:
            playbook = for_leaver(playbook, leaver, [one.secret for one in wanted])
        few = ", ".join(one.secret.name for one in wanted)
        names = few if len(wanted) <= FEW else f"{len(wanted)} {declaration.environment} secrets"
        try:
            notice = clean(declaration.notice, "notice")
            became = "rotated" if routine else "compromised"
            names, became = (leaver.name, "leaves") if leaver is not None else (names, became)
            title = clean(declaration.title, "title") if declaration.title else f"{names} {became}"
        except Declined as declined:
            raise Misuse(str(declined)) from None
        return c.Declare(
            incident=incident,
            environment=declaration.environment,
            title=title,
            notice=notice,
            public=declaration.public and not routine,
            playbook=playbook,
            timings=self._timings(declaration, wanted, at) if routine else self.timings,
            secrets=wanted,
            detected_at=declaration.detected_at or at,
            exposed_at=declaration.exposed_at,
            slack_untrusted=declaration.slack_untrusted,
            obligations=() if routine else self.obligations,
            standing=self._standing(declaration, wanted, at) if playbook.kind is RunKind.ROTATION else None,
            leaver=leaver,
            left_alone=self._left_alone(declaration),
        )

    def _leaver(self, declaration: Declaration, playbook: Playbook) -> Leaver | None:
        """Whose departure it is, with the accounts that they had when it was said that they leave. Misuse where nobody
        has said so: then their rights and consents still count.
        """
        if playbook.kind is not RunKind.DEPARTURE:
            return None
        name = declaration.leaver
        lost = self.event_log.trust.current().lost.get(name)
        if lost is None or not lost.left:
            raise Misuse(
                f"Nobody has said that {name or 'anybody'} leaves: `bot departure NAME` does, and begins this."
            )
        return Leaver(name, next((account for account in lost.accounts if account.startswith("arn:")), ""))

    def _playbook(self, name: str) -> Playbook:
        playbook = self.playbooks.get(name)
        if playbook is None:
            raise Misuse(f"There is no playbook {name!r}; known: {', '.join(self.playbooks)}.")
        return playbook

    def _standing(
        self, declaration: Declaration, wanted: tuple[c.Wanted, ...], at: datetime
    ) -> StandingApproval | None:
        """Of several that cover secrets of one run, the first."""
        found = (self.standing(declaration.environment, one.secret.name, at) for one in wanted)
        return next(filter(None, found), None)

    def _timings(self, declaration: Declaration, wanted: tuple[c.Wanted, ...], at: datetime) -> Timings:
        """Those of a planned rotation: the longest overlap that catalog, settings or standing approval ask for, unless
        somebody names one. Who is asked has a day to answer, or the overlap where that is longer.
        """
        overlap = declaration.overlap
        if overlap is None:
            where, standing = declaration.environment, self._standing(declaration, wanted, at)
            asked = [self.catalog.entry(one.secret.name, where).policy.overlap or self.overlap for one in wanted]
            overlap = max([*asked, standing.overlap if standing is not None else 0.0])
        return replace(self.timings, overlap=overlap, approval_expires=max(overlap, DAY))

    def _left_alone(self, declaration: Declaration) -> tuple[LeftAlone, ...]:
        """Each once, and none that is declared all the same. Misuse for a name that is not in the catalog."""
        declared = {choice.name for choice in declaration.secrets}
        left = {one.name: one for one in declaration.left_alone if one.name not in declared}
        for name in left:
            self.catalog.entry(name, declaration.environment)
        return tuple(left.values())

    def add_secret(
        self, incident: str, choice: SecretChoice, actor: Actor, command_id: str, *, also: Sequence[Event] = (),
        settle: Settle | None = None,
    ) -> CommandReply:  # fmt: skip
        """Adds a catalogued secret to an open incident; a planned rotation that has it hands it over. SecretTaken if
        another incident has it.
        """
        body, state = self._added(incident, choice), self.event_log.load(incident)
        envelope = c.Envelope(command_id, self.clock(), actor, body)
        declined = any(isinstance(event, CommandRefused) for event in decide(state, envelope))
        found = holders(self.event_log, (body.wanted,), state.environment, incident, state.kind)
        takes = None if declined else found.takes(body)
        try:
            decision = self.event_log.execute(incident, envelope, settle=self._settling(settle), also=also, takes=takes)
        except RunChanged:
            return self.add_secret(incident, choice, actor, command_id, also=also, settle=settle)
        return self._reply(decision)

    def _added(self, incident: str, choice: SecretChoice) -> c.AddSecret:
        state = self.event_log.load(incident)
        if state.routine:
            return c.AddSecret(rotated(self.freeze(self.catalog.entry(choice.name, state.environment)), choice))
        declaration = Declaration(state.environment, (choice,), state.notice, public=state.public)
        return c.AddSecret(self._wanted(choice, declaration))

    def _redaction(self, incident: str, choice: RedactChoice) -> c.Redact:
        """What would be left of the events, and of the proofs that came with their commands and repeat their words.
        Misuse for one that is not there, or holds nobody's words.
        """
        rows = {row.seq: row for row in self.event_log.rows(incident)}
        cuts: dict[int, Cut] = {}
        for number in choice.events:
            row = rows.get(number)
            if row is None:
                raise Misuse(f"{incident} has no event {number}: `bot timeline {incident} --all` has their numbers.")
            cut = _cut(row)
            if cut is None:
                raise Misuse(
                    f"Event {number} ({row.kind}) of {incident} holds nobody's words: nothing can be taken out."
                )
            cuts[number] = cut
            cuts |= {proof.seq: proof for proof in _proofs_of(rows, number)}
        return c.Redact(tuple(cuts[number] for number in sorted(cuts)), choice.reason)

    def do(
        self, incident: str, body: c.Command, actor: Actor, command_id: str, *, also: Sequence[Event] = (),
        settle: Settle | None = None,
    ) -> CommandReply:  # fmt: skip
        """Gives a command to an incident; `refused` of the reply says what the rules decline. Misuse: no such one."""
        envelope = c.Envelope(command_id, self.clock(), actor, body)
        return self._reply(self.event_log.execute(incident, envelope, settle=self._settling(settle), also=also))

    def rehearse(self, incident: str, command: PersonCommand, actor: Actor) -> str:
        """Why the rules would decline this now, whatever rights `actor` has; empty if they would not. Writes nothing.

        Rights are the worker's matter, which has the people file. Misuse as for `declare` and `do`.
        """
        if isinstance(command, ProgrammeFromPeople):
            return ""
        match command:
            case Declaration():
                wanted = tuple(self._wanted(choice, command) for choice in command.secrets)
                self._body(incident, command, wanted, self.clock())
                return ""
            case AddChoice():
                body: c.Command = self._added(incident, command.choice)
            case RedactChoice():
                body = self._redaction(incident, command)
            case (
                c.SealLog() | Distrust() | Trust() | Depart() | ReportMessage() | AddMessage() | CallHarmless()
                | EndTriage()
            ):  # fmt: skip
                return ""
            case _:
                body = command
        entitled = replace(actor, rights=frozenset(Right))
        envelope = c.Envelope("rehearsal", self.clock(), entitled, body)
        events = decide(self.event_log.look(incident).incident, envelope)
        return " ".join(event.reason for event in events if isinstance(event, CommandRefused))

    def _reply(self, decision: Decision, joined: tuple[str, ...] = ()) -> CommandReply:
        assert decision.incident is not None
        refusals = [r.event.reason for r in decision.events if isinstance(r.event, CommandRefused)]
        return CommandReply(decision.incident, decision.events, " ".join(refusals), decision.repeated, joined)


def _cut(row: StoredEvent) -> Cut | None:
    """What is to be left of the event; None if it holds nobody's words, or none any more."""
    left = without_texts(row.recorded().event)
    return Cut(row.seq, row.kind, row.data_digest, encode(left)) if left is not None else None


def _proofs_of(rows: Mapping[int, StoredEvent], number: int) -> Iterator[Cut]:
    """Those of the command that the event came of."""
    after = number + 1
    while after in rows and rows[after].command_id is None:
        if rows[after].kind == kind_of(CommandProven) and (cut := _cut(rows[after])) is not None:
            yield cut
        after += 1
