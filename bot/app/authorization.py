"""Who may command a worker: how people prove who they are, and whose consent is still valid."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING

from bot.app.askers import sts_of
from bot.errors import Misuse
from bot.eventlog import Damaged
from bot.inbox.hiding import hidden
from bot.inbox.proving import Proofs
from bot.incident.model import OPERATOR, Right
from bot.proofs.aws import AwsCaller, AwsProofs
from bot.proofs.keyed import KeyedProofs
from bot.proofs.ssh import SshProofs

if TYPE_CHECKING:
    from bot.app.application import Application


@dataclass
class Authorization:
    """By this worker's people file, and its log of distrust."""

    app: Application

    def entitled(self, name: str, right: Right) -> bool:
        """Whether a person who consented to a revocation may still do so. Without a people file, the recorded rights
        count; a distrusted person never may. TrustDamaged if distrust is unknown.
        """
        if name == OPERATOR:
            return right is Right.RESPOND  # the operator at the worker's host is not in the file
        person = self.app.files.people.recorded(name)
        if self.app.event_log.trust.current().against(person.name, person.accounts) is not None:
            return False
        return self.app.settings.people is None or self.app.files.people.may(name, right)

    @cached_property
    def proofs(self) -> Proofs:
        """How this worker tells who gives a command."""
        current, *previous = self.app.keys.command_keys
        return Proofs(
            installation=lambda: self.app.keys.installation,
            people=self.app.files.people,
            slack=KeyedProofs.slack(current, tuple(previous)),
            at_worker=KeyedProofs.at_worker(self.app.keys.worker_keys[0]),
            aws=AwsProofs(self.app.outside.vault, sts_of(self.app.settings), compromised=self._compromised),
            ssh=SshProofs(self.app.files.people),
            word=self.app.settings.environment == "development",
            trust=self.app.event_log.trust.current,
            hidden=partial(hidden, self.app.event_log),
        )

    def _compromised(self, caller: AwsCaller) -> str:
        """Why a proof by these AWS credentials is refused; empty if it is not."""
        for incident in self.app.event_log.open_incidents():
            with suppress(Damaged, Misuse):
                # Of a damaged one what could last be read counts: nothing is unsaid by that.
                for secret in self.app.event_log.look(incident).incident.secrets.values():
                    if caller.key_id in {secret.old.key_id, *(ref.id for ref in secret.old.candidates)}:
                        return f"It is signed with an access key that {incident} handles."
                    user = secret.entry.options.get("user", "")
                    if secret.entry.provider == "aws-iam" and user and _is_user(caller.arn, user):
                        return f"It is signed by the user whose key {incident} handles."
        return ""


def _is_user(arn: str, name: str) -> bool:
    """Whether it is the IAM user of this name, with any path: users of one account never differ by that alone."""
    return ":user/" in arn and arn.rpartition("/")[2].casefold() == name.casefold()
