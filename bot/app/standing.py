"""Standing approvals as runs and their kills ask for them: which covers a secret, and why one does not stand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot.eventlog.side_log import SideLogDamaged
from bot.eventlog.sql import EventLog
from bot.logs import Logger
from bot.model.standing import StandingApproval
from bot.programme.state import Entitled, in_force

AGREED_IN_THE_RUN = 0
"""The number of what two people agreed to in the run itself: no approval of the programme."""
_log = Logger(__name__)


def covering(event_log: EventLog, entitled: Entitled) -> Callable[[str, str, datetime], StandingApproval | None]:
    """Finds the approval in force for an environment's secret at a time. Where the record is damaged none is: then
    people are asked.
    """

    def found(environment: str, secret: str, at: datetime) -> StandingApproval | None:
        try:
            return in_force(event_log.programme.current(), environment, secret, at, entitled)
        except SideLogDamaged as damaged:
            _log.error("no standing approval counts", what=damaged.what)
            return None

    return found


def why_withdrawn(
    event_log: EventLog, entitled: Entitled, clock: Callable[[], datetime]
) -> Callable[[StandingApproval], str]:
    """Tells, as a sentence, why a run's standing approval does not stand any more; empty while it does."""

    def why(standing: StandingApproval) -> str:
        if standing.number == AGREED_IN_THE_RUN:
            return ""
        try:
            known = event_log.programme.current().standing.get(standing.number)
        except SideLogDamaged as damaged:
            return f"{damaged}."
        if known is None or known.approval != standing:
            return f"Standing approval {standing.number} is not what two people have signed."
        reason = known.why_not(clock(), entitled)
        return f"Standing approval {standing.number} is not in force: {reason}." if reason else ""

    return why
