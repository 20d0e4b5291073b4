"""Which runs a declaration takes over: planned rotations that have one of its secrets when it leaks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.errors import Misuse
from bot.eventlog import Damaged
from bot.eventlog.sql import EventLog
from bot.eventlog.transaction import Takes
from bot.inbox.declaration import SecretChoice
from bot.incident import commands as c
from bot.incident.handover import handed
from bot.incident.model import LeftAlone, Target, TargetKind, WhyLeft
from bot.incident.state import Incident
from bot.model.playbooks import RunKind


class HolderUnread(Misuse):
    """An open incident has one of the secrets, and its log is unreadable, so that no work goes on there."""


@dataclass(frozen=True)
class Holders:
    """The holders of the requested secrets: `free` can be declared, `joined` are in an open incident (by name, with its
    id), and `runs` has the free ones that a planned rotation holds, by its id.
    """

    free: tuple[c.Wanted, ...]
    joined: Mapping[str, str]
    runs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def takes(self, body: c.Declare | c.AddSecret) -> Takes | None:
        """What the log must hand over with this command; None if nothing."""
        return Takes(self.runs, lambda states: with_known(body, self.runs, states)) if self.runs else None

    def left_alone(self, theirs: Collection[str], hidden: Callable[[str], bool]) -> tuple[LeftAlone, ...]:
        """The secrets of open incidents, except `theirs`: a departure leaves them there, and they are owed to it.
        `hidden` ones are not named.
        """
        held = ((name, where) for name, where in self.joined.items() if where not in theirs)
        return tuple(LeftAlone(name, WhyLeft.ELSEWHERE, "" if hidden(where) else where) for name, where in held)


def holders(event_log: EventLog, wanted: Sequence[c.Wanted], environment: str, incident: str, kind: RunKind) -> Holders:
    """The holders in the current log. Only an answer to a leak takes runs over: a run waits for another one as for an
    incident. HolderUnread if the kind of a holder is unknown.
    """
    free: list[c.Wanted] = []
    joined: dict[str, str] = {}
    runs: dict[str, tuple[str, ...]] = {}
    for one in wanted:
        name = one.secret.name
        holder = event_log.incident_of(environment, name)
        if holder is None or holder == incident:
            free.append(one)
        elif kind is RunKind.COMPROMISE and _held(event_log, holder, name).routine:
            free.append(one)
            runs[holder] = (*runs.get(holder, ()), name)
        else:
            joined[name] = holder
    return Holders(tuple(free), joined, runs)


def _held(event_log: EventLog, holder: str, name: str) -> Incident:
    try:
        return event_log.load(holder)
    except Damaged as damaged:
        raise HolderUnread(
            f"{name} is in an open incident that cannot be read, so nothing runs there. Leave it out to declare the "
            f"others; to revoke it by hand: bot runbook {name}. ({damaged})"
        ) from None


def new_comes(event_log: EventLog, choice: SecretChoice, environment: str) -> bool:
    """Whether a new key replaces this one: it is wanted, a run has made it, or an open incident has it already and
    wants one. HolderUnread if that is unknown.
    """
    if choice.replace:
        return True
    holder = event_log.incident_of(environment, choice.name)
    if holder is None:
        return False
    held = _held(event_log, holder, choice.name)
    secret = held.secrets.get(choice.name)
    if secret is None:
        return False  # handed over in this very moment
    target = choice.target or Target(TargetKind.ASSUMED)
    return handed(held, secret, target, replace=False).new is not None if held.routine else secret.new.wanted


def with_known[B: c.Declare | c.AddSecret](
    body: B, runs: Mapping[str, tuple[str, ...]], states: Mapping[str, Incident]
) -> B:
    """The command with what the runs know, from their states as they are before they end."""
    of = {name: states[run] for run, names in runs.items() for name in names}
    if isinstance(body, c.Declare):
        return replace(body, secrets=tuple(_known(one, of) for one in body.secrets))
    return replace(body, wanted=_known(body.wanted, of))


def _known(wanted: c.Wanted, of: Mapping[str, Incident]) -> c.Wanted:
    run = of.get(wanted.secret.name)
    if run is None:
        return wanted
    secret = run.secrets[wanted.secret.name]
    return replace(wanted, handed=handed(run, secret, wanted.target, replace=wanted.replace))
