"""How old what was proven may be: a proof that somebody kept must not be of use later."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.eventlog.forms import format_time, parse_time
from bot.phrases.times import duration
from bot.proofs.statement import ProofRefused

AHEAD = timedelta(minutes=1)
"""How far the clock of whoever gives a command may be ahead of the worker's."""


def check_age(at: str, now: datetime, at_most: timedelta) -> None:
    """Whether a statement's time `at` is at most `at_most` before `now`, the worker's clock, and at most a minute after
    it. ProofRefused names the difference.
    """
    age = now - _moment(at)
    if age > at_most:
        raise ProofRefused(
            f"The command was given {_size(age)} ago by the worker's clock, and counts for {_size(at_most)}: "
            "give it anew. If it was given just now, one of the two clocks is wrong."
        )
    if -age > AHEAD:
        raise ProofRefused(
            f"The command's time is {_size(-age)} ahead of the worker's clock, {_size(AHEAD)} at most is taken: "
            "set the clock that is wrong, and give it anew."
        )


def _moment(at: str) -> datetime:
    try:
        moment = parse_time(at)
        if format_time(moment) == at:
            return moment
    except (ValueError, OverflowError):
        pass
    raise ProofRefused("The command's time is not written as the log writes it: give it anew with this program.")


def _size(length: timedelta) -> str:
    return duration(length.total_seconds())
