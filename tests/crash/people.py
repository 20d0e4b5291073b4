"""Ada and Ben: what only people do in an incident, by the inbox, as a front or a terminal puts it there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.app import Application
from bot.inbox import Asker, Client, PersonCommand
from bot.incident import commands as c
from bot.incident.access.readers import not_looked_up
from bot.incident.closing.open_items import acceptable, left_digest
from bot.incident.lanes import new_lane
from bot.incident.model import CheckOutcome, StepState
from bot.incident.state import Incident, SecretState
from tests.support.consents import SHOWN, shown
from tests.support.practice import ADA, BEN, STRIPE, Practice


@dataclass
class People:
    """Ada and Ben, who do what only people do, once each, and wait for the answers before they look again.

    `askers` says how each of them proves who it is. `singly`: proofs that are checked beside each other keep no order,
    so there one thing is asked for at a time. `asked` are the ids of all commands, in their order.
    """

    world: Practice
    client: Client
    app: Application
    askers: Mapping[str, Asker]
    singly: bool = False
    kills: bool = False
    returns: bool = False
    """Whether they roll every secret back and promote it again, before they agree to a kill."""
    done: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    _open: list[str] = field(default_factory=list)
    _queue: list[tuple[str, PersonCommand, str, str]] = field(default_factory=list)

    def ask(self, incident: str, command: PersonCommand, command_id: str, by: str = ADA.name) -> None:
        """Puts it into the inbox, behind what has been asked for already."""
        self._queue.append((incident, command, by, command_id))
        self.listen()

    def listen(self) -> bool:
        """Reads answers, and asks for what waited for them; whether nothing is open any more."""
        for command_id in list(self._open):
            answer = self.client.answer(command_id, 0)
            if answer is not None:
                assert answer.accepted, answer.reason
                self._open.remove(command_id)
        while self._queue and not (self.singly and self._open):
            incident, command, by, command_id = self._queue.pop(0)
            self.client.put(incident, command, self.askers[by], command_id)
            self.asked.append(command_id)
            self._open.append(command_id)
        return not self._open

    def act(self, incident: Incident) -> None:
        if not self.listen():
            return
        returned = [self._returned(incident, secret) for secret in incident.secrets.values()] if self.returns else []
        if incident.request is not None and all(returned) and self._once(f"approve {incident.request.at}"):
            self._do(incident, c.ApprovePlan(incident.request.digest), BEN)
        if STRIPE in incident.secrets:
            self._stripe(incident)
        for secret in incident.secrets.values():
            if self.kills and secret.old.baseline_at and self._once(f"kill {secret.name}"):
                self._do(incident, c.KillNow(secret.name, SHOWN))
            self._settle(incident, secret)
        looked_up = not any(not_looked_up(incident, secret) for secret in incident.secrets.values())
        left = [s for s in incident.secrets.values() if not s.settled or s.open_checks or s.open_copies]
        if not left and looked_up:
            self._close(incident)

    def _returned(self, incident: Incident, secret: SecretState) -> bool:
        """Whether it has been rolled back and retried; each is asked for when its time has come."""
        if secret.in_place and self._once(f"roll back {secret.name}"):
            self._do(incident, c.RollBack(secret.name, "practice"))
        elif secret.new.back_since is not None and self._once(f"retry {secret.name}"):
            self._do(incident, c.Retry(new_lane(secret.name)))
        return f"retry {secret.name}" in self.done

    def _stripe(self, incident: Incident) -> None:
        secret = incident.secrets[STRIPE]
        if secret.old.snapshot_at and self._once("submit"):
            token = self.world.submit(incident.id, STRIPE, self.world.stripe.add_key("by hand").value)
            self._do(incident, c.AnnounceSubmission(STRIPE, token))
        if secret.in_place and self._once("expire"):
            self.world.stripe.expire(next(k for k in self.world.stripe.all_keys() if k.value == self.world.old[STRIPE]))
            self._do(incident, c.ConfirmRevoked(STRIPE))

    def _settle(self, incident: Incident, secret: SecretState) -> None:
        """Looks for what may outlive the key, once the machine has read what it can."""
        if not secret.gone or (secret.entry.inspects and secret.inspected_at is None):
            return
        for check in secret.open_checks:
            if self._once(f"check {secret.name} {check.item}"):
                self._do(incident, c.EndCheck(secret.name, check.item, CheckOutcome.CLEAR, "all of it is ours"))

    def _close(self, incident: Incident) -> None:
        if self._once("report"):
            self._do(incident, c.RequestReport())
            return
        waiting = [step for step in incident.steps if step.state not in {StepState.DONE, StepState.SKIPPED}]
        if incident.report.written_at is not None and self._once("skip"):
            for step in waiting:
                self._do(incident, c.SkipStep(step.definition.id, "practice"))
        elif incident.report.written_at is not None and not waiting and self._once("close"):
            left = acceptable(incident)
            self._do(incident, c.Close("practice", tuple(item.key for item in left), left_digest(left)))

    def _once(self, what: str) -> bool:
        new = what not in self.done
        self.done.add(what)
        return new

    def _do(self, incident: Incident, body: PersonCommand, by=ADA) -> None:
        name = f"{type(body).__name__}-{len(self.done)}-{getattr(body, 'step', '')}"
        self.ask(incident.id, shown(incident, body), f"{incident.id}-{name}", by.name)
