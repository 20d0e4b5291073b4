"""Which function carries out which operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.incident.events import Outcome
from bot.incident.operations import Op
from bot.rotation import around, deleting, ending, looking, making, placing, proving, receiving, rolling_back, tidying
from bot.rotation.job import Job

OPERATIONS: Mapping[Op, Callable[[Job], Outcome]] = {
    Op.CAPTURE: ending.capture,
    Op.SNAPSHOT: ending.snapshot,
    Op.LAST_USE: ending.last_use,
    Op.REVOKE: ending.revoke,
    Op.PROVE: proving.prove,
    Op.UNSTAGE_OLD: ending.unstage_old,
    Op.READ_SCOPES: making.read_scopes,
    Op.RECEIVE: receiving.receive,
    Op.ISSUE: making.issue,
    Op.INSTALL: making.install,
    Op.SWEEP: tidying.sweep,
    Op.END_ORPHAN: tidying.end_orphan,
    Op.UNSTAGE: tidying.unstage,
    Op.VERIFY: placing.verify,
    Op.PROMOTE: placing.promote,
    Op.ROLL_BACK: rolling_back.roll_back,
    Op.VERIFY_LIVE: placing.verify_live,
    Op.CONFIRM: placing.confirm,
    Op.REFRESH: placing.refresh,
    Op.USAGE: looking.usage,
    Op.INSPECT: looking.inspect,
    Op.DELETE_OLD: deleting.delete_old,
    Op.LOOK_AROUND: around.look_around,
}
