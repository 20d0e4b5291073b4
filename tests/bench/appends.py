"""Hears of each append of this process at once: a benchmark that looked every so often would measure its own pauses."""

from collections.abc import Callable
from typing import Any

from bot.eventlog.sql import EventLog


def after_appends(event_log: EventLog, tell: Callable[[], None]) -> None:
    """Calls `tell` whenever something was committed."""
    wakeups: Any = event_log.wakeups
    committed = wakeups.committed

    def told() -> None:
        committed()
        tell()

    wakeups.committed = told
