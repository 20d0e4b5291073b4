"""Whose word counts: people, and Slack's front, that somebody has said not to trust any more.

It holds for the whole installation and not for one incident. One person who may command takes trust away, at once; two
others give it back, by the terminal. Where nobody else is left to do that, the worker's own host gives it back to
people of the people file, ten minutes after it said so. Pure: the event log keeps what follows as a chain of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.incident.model import OPERATOR, Actor, Right
from bot.incident.refusals import Declined, clean, demand
from bot.incident.stored import Fact, Stored
from bot.incident.two_people import demand_listed
from bot.model.fields import Person, Words
from bot.model.recorded import Recorded
from bot.proofs.principals import comes_by

SLACK = "slack"
"""The subject that is no person: everything that Slack's front vouches for."""
NOBODY_PROVES = "development: nobody proves who they are, a terminal's word counts"
"""Told wherever an incident is shown, so that nobody takes the record of one for evidence."""
ENOUGH = 2
"""So many who may approve should be left when one of them leaves."""
UNDO_WITHIN = timedelta(hours=1)
"""How long a second person may take to agree that somebody is trusted again."""
RESTORED_AFTER = timedelta(minutes=10)
"""How long after the worker's host said so somebody is trusted again: people have been told by then, and can object."""

# --- what can be asked ----------------------------------------------------------------------------------------------


class Distrust(Stored, stored="distrust"):
    """From now on nothing counts that `subject` (an entry of the people file, or ``slack``) says or has said."""

    subject: Person
    reason: Words


class Depart(Stored, stored="depart"):
    """`subject`, an entry of the people file, leaves: nothing counts any more that they say or have said, which is no
    reproach. `fewer_approvers`: whoever says it knows that fewer than two who may approve are left.
    """

    subject: Person
    reason: Words
    fewer_approvers: bool = False


class Trust(Stored, stored="trust"):
    """Gives trust back: the first person proposes it, a second one agrees by the same command."""

    subject: Person
    reason: Words


class RestoreHere(Stored, stored="restore-here"):
    """By the worker's own host: gives trust back to `subject`, an entry of the people file. Empty, it means all of its
    entries who lost trust and have not left.
    """

    subject: Person
    reason: Words


TrustCommand = Distrust | Trust | Depart | RestoreHere


# --- what can have happened -----------------------------------------------------------------------------------------


class Distrusted(Fact, stored="distrusted"):
    """`accounts` are what the people file had for them: under another entry they are the same person. `left`: they have
    left, and `approvers` who may approve were left, by the word of whoever said it if those are fewer than two.
    `locked`: without whoever said it, no two people are left who can give trust back.
    """

    subject: str
    reason: str
    accounts: tuple[str, ...] = ()
    left: bool = False
    approvers: int | None = None
    locked: bool = False


class TrustProposed(Fact, stored="trust-proposed"):
    subject: str
    reason: str
    until: datetime


class RestoreAnnounced(Fact, stored="restore-announced"):
    """The worker's host has said that `subject` is trusted again from `due` on."""

    subject: str
    reason: str
    due: datetime


class TrustRestored(Fact, stored="trust-restored"):
    """The actor agreed with `proposed_by`; of what the worker's host announced, its time has come."""

    subject: str
    reason: str
    proposed_by: str


TrustEvent = Distrusted | TrustProposed | RestoreAnnounced | TrustRestored


# --- the state ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Lost:
    """Since when, by whose word and why somebody is not trusted."""

    subject: str
    by: str
    at: datetime
    reason: str
    accounts: tuple[str, ...] = ()
    left: bool = False
    """They have left: that, and nothing that they did, is why."""
    locked: bool = False
    """Without `by`, no two people were left who could give trust back."""

    @property
    def words(self) -> str:
        """``ben is not trusted: said by ada at 2026-11-25 03:14 UTC. His laptop is gone``, or ``ben has left: …``."""
        who = "Slack" if self.subject == SLACK else self.subject
        now = "has left" if self.left else "is not trusted"
        return f"{who} {now}: said by {self.by} at {self.at:%Y-%m-%d %H:%M} UTC. {self.reason.rstrip('.')}"


@dataclass(frozen=True)
class Undo:
    """Somebody proposes to trust `subject` again; it lapses at `until`."""

    subject: str
    by: str
    reason: str
    until: datetime


