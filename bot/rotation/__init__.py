"""The operations on secrets: one function for each, from a job to the event that it produced.

A job holds what is known and the ports. `HANDLERS` maps `Op.REVOKE` to `revoke`. Lanes, priorities and phrases of
the operations are in `bot.incident.operations`; the `schedule.py` of each subject of `bot.incident` says when one is
due.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.incident.events import Outcome
from bot.incident.operations import Op
from bot.rotation.capture import capture
from bot.rotation.check_siblings import check_siblings
from bot.rotation.end_orphan import delete_old, end_orphan
from bot.rotation.inspect import deny, inspect
from bot.rotation.issue import install, issue
from bot.rotation.job import Job, Tools
from bot.rotation.promote import promote, roll_back
from bot.rotation.prove import prove
from bot.rotation.receive import receive
from bot.rotation.refresh import refresh
from bot.rotation.revoke import revoke
from bot.rotation.snapshot import last_use, read_scopes, snapshot
from bot.rotation.unstage import sweep, unstage, unstage_old
from bot.rotation.usage import look_up_key, look_up_leaver, usage
from bot.rotation.use import look_up_use
from bot.rotation.verify import confirm, verify, verify_live

__all__ = ["HANDLERS", "Job", "Tools"]

Handler = Callable[[Job], Outcome]

HANDLERS: Mapping[Op, Handler] = {
    Op.CAPTURE: capture,
    Op.SNAPSHOT: snapshot,
    Op.LAST_USE: last_use,
    Op.REVOKE: revoke,
    Op.PROVE: prove,
    Op.UNSTAGE_OLD: unstage_old,
    Op.READ_SCOPES: read_scopes,
    Op.RECEIVE: receive,
    Op.ISSUE: issue,
    Op.INSTALL: install,
    Op.VERIFY: verify,
    Op.PROMOTE: promote,
    Op.ROLL_BACK: roll_back,
    Op.VERIFY_LIVE: verify_live,
    Op.CONFIRM: confirm,
    Op.SWEEP: sweep,
    Op.END_ORPHAN: end_orphan,
    Op.UNSTAGE: unstage,
    Op.REFRESH: refresh,
    Op.USAGE: usage,
    Op.INSPECT: inspect,
    Op.DELETE_OLD: delete_old,
    Op.CHECK_SIBLINGS: check_siblings,
    Op.LOOK_UP_LEAVER: look_up_leaver,
    Op.LOOK_UP_KEY: look_up_key,
    Op.LOOK_UP_USE: look_up_use,
    Op.DENY: deny,
}
"""The handlers. Operations on the incident itself are methods of `bot.worker.operations`."""
