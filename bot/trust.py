"""Distrust: the people, and Slack's front, whose commands are refused.

It applies to the whole installation, not to one incident. One person with `command` removes trust at once; two others
give it back at the terminal. If too few people are left for that, the worker's own host gives it back to people of the
people file, after ten minutes. Pure: the event log keeps these events as a chain of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.incident.model import OPERATOR, Actor, Right
from bot.incident.refusals import Declined, clean, demand
from bot.incident.stored import Fact, Stored
from bot.incident.two_people import demand_listed
from bot.model.codec import Recorded
from bot.model.fields import Person, Words
from bot.proofs.principals import comes_by

SLACK = "slack"
"""The subject that is no person: everything that Slack's front vouches for."""
NOBODY_PROVES = "development: identities are not proven; terminals are believed"
"""Shown with every incident, so that its record is not taken for evidence."""
ENOUGH = 2
"""The number of people with `approve` who should be left when one of them leaves."""
UNDO_WITHIN = timedelta(hours=1)
"""How long a second person may take to agree that someone is trusted again."""
RESTORED_AFTER = timedelta(minutes=10)
"""The time from the order at the worker's host until a person is trusted again: people have been informed by then, and
can object.
"""

# --- what can be asked ----------------------------------------------------------------------------------------------


class Distrust(Stored, stored="distrust"):
    """From now on nothing counts that `subject` (an entry of the people file, or ``slack``) says or has said."""

    subject: Person
    reason: Words


class Depart(Stored, stored="depart"):
    """`subject`, an entry of the people file, leaves: their commands and consents no longer count, without any blame.
    `fewer_approvers`: the author knows that fewer than two people with `approve` are left.
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
    """`accounts` are the person's accounts in the people file at that time; another entry with one of them is the same
    person. `left`: they have left, and `approvers` people with `approve` remained; set only if the author accepted
    fewer than two. `locked`: without the author, fewer than two people can give trust back.
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
    """Since when, by whom and why a person is not trusted."""

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
    """Someone proposes to trust `subject` again; it lapses at `until`."""

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
        """The accounts with which distrusted people could act without an entry: all except SSH keys, which prove
        entries only.
        """
        theirs = {account for lost in self.lost.values() for account in lost.accounts}
        return tuple(sorted(account for account in theirs if account.startswith(("slack:", "arn:"))))

    def against(self, name: str, accounts: tuple[str, ...] = ()) -> Lost | None:
        """Why this person's commands are refused, for any of their accounts; None if they are not. A person named by an
        account uses an entry's role and has no entry of their own.
        """
        if name != SLACK and name in self.lost:
            return self.lost[name]
        return next((lost for lost in self.lost.values() if comes_by(name, accounts, lost.accounts)), None)

    @property
    def locked(self) -> str:
        """A sentence for each person for whom only one other could give trust back; empty if there is none."""
        found = next((lost for lost in self.lost.values() if lost.locked), None)
        if found is None:
            return ""
        return (
            f"{found.words}. Only {found.by} can undo this. If that is wrong, remove their rights from the people "
            "file, then run `bot people trust --on-this-host --note TEXT` on the worker's host"
        )

    def words(self) -> list[str]:
        """A sentence for each distrusted person, Slack first."""
        return [self.lost[name].words for name in sorted(self.lost, key=lambda name: (name != SLACK, name))]


def decide(
    state: TrustState,
    command: TrustCommand,
    actor: Actor,
    at: datetime,
    *,
    accounts: tuple[str, ...] = (),
    entitled: Callable[[str, Right], bool] = lambda _name, _right: True,
    everyone: Collection[str] = (),
) -> TrustEvent | Sequence[TrustEvent]:
    """The events that a command leads to. Declined with a sentence if it is refused.

    The actor's proof has been checked; `accounts` are the subject's, `entitled` says who has which right now, and
    `everyone` are the entries of the people file.
    """
    match command:
        case Depart():
            approvers = [name for name in everyone if entitled(name, Right.APPROVE)]
            departed = _depart(state, command, actor, accounts, approvers)
            return _locking(departed, actor, everyone, entitled) if command.fewer_approvers else departed
        case Distrust():
            return _locking(_distrust(state, command, actor, accounts), actor, everyone, entitled)
        case Trust():
            return _trust(state, command, actor, at, entitled)
        case RestoreHere():
            return _restore(state, command, actor, at, everyone)