@dataclass(frozen=True)
class TrustState:
    """Who is not trusted."""

    lost: Mapping[str, Lost] = field(default_factory=dict)
    undo: Mapping[str, Undo] = field(default_factory=dict)
    announced: Mapping[str, RestoreAnnounced] = field(default_factory=dict)
    """Whom the worker's host gives trust back, by name."""

    @property
    def slack(self) -> bool:
        """Whether what Slack's front vouches for counts."""
        return SLACK not in self.lost

    @property
    def people(self) -> tuple[str, ...]:
        """The people who are not trusted."""
        return tuple(name for name in sorted(self.lost) if name != SLACK)

    @property
    def accounts(self) -> tuple[str, ...]:
        """By which those who are not trusted come without an entry: all but SSH keys, which prove entries only."""
        theirs = {account for lost in self.lost.values() for account in lost.accounts}
        return tuple(sorted(account for account in theirs if account.startswith(("slack:", "arn:"))))

    def against(self, name: str, accounts: tuple[str, ...] = ()) -> Lost | None:
        """Why this person's word does not count, whichever of their accounts proves them; None if it does. Who has an
        account for a name comes by a role that is an entry's, unless they have an entry of their own.
        """
        if name != SLACK and name in self.lost:
            return self.lost[name]
        return next((lost for lost in self.lost.values() if comes_by(name, accounts, lost.accounts)), None)

    @property
    def locked(self) -> str:
        """That nobody but one person can give trust back, in sentences; empty where that is not so."""
        found = next((lost for lost in self.lost.values() if lost.locked), None)
        if found is None:
            return ""
        return (
            f"{found.words}. Only {found.by} can undo this. If that is wrong, take their rights out of the people "
            "file, then run `bot people trust --on-this-host --note TEXT` on the worker's host"
        )

    def words(self) -> list[str]:
        """A sentence for each of those that are not trusted, Slack first."""
        return [self.lost[name].words for name in sorted(self.lost, key=lambda name: (name != SLACK, name))]


def decide(
    state: TrustState,
    command: TrustCommand,
    actor: Actor,
    at: datetime,
    *,
    accounts: tuple[str, ...] = (),
    entitled: Callable[[str, Right], bool] = lambda _name, _right: True,
    everybody: Collection[str] = (),
) -> TrustEvent | Sequence[TrustEvent]:
    """What follows. Declined with a sentence if nothing does.

    The actor's proof has been checked; `accounts` are the subject's, `entitled` tells who has which right now, and
    `everybody` are the entries of the people file.
    """
    match command:
        case Depart():
            approvers = [name for name in everybody if entitled(name, Right.APPROVE)]
            departed = _depart(state, command, actor, accounts, approvers)
            return _locking(departed, actor, everybody, entitled) if command.fewer_approvers else departed
        case Distrust():
            return _locking(_distrust(state, command, actor, accounts), actor, everybody, entitled)
        case Trust():
            return _trust(state, command, actor, at, entitled)
        case RestoreHere():
            return _restore(state, command, actor, at, everybody)


def _locking(
    event: Distrusted, actor: Actor, everybody: Collection[str], entitled: Callable[[str, Right], bool]
) -> Distrusted:
    """The event, with whether two others than its author can still give trust back."""
    others = [name for name in everybody if name not in {actor.name, event.subject}]
    rights = [{right for right in (Right.COMMAND, Right.APPROVE) if entitled(name, right)} for name in others]
    able = [each for each in rights if each]
    return replace(event, locked=len(able) < ENOUGH or not any(Right.COMMAND in each for each in able))


def _restore(
    state: TrustState, command: RestoreHere, actor: Actor, at: datetime, everybody: Collection[str]
) -> tuple[RestoreAnnounced, ...]:
    if actor.name != OPERATOR:
        raise Declined("This is said on the worker's own host alone: `bot people trust --on-this-host --note TEXT`.")
    lost = [state.lost[name] for name in everybody if name in state.lost and name not in state.announced]
    names = [one.subject for one in lost if one.subject == command.subject or not (command.subject or one.left)]
    if not names:
        who = command.subject or "nobody of the people file"
        raise Declined(f"Nothing to do: {who} waits for that, or has no entry in the people file that lost trust.")
    reason = clean(command.reason, "reason")
    return tuple(RestoreAnnounced(name, reason, at + RESTORED_AFTER) for name in names)


def restored(state: TrustState, at: datetime) -> tuple[TrustRestored, ...]:
    """Those whom the worker's host gives trust back, and whose time has come."""
    due = [one for one in state.announced.values() if one.due <= at]
    return tuple(TrustRestored(one.subject, one.reason, OPERATOR) for one in due)


