"""Which function carries out which operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.incident.events import Outcome
from bot.incident.operations import Op
from bot.rotation.capture import capture
from bot.rotation.check_siblings import check_siblings
from bot.rotation.confirm import confirm
from bot.rotation.delete_old import delete_old
from bot.rotation.end_orphan import end_orphan
from bot.rotation.inspect import inspect
from bot.rotation.install import install
from bot.rotation.issue import issue
from bot.rotation.job import Job
from bot.rotation.last_use import last_use
from bot.rotation.promote import promote
from bot.rotation.prove import prove
from bot.rotation.read_scopes import read_scopes
from bot.rotation.receive import receive
from bot.rotation.refresh import refresh
from bot.rotation.revoke import revoke
from bot.rotation.roll_back import roll_back
from bot.rotation.snapshot import snapshot
from bot.rotation.sweep import sweep
from bot.rotation.unstage import unstage, unstage_old
from bot.rotation.usage import usage
from bot.rotation.verify import verify
from bot.rotation.verify_live import verify_live

HANDLERS: Mapping[Op, Callable[[Job], Outcome]] = {
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
}
