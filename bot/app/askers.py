"""Who gives a command: how this process proves it to the worker, and how a worker checks it."""

from __future__ import annotations

import getpass
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import BotError, ConfigurationError, Missing, Misuse, Refused, Unauthorized
from bot.eventlog import Damaged
from bot.inbox import Asker
from bot.inbox.hiding import hidden
from bot.inbox.proving import Proofs
from bot.incident.commands import AddNote, name_of
from bot.incident.model import OPERATOR, Actor, Right
from bot.proofs.aws import AwsCaller, AwsProofs, AwsSigner
from bot.proofs.aws_request import Sts, inbox_parameter
from bot.proofs.keyed import KeyedProofs
from bot.proofs.ssh import SshProofs, sign
from bot.proofs.statement import ProofKind, Statement
from bot.settings.model import Settings
from bot.vault.own import COMMAND_KEY, read_key

if TYPE_CHECKING:
    from bot.app.application import Application

NO_SLACK = "Slack is not trusted now; at a terminal `bot list` says what there is"


def sts_of(settings: Settings) -> Sts:
    """The AWS service by which a caller proves who they are."""
    return Sts.of(settings.aws_endpoint_url, production=settings.production)


@dataclass
class Askers:
    """Everyone who gives a command by this process."""

    app: Application

    def here(self) -> Asker:
        """Who sits at this terminal, and how that is proven: by an SSH key if one is set, else by AWS.

        Where neither is to be had a note can be left; in development someone's word counts.
        """
        if self.app.settings.ssh_key is not None:
            return self._by_ssh(self.app.settings.ssh_key)
        try:
            arn = self.app.outside.caller
        except BotError as error:
            return self._unproven(str(error))
        return Asker(arn, self.app.files.people.by_principal(arn).actor, self._sign_by_aws)

    def _sign_by_aws(self, statement: Statement) -> tuple[ProofKind, str]:
        signer = AwsSigner(self.app.outside.aws, self.app.outside.vault, sts_of(self.app.settings))
        try:
            return ProofKind.AWS, signer.prove(statement, self.app.machine_clock())
        except (Refused, Unauthorized):
            # An earlier attempt is there, unchecked in time, which a responder may not read back.
            with suppress(Unauthorized):
                signer.withdraw(inbox_parameter(statement.command_id))
            return ProofKind.AWS, signer.prove(statement, self.app.machine_clock())

    def _by_ssh(self, key: Path) -> Asker:
        name = self.app.settings.person
        if name is None:
            raise ConfigurationError(
                "An SSH key is named without its owner: name your entry in the people file by --person NAME or "
                "BOT_PERSON."
            )
        known = self.app.files.people.named(name)
        actor = known.actor if known is not None else Actor(name)
        return Asker(name, actor, lambda statement: (ProofKind.SSH, sign(statement, key)))

    def _unproven(self, trouble: str) -> Asker:
        name = self.app.settings.person or f"local:{getpass.getuser()}"
        word = self.app.settings.environment == "development"

        def unproven(statement: Statement) -> tuple[ProofKind, str]:
            if not word and statement.command != name_of(AddNote):
                raise ConfigurationError(
                    f"Cannot determine your identity ({trouble}). A terminal proves it by your AWS identity or an SSH "
                    "key of yours. Sign in to AWS, or use --ssh-key PATH --person NAME (BOT_SSH_KEY, BOT_PERSON). If "
                    "you have neither: `bot revoke … --break-glass --at-worker`, at the worker's own host."
                )
            return ProofKind.NONE, ""

        known = self.app.files.people.named(name)
        return Asker(name, known.actor if word and known is not None else Actor(name), unproven)

    def by_slack(self, user: str) -> Asker:
        """A member of the Slack workspace, for whom this front vouches."""
        return Asker(f"slack:{user}", self.app.files.people.by_slack(user).actor, self._vouch_for)

    def _vouch_for(self, statement: Statement) -> tuple[ProofKind, str]:
        if not self.app.event_log.trust.current().slack:
            raise Refused("slack", "take a command", NO_SLACK)
        return ProofKind.SLACK, self._front_key.make(statement)

    @cached_property
    def _front_key(self) -> KeyedProofs:
        """From the environment, from this process's own worker, or from the parameter that a worker has made."""
        if self.app.settings.command_key is not None:
            return KeyedProofs.slack(self.app.settings.command_key)
        if self.app.event_log.seal is not None:
            return KeyedProofs.slack(self.app.keys.command_keys[0])
        try:
            return KeyedProofs.slack(read_key(self.app.outside.aws, COMMAND_KEY))
        except Missing:
            raise ConfigurationError(
                f"{COMMAND_KEY} does not exist yet. A worker makes it at its first start: start `bot work`, then "
                "try again."
            ) from None

    def at_worker(self) -> Asker:
        """Someone at the worker's own host who can prove nothing else. Unauthorized without the worker key."""
        keyed = KeyedProofs.at_worker(self.app.keys.worker_keys[0])
        actor = Actor(OPERATOR, frozenset({Right.RESPOND}))
        return Asker(OPERATOR, actor, lambda statement: (ProofKind.AT_WORKER, keyed.make(statement)))


# Who may command a worker: how people prove who they are, and whose consent is still valid.


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
