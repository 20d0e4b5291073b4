"""What somebody who leaves has read, and can still read, of an environment's parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.errors import OutsideError
from bot.model.departures import Leaver, Reach
from bot.model.reads import Read
from bot.people import acts_as, holder
from bot.usage.contract import Grant, Granted, GrantSource, PathUsage, Verdict
from bot.usage.policies import ANYBODY

EVENT_HISTORY = timedelta(days=90)
"""So far back CloudTrail's event history goes."""
SHOWN = 3
"""Roles that are listed; the rest is counted."""


@dataclass(frozen=True)
class Reached:
    """By secret. `unknown` is what could not be told, in sentences; without `grants_known` nobody knows what they can
    read, and without `reads_known` what they read.
    """

    reaches: tuple[Reach, ...] = ()
    unknown: tuple[str, ...] = ()
    grants_known: bool = False
    reads_known: bool = False


def look_up(
    leaver: Leaver,
    parameters: Mapping[str, str],
    usage: PathUsage,
    grants: GrantSource,
    now: datetime,
    progress: Callable[[str], None] = lambda _text: None,
) -> Reached:
    """`parameters` gives the secret of each. Raises what may pass by itself (a retryable OutsideError); what will not
    is said in `unknown`.
    """
    if not leaver.principal:
        return Reached(unknown=(f"the people file had no AWS principal for {leaver.name}",))
    unknown: list[str] = []
    reads = _asked(lambda: _reads(leaver, parameters, usage, now, unknown), "who read them", unknown)
    can = _asked(lambda: _grants(leaver, parameters, grants, progress, unknown), "who can read them", unknown)
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
        unknown.append(f"{what} is not known: {error}")
        return None


def _reads(
    leaver: Leaver, parameters: Mapping[str, str], usage: PathUsage, now: datetime, unknown: list[str]
) -> dict[str, list[Read]]:
    """By parameter: what was read by name, and by a path above it."""
    names, since = frozenset(parameters), now - EVENT_HISTORY
    usages = usage.reads(names, since, now), usage.reads_by_path(names, since, now)
    if any(each.truncated for each in usages):
        unknown.append(
            f"CloudTrail has more reads than were looked through: {leaver.name} may have read what is not listed"
        )
    found: dict[str, list[Read]] = {}
    for read in (read for each in usages for read in each.reads):
        if acts_as(leaver.principal, read.principal):
            found.setdefault(read.parameter, []).append(read)
    return found


def _grants(
    leaver: Leaver,
    parameters: Mapping[str, str],
    grants: GrantSource,
    progress: Callable[[str], None],
    unknown: list[str],
) -> dict[str, list[Grant]] | None:
    """By parameter; None where this account's IAM does not know the leaver. A role whose trust policy names them is as
    theirs; where it leaves that to policies of the account, that is said to be unknown.
    """
    granted = grants.grants(frozenset(parameters), progress)
    account = leaver.principal.split(":")[4]
    if account != granted.account:
        unknown.append(f"IAM of account {granted.account} says nothing about a principal of {account}")
        return None
    theirs = granted.readable_by(leaver.principal)
    roles = [grant for grant in granted.grants if grant.trusts and grant not in theirs]
    taken_on = [_taken_on(grant) for grant in roles if _names(grant, leaver)]
    found: dict[str, list[Grant]] = {}
    for grant in (*theirs, *taken_on):
        if grant.verdict is not Verdict.CANNOT:
            found.setdefault(grant.parameter, []).append(grant)
    if left := dict.fromkeys(grant.principal for grant in roles if _leaves_it_open(grant, granted, leaver)):
        shown = ", ".join(arn.rpartition("/")[2] for arn in [*left][:SHOWN])
        more = f" and {len(left) - SHOWN} more" if len(left) > SHOWN else ""
        unknown.append(
            f"whether {leaver.name} can take on a role that can read them is not known: {shown}{more} "
            f"{'trust' if len(left) > 1 else 'trusts'} the whole account"
        )
    return found


def _names(grant: Grant, leaver: Leaver) -> bool:
    return any(holder(each) == holder(leaver.principal) for each in grant.trusts)


def _leaves_it_open(grant: Grant, granted: Granted, leaver: Leaver) -> bool:
    whole = (granted.account, f":iam::{granted.account}:root", ANYBODY)
    return not _names(grant, leaver) and any(each.endswith(whole) for each in grant.trusts)


def _taken_on(grant: Grant) -> Grant:
    role = grant.principal.rpartition("/")[2]
    return replace(grant, by=tuple(f"{policy} of the role {role}, which trusts them" for policy in grant.by))


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
