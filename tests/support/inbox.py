"""An inbox with both its ends in one process, for tests of what stands before it: no AWS, the front's key is known."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from bot.errors import BotError
from bot.inbox import Asker, Client, InboxHandler, Incidents
from bot.inbox.decide import CommandDecider
from bot.inbox.hiding import hidden
from bot.inbox.installation import decisions
from bot.inbox.proving import Proofs
from bot.people import People
from bot.proofs.keyed import KeyedProofs
from bot.proofs.ssh import SshProofs
from bot.proofs.statement import ProofKind, ProofRefused
from bot.secrets.secret import Secret

INSTALLATION = "practice"
COMMAND_KEY, WORKER_KEY = Secret("c0" * 32), Secret("11" * 32)


class NoAws:
    """No AWS proof is one."""

    def check(self, *_: object) -> None:
        raise ProofRefused("There is no AWS here.")

    def tidy(self, *_: object) -> None:
        """There is nothing to clear away."""

    def forget(self, *_: object) -> None:
        raise BotError("There is no AWS here.")


@dataclass(frozen=True)
class Inbox:
    """`client` asks, `handler` answers once it is started (or by `handler.round()`)."""

    client: Client
    handler: InboxHandler
    people: People

    def by_slack(self, user: str) -> Asker:
        """A member of the workspace, as the front vouches for them."""
        keyed = KeyedProofs.slack(COMMAND_KEY)
        actor = self.people.by_slack(user).actor
        return Asker(f"slack:{user}", actor, lambda statement: (ProofKind.SLACK, keyed.make(statement)))


def inbox_of(incidents: Incidents, people: People, clock, *, word: bool = False, aws: object = None) -> Inbox:
    proofs = Proofs(
        lambda: INSTALLATION,
        people,
        KeyedProofs.slack(COMMAND_KEY),
        KeyedProofs.at_worker(WORKER_KEY),
        aws or NoAws(),
        SshProofs(people),
        word,
        incidents.event_log.trust.current,
        partial(hidden, incidents.event_log),
    )
    apart = decisions(incidents.event_log, proofs)
    handler = InboxHandler(CommandDecider(incidents, proofs, clock, apart=apart))
    return Inbox(Client(incidents, lambda: INSTALLATION, clock), handler, people)