def _locking(
    event: Distrusted, actor: Actor, everyone: Collection[str], entitled: Callable[[str, Right], bool]
) -> Distrusted:
    """The event, with whether two others than its author can still give trust back."""
    others = [name for name in everyone if name not in {actor.name, event.subject}]
    rights = [{right for right in (Right.COMMAND, Right.APPROVE) if entitled(name, right)} for name in others]
    able = [each for each in rights if each]
    return replace(event, locked=len(able) < ENOUGH or not any(Right.COMMAND in each for each in able))


def _restore(
    state: TrustState, command: RestoreHere, actor: Actor, at: datetime, everyone: Collection[str]
) -> tuple[RestoreAnnounced, ...]:
    if actor.name != OPERATOR:
        raise Declined("Do this on the worker's own host: `bot people trust --on-this-host --note TEXT`.")
    lost = [state.lost[name] for name in everyone if name in state.lost and name not in state.announced]
    names = [one.subject for one in lost if one.subject == command.subject or not (command.subject or one.left)]
    if not names:
        who = command.subject or "no one in the people file"
        raise Declined(f"Nothing to do: {who} has nothing waiting, and no entry in the people file lost trust.")
    reason = clean(command.reason, "reason")
    return tuple(RestoreAnnounced(name, reason, at + RESTORED_AFTER) for name in names)


def restored(state: TrustState, at: datetime) -> tuple[TrustRestored, ...]:
    """The people whom the worker's host trusts again, after the waiting time."""
    due = [one for one in state.announced.values() if one.due <= at]
    return tuple(TrustRestored(one.subject, one.reason, OPERATOR) for one in due)


def _distrust(state: TrustState, command: Distrust, actor: Actor, accounts: tuple[str, ...]) -> Distrusted:
    demand(actor, Right.COMMAND)
    lost = state.lost.get(command.subject)
    # A repeated distrust is useful: it voids a proposal to give trust back.
    if lost is not None and command.subject not in {*state.undo, *state.announced}:
        raise Declined(f"Nothing to do. {lost.words}")
    return Distrusted(command.subject, clean(command.reason, "reason"), _all_accounts(accounts, lost))


def _depart(
    state: TrustState, command: Depart, actor: Actor, accounts: tuple[str, ...], approvers: Collection[str]
) -> Distrusted:
    """One person is enough, at once: waiting for a second one would leave the leaver their rights. Removing one of the
    last people with `approve` needs an explicit option.
    """
    demand(actor, Right.COMMAND)
    if command.subject in {SLACK, actor.name} or comes_by(actor.name, (), accounts):
        raise Declined("Someone else than the person leaving must do this, for a person in the people file.")
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
    """The accounts in the people file now, and those at the time of the first distrust."""
    return tuple(dict.fromkeys((*now, *(lost.accounts if lost is not None else ()))))


def last_approvers(subject: str, left: Sequence[str]) -> str:
    """The warning before one of the last people with `approve` leaves."""
    who = f"only {left[0]} is left who" if left else "no one is left who"
    return (
        f"{subject} may approve, and without them {who} can. A revocation that needs two people, and the "
        "departure's own rotations, may then wait forever. Give someone `approve` in the people file first, or "
        f"decide it by name: `bot people departure {subject} --fewer-approvers`."
    )


def _trust(
    state: TrustState, command: Trust, actor: Actor, at: datetime, entitled: Callable[[str, Right], bool]
) -> TrustProposed | TrustRestored:
    subject = command.subject
    if subject not in state.lost:
        raise Declined(f"Nothing to do: {subject} is trusted.")
    if not (actor.may(Right.COMMAND) or actor.may(Right.APPROVE)):
        raise Declined(f"{actor.name} cannot command incidents or approve. Nothing changed.")
    demand_listed(actor)
    reason = clean(command.reason, "reason")
    undo = state.undo.get(subject)
    theirs = _of_two(lambda right: undo is not None and undo.until > at and entitled(undo.by, right))
    if undo is None or not theirs:
        return TrustProposed(subject, reason, at + UNDO_WITHIN)
    if undo.by == actor.name:
        raise Declined(f"You already proposed this. Another person must agree before {undo.until:%H:%M} UTC.")
    if Right.COMMAND not in theirs | _of_two(actor.may):
        raise Declined(
            f"{undo.by} and {actor.name} cannot decide this. It needs two with `command`, or one with `command` and "
            "one with `approve`."
        )
    return TrustRestored(subject, reason, undo.by)


def _of_two(may: Callable[[Right], bool]) -> frozenset[Right]:
    """Which of the rights that count here someone has."""
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
