"""Ada and Ben: what only people do in an incident."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.app import Application
from bot.incident import commands as c
from bot.incident.model import CheckOutcome, StepState
from bot.incident.plan import request_digest
from bot.incident.state import Incident, SecretState
from bot.response import Desk
from bot.secret import Secret
from tests.support.practice import ADA, BEN, STRIPE, Practice


@dataclass
class People:
    """Ada and Ben, who do what only people do, once each."""

    world: Practice
    desk: Desk
    app: Application
    done: set[str] = field(default_factory=set)

    def act(self, incident: Incident) -> None:
        if incident.request is not None and self._once(f"approve {incident.request.at}"):
            self._do(incident, c.ApprovePlan(request_digest(incident.request.plans)), BEN)
        if STRIPE in incident.secrets:
            self._stripe(incident)
        for secret in incident.secrets.values():
            self._settle(incident, secret)
        if not incident.unfinished and all(seen.after_containment for seen in incident.usage.values()):
            self._close(incident)

    def _stripe(self, incident: Incident) -> None:
        secret = incident.secrets[STRIPE]
        if secret.old.snapshot_at and self._once("submit"):
            inbox = f"/_compromise/inbox/{incident.id}/{STRIPE}/1"
            self.app.vault.stage(f"{inbox}/key", Secret(self.world.stripe.add_key("by hand").value))
            self._do(incident, c.AnnounceSubmission(STRIPE, inbox))
        if secret.restored and self._once("expire"):
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
        elif incident.report.written_at is not None and self._once("close"):
            for step in incident.steps:
                if step.state not in {StepState.DONE, StepState.SKIPPED}:
                    self._do(incident, c.SkipStep(step.definition.id, "practice"))
            self._do(incident, c.Close())

    def _once(self, what: str) -> bool:
        new = what not in self.done
        self.done.add(what)
        return new

    def _do(self, incident: Incident, body: c.Command, by=ADA) -> None:
        reply = self.desk.do(
            incident.id, body, by, f"{type(body).__name__}-{len(self.done)}-{getattr(body, 'step', '')}"
        )
        assert not reply.refused, reply.refused