def _distrust(state: TrustState, command: Distrust, actor: Actor, accounts: tuple[str, ...]) -> Distrusted:
    demand(actor, Right.COMMAND)
    lost = state.lost.get(command.subject)
    # Once more is of use where others are about to give trust back: their proposal is void then.
    if lost is not None and command.subject not in {*state.undo, *state.announced}:
        raise Declined(f"Nothing to do. {lost.words}")
    return Distrusted(command.subject, clean(command.reason, "reason"), _all_accounts(accounts, lost))


def _depart(
    state: TrustState, command: Depart, actor: Actor, accounts: tuple[str, ...], approvers: Collection[str]
) -> Distrusted:
    """One person says it, and it holds at once: to wait for a second one would leave the leaver their rights. Whoever
    is among the last who may approve goes only by somebody's express word.
    """
    demand(actor, Right.COMMAND)
    if command.subject in {SLACK, actor.name} or comes_by(actor.name, (), accounts):
        raise Declined("Another person than the one who leaves says so, of a person of the people file.")
    lost = state.lost.get(command.subject)
    if lost is not None and lost.left:
        raise Declined(f"Nothing to do. {lost.words}")
    left = sorted(name for name in approvers if name != command.subject)
    if command.subject in approvers and len(left) < ENOUGH and not command.fewer_approvers:
        raise Declined(last_approvers(command.subject, left))
    known = _all_accounts(accounts, lost)
    count = len(left) if command.subject in approvers else None
    return Distrusted(command.subject, clean(command.reason, "reason"), known, left=True, approvers=count)


def _all_accounts(now: tuple[str, ...], lost: Lost | None) -> tuple[str, ...]:
    """Those that the people file has now, and those that it had when somebody first said so."""
    return tuple(dict.fromkeys((*now, *(lost.accounts if lost is not None else ()))))


def last_approvers(subject: str, left: Sequence[str]) -> str:
    """What is said before one of the last who may approve goes."""
    who = f"only {left[0]} is left who" if left else "nobody is left who"
    return (
        f"{subject} may approve, and once they are gone {who} may: a revocation that takes two people, and a "
        "departure's own rotations, may then wait for ever. Give somebody `approve` in the people file first; or "
        f"decide by name that it is to be so: `bot people departure {subject} --fewer-approvers`."
    )


def _trust(
    state: TrustState, command: Trust, actor: Actor, at: datetime, entitled: Callable[[str, Right], bool]
) -> TrustProposed | TrustRestored:
    subject = command.subject
    if subject not in state.lost:
        raise Declined(f"Nothing to do: nobody has said that {subject} is not to be trusted.")
    if not (actor.may(Right.COMMAND) or actor.may(Right.APPROVE)):
        raise Declined(f"{actor.name} may neither command incidents nor approve. Nothing was done.")
    demand_listed(actor)
    reason = clean(command.reason, "reason")
    undo = state.undo.get(subject)
    theirs = _of_two(lambda right: undo is not None and undo.until > at and entitled(undo.by, right))
    if undo is None or not theirs:
        return TrustProposed(subject, reason, at + UNDO_WITHIN)
    if undo.by == actor.name:
        raise Declined(f"You have proposed this already. Another person must agree before {undo.until:%H:%M} UTC.")
    if Right.COMMAND not in theirs | _of_two(actor.may):
        raise Declined(
            f"{undo.by} and {actor.name} cannot decide this: it takes two who may command, or one of them and one who "
            "may approve."
        )
    return TrustRestored(subject, reason, undo.by)


def _of_two(may: Callable[[Right], bool]) -> frozenset[Right]:
    """Which of the rights that count here somebody has."""
    return frozenset(right for right in (Right.COMMAND, Right.APPROVE) if may(right))


def evolve(state: TrustState, recorded: Recorded[TrustEvent]) -> TrustState:
    """The state after one more event of the chain."""
    event, by, at = recorded.event, recorded.actor, recorded.at
    lost, undo, announced = dict(state.lost), dict(state.undo), dict(state.announced)
    undo.pop(event.subject, None)
    announced.pop(event.subject, None)
    match event:
        case Distrusted():
            before = lost.get(event.subject)
            again = before is not None and before.left >= event.left
            since = (before.by, before.at, before.reason) if before is not None and again else (by, at, event.reason)
            left = event.left or (before is not None and before.left)
            lost[event.subject] = Lost(event.subject, *since, event.accounts, left, event.locked)
            undo = {subject: each for subject, each in undo.items() if each.by != event.subject}
        case TrustProposed():
            undo[event.subject] = Undo(event.subject, by, event.reason, event.until)
        case RestoreAnnounced():
            announced[event.subject] = event
        case TrustRestored():
            del lost[event.subject]
    return TrustState(lost, undo, announced)
