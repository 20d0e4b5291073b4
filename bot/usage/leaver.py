"""What somebody who leaves has read, and can still read, of an environment's parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.errors import OutsideError
from bot.model.departures import Leaver, Reach
from bot.model.reads import Read
from bot.people import acts_as
from bot.usage.contract import Grant, GrantSource, UsageSource, Verdict

EVENT_HISTORY = timedelta(days=90)
"""So far back CloudTrail's event history goes."""


@dataclass(frozen=True)
class Reached:
    """By secret. `unknown` is what could not be told, in sentences; without `grants_known` nobody knows what they can
    read.
    """

    reaches: tuple[Reach, ...] = ()
    unknown: tuple[str, ...] = ()
    grants_known: bool = False


def look_up(
    leaver: Leaver,
    parameters: Mapping[str, str],
    usage: UsageSource,
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
    reads = _asked(lambda: _reads(leaver, parameters, usage, now), "who read them", unknown)
    can = _asked(lambda: _grants(leaver, parameters, grants, progress), "who can read them", unknown)
    names = dict.fromkeys(parameters.values())
    reaches = (_reach(name, parameters, reads or {}, can or {}) for name in names)
    return Reached(tuple(each for each in reaches if each.can or each.reads), tuple(unknown), can is not None)


def _asked[T](ask: Callable[[], T], what: str, unknown: list[str]) -> T | None:
    try:
        return ask()
    except OutsideError as error:
        if error.retryable:
            raise
        unknown.append(f"{what} is not known: {error}")
        return None


def _reads(leaver: Leaver, parameters: Mapping[str, str], usage: UsageSource, now: datetime) -> dict[str, list[Read]]:
    """By parameter."""
    found: dict[str, list[Read]] = {}
    for read in usage.reads(frozenset(parameters), now - EVENT_HISTORY, now).reads:
        if acts_as(leaver.principal, read.principal):
            found.setdefault(read.parameter, []).append(read)
    return found


def _grants(
    leaver: Leaver, parameters: Mapping[str, str], grants: GrantSource, progress: Callable[[str], None]
) -> dict[str, list[Grant]]:
    found: dict[str, list[Grant]] = {}
    for grant in grants.grants(frozenset(parameters), progress).readable_by(leaver.principal):
        if grant.verdict is not Verdict.CANNOT:
            found.setdefault(grant.parameter, []).append(grant)
    return found


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
