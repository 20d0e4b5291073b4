"""Who gives a command: its proof, checked by the worker with its own people file, and whether their word counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from bot.errors import BotError, Misuse
from bot.eventlog import InboxRow, TrustDamaged
from bot.inbox.declaration import AddChoice, Declaration, RedactChoice
from bot.inbox.wire import PersonCommand
from bot.incident.commands import (
    AddNote,
    AddTask,
    AgreeDeparture,
    ApprovePlan,
    ApproveProposal,
    AskReplacement,
    BreakGlass,
    ChangeTask,
    ChooseCandidate,
    ChooseStrategy,
    Close,
    EndSessions,
    HandOver,
    KillNow,
    UseValue,
    acts_of,
)
from bot.incident.events import CommandProven
from bot.incident.model import OPERATOR, Actor, Right
from bot.incident.refusals import Declined
from bot.people import People, Person
from bot.proofs.aws import AwsProofs
from bot.proofs.aws_request import inbox_parameter
from bot.proofs.keyed import KeyedProofs
from bot.proofs.ssh import SshProofs
from bot.proofs.statement import ProofKind, ProofRefused, Statement
from bot.trust import ENOUGH, Depart, Distrust, RestoreHere, Trust, TrustCommand, TrustEvent, TrustState, decide
from bot.trust import SLACK as SLACK_ITSELF

AT_MOST = timedelta(minutes=15)
"""The greatest age of a command from Slack when it is decided; after that its author must give it again."""
SLACK = "slack:"
LONGEST_UNPROVEN = 128
"""Characters of a name that nothing proves."""
CONSENTS = (
    Declaration, AddChoice, AgreeDeparture, KillNow, BreakGlass, ApprovePlan, ApproveProposal, AskReplacement,
    ChooseCandidate, ChooseStrategy, Close, EndSessions, RedactChoice, UseValue,
)  # fmt: skip
"""Commands and answers that can support a revocation or a proposal: each must record whether it came from Slack, in
case Slack loses trust.
"""
AT_TERMINAL = "At a terminal, `bot --help` has all that can be done."
NOT_FROM_SLACK = "This cannot be done from Slack. At a terminal: `bot list`, `bot declare`."
"""Told alike of what Slack is not to learn of: it says nothing about what that is."""


@dataclass(frozen=True)
class Proven:
    """Who it is, and the event that keeps the proof, where it is one that can be checked again or was none at all."""

    actor: Actor
    kept: CommandProven | None = None


@dataclass(frozen=True)
class Proofs:
    """Checks proofs for `installation()`. `word` is True in development, where people are believed without proof.

    `trust` gives the distrust (TrustDamaged if unknown), `hidden` whether a command is about something that Slack must
    not know.
    """

    installation: Callable[[], str]
    people: People
    slack: KeyedProofs
    at_worker: KeyedProofs
    aws: AwsProofs
    ssh: SshProofs
    word: bool = False
    trust: Callable[[], TrustState] = TrustState
    hidden: Callable[[str, PersonCommand], bool] = lambda _incident, _command: False

    def statement(self, row: InboxRow) -> Statement:
        """The statement that the row's proof must cover, by the worker's own knowledge of its installation."""
        return Statement(
            self.installation(), row.incident, row.command_id, row.at, row.claims, row.command, row.arguments
        )

    def check(self, row: InboxRow, command: PersonCommand, now: datetime) -> Proven:
        """Who gives the command. ProofRefused if that is not proven, or their word does not count; ProofUnchecked if it
        could not be checked now.
        """
        statement = self.statement(row)
        match row.proof_kind:
            case ProofKind.SLACK:
                self.slack.check(statement, row.proof, now, AT_MOST)
                return self._by_slack(row, command)
            case ProofKind.AWS:
                caller = self.aws.check(statement, row.proof, now)
                if caller.arn != row.claims:
                    raise ProofRefused(
                        f"AWS says that {caller.arn} signed this command, which is given in another name: give it "
                        "again, signed in as yourself."
                    )
                return self._known(self.people.by_principal(caller.arn), command)
            case ProofKind.SSH:
                person = self.ssh.check(statement, row.proof, now)
                return self._known(person, command, _kept(statement, ProofKind.SSH, row.proof))
            case ProofKind.AT_WORKER:
                self.at_worker.check(statement, row.proof, now, AT_MOST)
                return _unproven(command, _kept(statement, ProofKind.AT_WORKER))
            case ProofKind.NONE if self.word:
                return self._known(self._believed(row.claims), command, _kept(statement, ProofKind.NONE))
            case ProofKind.NONE if isinstance(command, AddNote):
                self._state()
                if not row.claims.isprintable() or len(row.claims) > LONGEST_UNPROVEN:
                    raise ProofRefused("Give the name of the note's author in a few printable characters.")
                return Proven(Actor(f"{row.claims} (unproven)"))
            case _:
                raise ProofRefused(
                    "Nothing proves who gives this command: sign in to AWS, or name your SSH key (--ssh-key, --person)."
                )

    def about_trust(
        self, state: TrustState, command: TrustCommand, actor: Actor, at: datetime
    ) -> TrustEvent | Sequence[TrustEvent]:
        """The events of a command about trust. Declined with a sentence if it is refused."""
        subject = self.people.named(command.subject)
        if subject is None and command.subject not in {"", SLACK_ITSELF, *state.lost}:
            known = ", ".join([SLACK_ITSELF, *(person.name for person in self.people)])
            raise Declined(f"The people file has no {command.subject!r}; it has {known}.")
        accounts = subject.accounts if subject is not None else ()
        return decide(
            state, command, actor, at, accounts=accounts, everyone=[person.name for person in self.people],
            entitled=lambda name, right: self._may(state, name, right),
        )  # fmt: skip

    def entitled(self, name: str, right: Right) -> bool:
        """Whether an entry of the people file has the right now and is trusted. TrustDamaged if trust is unknown."""
        return self._may(self.trust(), name, right)

    def demand_owner(self, command: PersonCommand, actor: Actor) -> None:
        """A task and a role need an existing person: Misuse if the people file does not have that name, and for a role
        also if the person may not accept it. An empty or missing file allows any name.
        """
        if not isinstance(command, AddTask | ChangeTask | HandOver) or not self.people.everyone:
            return
        if isinstance(command, HandOver):
            of_their_own = [person.name for person in self.people if not person.shared]
            able = [name for name in of_their_own if self.entitled(name, Right.RESPOND)]
            if command.to not in able:
                these = ", ".join(able) or "none"
                raise Misuse(f"{command.to} cannot be the commander. These people can: {these}.")
            return
        if isinstance(command, ChangeTask) and not command.owner.strip():
            return  # it stays whose it is
        owner = command.owner.strip() or actor.name
        self._demand_person(owner, "own the task")

    def _demand_person(self, name: str, what: str) -> None:
        if self.people.named(name) is None:
            known = ", ".join(person.name for person in self.people)
            raise Misuse(f"The people file has no {name!r} to {what}; it has {known}.")

    def forget(self, command_id: str, kind: str) -> None:
        """Deletes the proof of this answered command. If that fails, a later clean-up does it. It ignores the row's own
        place, which could name another command's proof.
        """
        if kind == ProofKind.AWS:
            with suppress(BotError):
                self.aws.forget(inbox_parameter(command_id))

    def _state(self) -> TrustState:
        try:
            return self.trust()
        except TrustDamaged as damaged:
            raise ProofRefused(f"{damaged}.") from None

    def _by_slack(self, row: InboxRow, command: PersonCommand) -> Proven:
        if not row.claims.startswith(SLACK):
            raise ProofRefused("A front vouches for members of its Slack workspace alone.")
        state = self._state()
        if not state.slack:
            raise ProofRefused(f"Nothing that comes from Slack counts now. {AT_TERMINAL}")  # its readers are unknown
        if isinstance(command, Distrust | Trust | RestoreHere):
            raise ProofRefused(f"Whom to trust is not decided in Slack. {AT_TERMINAL}")
        if self.hidden(row.incident, command):
            raise ProofRefused(NOT_FROM_SLACK)
        if isinstance(command, Depart) and (why := self._too_few(state, command.subject)):
            raise ProofRefused(f"{why} At a terminal: `bot people departure {command.subject}`.")
        kept = CommandProven(ProofKind.SLACK, {}) if is_consent(command) else None
        return self._known(self.people.by_slack(row.claims.removeprefix(SLACK)), command, kept, state)

    def _known(
        self, person: Person, command: PersonCommand, kept: CommandProven | None = None, state: TrustState | None = None
    ) -> Proven:
        lost = (state or self._state()).against(person.name, person.accounts)
        if lost is not None:
            raise ProofRefused(f"{lost.words}. Their word does not count.")
        if isinstance(command, Trust) and person.shared:
            raise ProofRefused(
                f"{person.name} is known only by a role that others share. People with their own account must "
                "restore trust."
            )
        return Proven(person.actor, kept)

    def _too_few(self, state: TrustState, subject: str) -> str:
        """Why this departure is not decided in Slack: an attacker who acts in others' names there must not remove the
        rights of everyone who could stop them. Empty if enough people are left.
        """
        for right in (Right.APPROVE, Right.COMMAND):
            having = [person.name for person in self.people if self._may(state, person.name, right)]
            if subject in having and len(having) - 1 < ENOUGH:
                return (
                    f"Fewer than {ENOUGH} with `{right}` would be left without {subject}: Slack does not decide that."
                )
        return ""

    def _may(self, state: TrustState, name: str, right: Right) -> bool:
        person = self.people.named(name)
        return person is not None and person.actor.may(right) and state.against(name, person.accounts) is None

    def tidy(self, known: Callable[[ProofKind], Mapping[str, bool]]) -> None:
        """Deletes the remaining proofs. `known` gives the commands of one kind of proof, as `Inbox.known`."""
        self.aws.tidy(lambda: known(ProofKind.AWS))

    def _believed(self, claims: str) -> Person:
        if claims.startswith(SLACK):
            return self.people.by_slack(claims.removeprefix(SLACK))
        return self.people.named(claims) or self.people.by_principal(claims)


def is_consent(command: PersonCommand) -> bool:
    return any(isinstance(act, CONSENTS) for act in acts_of(command))


def _unproven(command: PersonCommand, kept: CommandProven) -> Proven:
    """The operator at the worker's host without further proof, who may revoke, declare what to revoke, and give trust
    back.
    """
    match command:
        case BreakGlass():
            return Proven(Actor(OPERATOR, frozenset({Right.RESPOND})), kept)
        case Declaration() | RestoreHere():
            return Proven(Actor(OPERATOR), kept)
        case _:
            raise ProofRefused(
                "At the worker's host, without a proof of identity, you can only declare a compromise, break glass "
                "and give trust back."
            )


def _kept(statement: Statement, kind: ProofKind, signature: str = "") -> CommandProven:
    told = {name: value for name, value in asdict(statement).items() if name != "incident"}
    return CommandProven(kind, told, signature)
