"""Who gives a command: its proof, checked by the worker with its own people file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.errors import BotError
from bot.incident.commands import AddNote, BreakGlass
from bot.incident.events import CommandProven
from bot.incident.model import Actor, Right
from bot.journal import InboxRow
from bot.people import People
from bot.proofs.aws import AwsProofs
from bot.proofs.errors import ProofRefused
from bot.proofs.keyed import KeyedProofs
from bot.proofs.ssh import SshProofs
from bot.proofs.statement import ProofKind, Statement
from bot.response.wire import PersonCommand

OPERATOR = "operator unproven"
"""Who broke glass at the worker's own host, when nobody could prove who they are."""
AT_MOST = timedelta(minutes=15)
"""How old a command from Slack may be when it is decided: what waited longer is asked for anew."""
SLACK = "slack:"


@dataclass(frozen=True)
class Proven:
    """Who it is, and the event that keeps the proof, where it is one that can be checked again or was none at all."""

    actor: Actor
    kept: CommandProven | None = None


@dataclass(frozen=True)
class Proofs:
    """Checks proofs for `installation()`. `word` is True in development, where somebody's word is enough."""

    installation: Callable[[], str]
    people: People
    slack: KeyedProofs
    at_worker: KeyedProofs
    aws: AwsProofs
    ssh: SshProofs
    word: bool = False

    def statement(self, row: InboxRow) -> Statement:
        """What the row's proof must vouch for, by the worker's own knowledge of its installation."""
        return Statement(
            self.installation(), row.incident, row.command_id, row.at, row.claims, row.command, row.arguments
        )

    def check(self, row: InboxRow, command: PersonCommand, now: datetime) -> Proven:
        """Who gives the command. ProofRefused if that is not proven; ProofUnchecked if it could not be checked now."""
        statement = self.statement(row)
        match row.proof_kind:
            case ProofKind.SLACK:
                self.slack.check(statement, row.proof, now, AT_MOST)
                if not row.claims.startswith(SLACK):
                    raise ProofRefused("A front vouches for members of its Slack workspace alone.")
                return Proven(self.people.by_slack(row.claims.removeprefix(SLACK)).actor)
            case ProofKind.AWS:
                caller = self.aws.check(statement, row.proof, now)
                return Proven(self.people.by_principal(caller.arn).actor)
            case ProofKind.SSH:
                person = self.ssh.check(statement, row.proof, now)
                return Proven(person.actor, _kept(statement, ProofKind.SSH, row.proof))
            case ProofKind.AT_WORKER:
                self.at_worker.check(statement, row.proof, now, AT_MOST)
                if not isinstance(command, BreakGlass):
                    raise ProofRefused(
                        "At the worker's host, without a proof of who it is, glass can be broken and no more."
                    )
                return Proven(Actor(OPERATOR, frozenset({Right.RESPOND})), _kept(statement, ProofKind.AT_WORKER))
            case ProofKind.NONE if self.word:
                return Proven(self._believed(row.claims), _kept(statement, ProofKind.NONE))
            case ProofKind.NONE if isinstance(command, AddNote):
                return Proven(Actor(f"{row.claims} (unproven)"))
            case _:
                raise ProofRefused(
                    "Nothing proves who gives this command: sign in to AWS, or name your SSH key with BOT_SSH_KEY."
                )

    def forget(self, row: InboxRow) -> None:
        """Clears away what was left for this proof alone. What fails lies there until somebody tidies the inbox."""
        if row.proof_kind == ProofKind.AWS:
            with suppress(BotError):
                self.aws.forget(row.proof)

    def tidy(self, known: Callable[[ProofKind], Mapping[str, bool]]) -> None:
        """Clears away what nobody forgot. `known` gives the commands of one kind of proof, as `Inbox.known`."""
        self.aws.tidy(lambda: known(ProofKind.AWS))

    def _believed(self, claims: str) -> Actor:
        if claims.startswith(SLACK):
            return self.people.by_slack(claims.removeprefix(SLACK)).actor
        person = self.people.named(claims)
        return (person or self.people.by_principal(claims)).actor


def _kept(statement: Statement, kind: ProofKind, signature: str = "") -> CommandProven:
    told = {
        "installation": statement.installation,
        "at": statement.at,
        "claims": statement.claims,
        "command": statement.command,
        "arguments": statement.arguments,
        "command_id": statement.command_id,
    }
    return CommandProven(kind, told, signature)
