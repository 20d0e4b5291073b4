"""The client: how a front or a terminal gives a command. It writes only commands, and only into the inbox.

It rehearses a command with the rules first, to show mistakes at once; the worker's decision counts.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime

from bot.errors import BotError, Misuse
from bot.eventlog import CommandAnswer, InboxRow
from bot.eventlog.forms import format_time
from bot.eventlog.inbox import said_in
from bot.inbox.declaration import Declaration
from bot.inbox.incidents import CommandReply, Incidents
from bot.inbox.turns import aside
from bot.inbox.wire import PersonCommand, encode, secrets_in
from bot.incident.model import Actor
from bot.incident.overlap.strategy import incident_id
from bot.incident.refusals import Declined
from bot.proofs.statement import ProofKind, Statement

PATIENCE = 5.0
"""Seconds to wait for a worker's answer before telling the person that the command waits."""
SHORTEST_GAP, GAP = 0.01, 0.25
"""Seconds between two looks for an answer: the longer it takes, the more."""

ANSWERED_ANOTHER = (
    "Another command has the same id, and the worker answered that one. Check whether yours was carried out; if "
    "not, send it again."
)

type Sign = Callable[[Statement], tuple[ProofKind, str]]
"""Makes the proof of one statement. BotError where none can be made."""


@dataclass(frozen=True)
class Asker:
    """Who asks. `claims` is who they say they are, `actor` who that is by this process's own people file, for the
    rehearsal alone.
    """

    claims: str
    actor: Actor
    sign: Sign


class Waits(BotError):
    """There is no answer yet: the command is stored, and decided as soon as a worker runs."""

    def __init__(self, incident: str, command_id: str) -> None:
        super().__init__(
            f"Saved for {incident}, but no worker has taken it yet. It is decided as soon as one runs (`bot serve` "
            "or `bot work`)."
        )
        self.incident = incident
        self.command_id = command_id


@dataclass
class Client:
    """Gives commands. `installation` gives the id that the last worker published, `living` the running workers;
    `patience` is in seconds.
    """

    incidents: Incidents
    installation: Callable[[], str]
    clock: Callable[[], datetime]
    living: Callable[[], Collection[str]] = lambda: ("unknown",)
    patience: float = PATIENCE
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def unattended(self) -> int:
        """The number of commands that wait without a running worker, to show to people."""
        waits = self.incidents.event_log.inbox.waits()
        return waits if waits and not self.living() else 0

    def declare(self, declaration: Declaration, asker: Asker, command_id: str) -> CommandReply:
        """Opens an incident, as `Incidents.declare`. Misuse with the worker's words if it declines; Waits."""
        reply = self.give(incident_id(command_id), declaration, asker, command_id)
        if reply.refused:
            raise Misuse(reply.refused)
        return reply

    def do(self, incident: str, command: PersonCommand, asker: Asker, command_id: str) -> CommandReply:
        """Gives a command to an incident; `refused` of the reply says why it was declined. Misuse: none such; Waits."""
        self.incidents.event_log.look(incident)
        return self.give(incident, command, asker, command_id)

    def give(self, incident: str, command: PersonCommand, asker: Asker, command_id: str) -> CommandReply:
        """Puts the command into the inbox and waits for the answer."""
        answer = self.ask(incident, command, asker, command_id)
        if answer is None:
            raise Waits(incident, command_id)
        return self.reply(answer)

    def ask(self, incident: str, command: PersonCommand, asker: Asker, command_id: str) -> CommandAnswer | None:
        """The same for a command that need not be about an incident; None if no answer came in time."""
        return self.answer(command_id, self.patience, self.put(incident, command, asker, command_id))

    def put(self, incident: str, command: PersonCommand, asker: Asker, command_id: str, attempt: int = 0) -> str:
        """Puts it into the inbox with a proof of its own; returns the digest of its contents. Declined if it contains
        what looks like a secret: then nothing is written.
        """
        if (found := secrets_in(command)) is not None:
            refusal = self.rehearse(incident, command, asker)
            general = f"This holds what looks like a {found.shape.name}, so it was not recorded. Treat it as leaked."
            raise Declined(refusal or general)
        kind, arguments = encode(command)
        at = format_time(self.clock())
        statement = Statement(self.installation(), incident, command_id, at, asker.claims, kind, arguments)
        proof_kind, proof = asker.sign(statement)
        row = InboxRow(command_id, attempt, incident, at, asker.claims, kind, arguments, proof_kind, proof)
        self.incidents.event_log.inbox.put(row)
        return said_in(row)

    def rehearse(self, incident: str, command: PersonCommand, asker: Asker) -> str:
        """Why the rules would decline this, as far as this process knows; empty if they would not."""
        return self.incidents.rehearse(incident, command, asker.actor)

    def answer(self, command_id: str, seconds: float, said: str = "") -> CommandAnswer | None:
        """A worker's answer, waited for that long at most; None if it has not come. `said` is the digest that `put`
        gave: what answers another command under this id is a refusal.
        """
        begun = self.monotonic()
        while True:
            answer = self.incidents.event_log.inbox.answer(command_id)
            waited = self.monotonic() - begun
            if answer is not None and said and answer.said not in ("", said):
                return replace(answer, accepted=False, reason=ANSWERED_ANOTHER, first=0, last=0, joined=())
            if answer is not None or waited >= seconds:
                return answer
            # Not at each piece of news: while many wait and much happens, that would be their number times its.
            with aside():
                self.sleep(min(max(waited / 4, SHORTEST_GAP), GAP, seconds - waited))

    def reply(self, answer: CommandAnswer) -> CommandReply:
        """The answer in words, with the current incident. Misuse with the reason if there is no incident."""
        try:
            incident = self.incidents.event_log.look(answer.incident).incident
        except Misuse:
            raise Misuse(answer.reason) from None
        log, count = self.incidents.event_log, answer.last - answer.first + 1
        events = log.events(incident.id, answer.first - 1, count) if answer.last else []
        return CommandReply(incident, tuple(events), answer.reason, joined=answer.joined)
