"""What a leaver has read, and can still read, of an environment's parameters."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.errors import OutsideError
from bot.model.departures import Leaver, Reach
from bot.model.reads import Read
from bot.phrases.times import few
from bot.proofs.principals import comes_by, holder
from bot.usage.contract import Grant, Granted, GrantSource, UsageSource, Verdict
from bot.usage.policies import ANYBODY

EVENT_HISTORY = timedelta(days=90)
"""So far back CloudTrail's event history goes."""
SHOWN = 3
"""Roles that are listed; the rest is counted."""


@dataclass(frozen=True)
class Reached:
    """The access by secret. `unknown` has sentences for what could not be found out; without `grants_known` their
    rights are unknown, and without `reads_known` their reads.
    """

    reaches: tuple[Reach, ...] = ()
    unknown: tuple[str, ...] = ()
    grants_known: bool = False
    reads_known: bool = False


def look_up(
    leaver: Leaver,
    parameters: Mapping[str, str],
    usage: UsageSource,
    grants: GrantSource,
    now: datetime,
) -> Reached:
    """`parameters` gives the secret of each. Raises errors that may pass (a retryable OutsideError); permanent ones are
    in `unknown`.
    """
    if not leaver.principal:
        return Reached(unknown=(f"the people file had no AWS principal for {leaver.name}",))
    unknown: list[str] = []
    reads = _asked(lambda: _reads(leaver, parameters, usage, now, unknown), "who read them", unknown)
    can = _asked(lambda: _grants(leaver, parameters, grants, unknown), "who can read them", unknown)
    names = dict.fromkeys(parameters.values())
    reaches = (_reach(name, parameters, reads or {}, can or {}) for name in names)
    found = tuple(each for each in reaches if each.can or each.reads)
    return Reached(found, tuple(unknown), grants_known=can is not None, reads_known=reads is not None)


def _asked[T](ask: Callable[[], T | None], what: str, unknown: list[str]) -> T | None:
    try:
        return ask()
    except OutsideError as error:
        if error.retryable:
            raise
        unknown.append(f"{what} is unknown: {error}")
        return None


def _reads(
    leaver: Leaver, parameters: Mapping[str, str], usage: UsageSource, now: datetime, unknown: list[str]
) -> dict[str, list[Read]]:
    """Reads by parameter, by name or by a path above it. A refused read showed them nothing."""
    names, since = frozenset(parameters), now - EVENT_HISTORY
    seen = usage.reads(names, since, now)
    if seen.truncated:
        unknown.append(
            f"CloudTrail has more reads than were looked through: {leaver.name} may have read what is not listed"
        )
    found: dict[str, list[Read]] = {}
    for read in seen.reads:
        if not read.refused and comes_by(read.principal, (), (leaver.principal,)):
            found.setdefault(read.parameter, []).append(read)
    return found


def _grants(
    leaver: Leaver, parameters: Mapping[str, str], grants: GrantSource, unknown: list[str]
) -> dict[str, list[Grant]] | None:
    """The rights by parameter; None if this account's IAM does not know the leaver. Rights of a role that they can
    assume, directly or through other roles, count as theirs. A role that leaves this to policies of the account is
    named as unknown.
    """
    granted = grants.grants(frozenset(parameters))
    account = leaver.principal.split(":")[4]
    if account != granted.account:
        unknown.append(f"IAM of account {granted.account} says nothing about a principal of {account}")
        return None
    own = holder(leaver.principal)
    trusts = {role: named for role, named in granted.trusts.items() if holder(role) != own}
    reached = _taken_on_from([own], trusts)
    found: dict[str, list[Grant]] = {}
    for grant in (*granted.readable_by(leaver.principal), *_by_roles(granted, reached)):
        if grant.verdict is not Verdict.CANNOT:
            found.setdefault(grant.parameter, []).append(grant)
    if said := _left_open(granted, {role: named for role, named in trusts.items() if role not in reached}):
        unknown.append(f"whether {leaver.name} can take on a role that can read them is unknown: {said}")
    return found


def _taken_on_from(holders: Iterable[tuple[str, ...]], trusts: Mapping[str, Collection[str]]) -> dict[str, str]:
    """The roles that can be assumed from there, one after another, each with the role before it: empty if it names a
    holder itself. Each is visited once, by a shortest path, so that roles that trust each other end.
    """
    naming: dict[tuple[str, ...], list[str]] = {}
    for role, named in trusts.items():
        for each in named:
            naming.setdefault(holder(each), []).append(role)
    found: dict[str, str] = {}
    waiting = deque((who, "") for who in holders)
    while waiting:
        who, by_way_of = waiting.popleft()
        for role in naming.get(who, ()):
            if role not in found:
                found[role] = by_way_of
                waiting.append((holder(role), role))
    return found


def _by_roles(granted: Granted, reached: Mapping[str, str]) -> Iterator[Grant]:
    for grant in granted.grants:
        if grant.principal in reached:
            words = f"of the role {_name(grant.principal)}, {_way(grant.principal, reached)}"
            yield replace(grant, by=tuple(f"{policy} {words}" for policy in grant.by))


def _way(role: str, reached: Mapping[str, str]) -> str:
    way: list[str] = []
    while role := reached[role]:
        way.insert(0, _name(role))
    return f"which they can assume through {few(way, SHOWN)}" if way else "which trusts them"


def _left_open(granted: Granted, trusts: Mapping[str, Collection[str]]) -> str:
    """Which roles that can read trust the whole account, or can be taken on by way of one that does; empty where none
    does.
    """
    whole = (granted.account, f":iam::{granted.account}:root", ANYBODY)
    open_ = {role for role, named in trusts.items() if any(each.endswith(whole) for each in named)}
    by_way = _taken_on_from(map(holder, open_), trusts).keys() - open_
    can = (grant.principal for grant in granted.grants if grant.verdict is not Verdict.CANNOT)
    left = [role for role in dict.fromkeys(can) if role in open_ or role in by_way]
    if not left:
        return ""
    rest = ", or a role that does" if by_way.intersection(left) else ""
    verb = "trust" if len(left) > 1 else "trusts"
    return f"{few([_name(role) for role in left], SHOWN)} {verb} the whole account{rest}"


def _name(role: str) -> str:
    return role.rpartition("/")[2]


def _reach(
    name: str, parameters: Mapping[str, str], reads: Mapping[str, list[Read]], can: Mapping[str, list[Grant]]
) -> Reach:
    mine = [parameter for parameter, secret in parameters.items() if secret == name]
    seen = [read for parameter in mine for read in reads.get(parameter, ())]
    granted = [grant for parameter in mine for grant in can.get(parameter, ())]
    verdicts = {grant.verdict for grant in granted}
    verdict = Verdict.CAN if Verdict.CAN in verdicts else Verdict.MAY if verdicts else ""
    by = tuple(sorted({policy for grant in granted for policy in grant.by}))
    return Reach(name, str(verdict), by, len(seen), max((read.at for read in seen), default=None))
