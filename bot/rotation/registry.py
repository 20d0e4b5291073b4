"""Which function carries out which operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.incident.events import Outcome
from bot.incident.operations import Op
from bot.rotation import ending, looking, making, placing
from bot.rotation.job import Job

OPERATIONS: Mapping[Op, Callable[[Job], Outcome]] = {
    Op.CAPTURE: ending.capture,
    Op.SNAPSHOT: ending.snapshot,
    Op.REVOKE: ending.revoke,
    Op.PROVE: ending.prove,
    Op.UNSTAGE_OLD: ending.unstage_old,
    Op.READ_SCOPES: making.read_scopes,
    Op.RECEIVE: making.receive,
    Op.ISSUE: making.issue,
    Op.INSTALL: making.install,
    Op.SWEEP: making.sweep,
    Op.END_ORPHAN: making.end_orphan,
    Op.UNSTAGE: making.unstage,
    Op.VERIFY: placing.verify,
    Op.PROMOTE: placing.promote,
    Op.VERIFY_LIVE: placing.verify_live,
    Op.REFRESH: placing.refresh,
    Op.USAGE: looking.usage,
}
