"""What waits by itself since it could not be asked: a source, one of its alerts, a look at it, or the comparing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.errors import BotError, Throttled
from bot.logs import Logger

AGAIN, AT_LATEST = timedelta(seconds=5), timedelta(minutes=5)
"""Between the first two tries, twice as long each time, and at most; longer where a source says so itself."""
LONGEST = timedelta(hours=1)

_log = Logger(__name__)


@dataclass
class _Pause:
    count: int
    until: datetime
    error: BotError


@dataclass
class Pauses:
    """By name. Another worker remembers none of them, and asks."""

    _pauses: dict[str, _Pause] = field(default_factory=dict)

    def begin(
        self, name: str, error: BotError, now: datetime, at_latest: timedelta = AT_LATEST, first: timedelta = AGAIN
    ) -> None:
        count = self._pauses[name].count + 1 if name in self._pauses else 0
        wait = min(first * 2 ** min(count, 12), at_latest)
        if isinstance(error, Throttled) and error.retry_after is not None:
            wait = max(wait, min(timedelta(seconds=error.retry_after), LONGEST))
        self._pauses[name] = _Pause(count, now + wait, error)
        _log.warning("a source of news cannot be asked", source=name, error=str(error))

    def end(self, name: str) -> None:
        self._pauses.pop(name, None)

    def held(self, name: str, now: datetime) -> BotError | None:
        """Why it may not be asked yet; None where it may."""
        pause = self._pauses.get(name)
        return pause.error if pause is not None and pause.until > now else None

    def why(self, now: datetime) -> str:
        """Of whatever waits, one reason; empty where nothing does."""
        return next((str(pause.error) for pause in self._pauses.values() if pause.until > now), "")
