"""The age limit of proofs, so that a kept proof is useless later."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.eventlog.forms import format_time, parse_time
from bot.phrases.times import duration
from bot.proofs.statement import ProofRefused

AHEAD = timedelta(minutes=1)
"""How far the author's clock may be ahead of the worker's."""


def check_age(at: str, now: datetime, at_most: timedelta) -> None:
    """ProofRefused unless a statement's time `at` is at most `at_most` before `now`, and at most a minute after it."""
    demand_fresh(_moment(at), now, at_most)


def demand_fresh(at: datetime, now: datetime, at_most: timedelta) -> None:
    """The same for a time. `now` is the worker's clock; ProofRefused names the difference."""
    age = now - at
    if age > at_most:
        raise ProofRefused(
            f"The command was given {_size(age)} ago by the worker's clock and expired after {_size(at_most)}. "
            "Send it again. If you sent it just now, one of the clocks is wrong."
        )
    if -age > AHEAD:
        raise ProofRefused(
            f"The command's time is {_size(-age)} ahead of the worker's clock ({_size(AHEAD)} at most): correct the "
            "wrong clock and send it again."
        )


def _moment(at: str) -> datetime:
    try:
        moment = parse_time(at)
        if format_time(moment) == at:
            return moment
    except (ValueError, OverflowError):
        pass
    raise ProofRefused("The command's time has the wrong form: send it again with this program.")


def _size(length: timedelta) -> str:
    return duration(length.total_seconds())
