"""A look for the uses of a key in one or more records of its provider, page by page, and the times in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bot.errors import OutsideError, Unexpected
from bot.model.uses import Per, Use, UseReport
from bot.providers.hosts import at_each

MOST_PAGES = 200
"""Pages of one kind of records."""
UNKNOWN_DELAY = 3600.0
"""Seconds until the second look, where the provider does not say how late a use is recorded."""
_LARGEST = 100_000_000_000
"""Of a number of seconds: that would be the year 5138."""


def any_time(at: object, provider: str, verb: str) -> datetime:
    """A time in a form that is not documented: text, in UTC by default, or a number of seconds, milliseconds,
    microseconds or nanoseconds, by its size. Unexpected for anything else.
    """
    try:
        if isinstance(at, str) and not at.isdecimal():
            found = datetime.fromisoformat(at)
            return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
        seconds = float(str(at))
        for _ in range(3):
            seconds /= 1000 if seconds >= _LARGEST else 1
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        raise Unexpected(provider, verb, "a time in a form that is not known") from None


@dataclass
class Look:
    """Between two UTC datetimes, until it is `enough`. A record that cannot be read is a gap in the report and no
    error, unless none can be read.
    """

    since: datetime
    until: datetime
    enough: Callable[[], bool]
    _uses: list[Use] = field(default_factory=list)
    _gaps: list[str] = field(default_factory=list)
    _failed: OutsideError | None = None
    _answered: bool = False

    def read(self, record: str, pages: Iterable[Iterable[Use]], most: int = MOST_PAGES) -> None:
        """Takes the uses of at most so many pages. `record` is its name for people; asking for a page may raise an
        OutsideError.
        """
        rest = iter(pages)
        for _ in range(most):
            if self.enough():
                break
            try:
                page = next(rest, None)
            except OutsideError as error:
                self._failed = error
                self._gaps.append(f"{record}: {error}.")
                return
            self._answered = True
            if page is None:
                return
            self._uses += (use for use in page if self.since <= use.last and use.first <= self.until)
        self._gaps.append(f"{record}: not read to the end.")

    def report(
        self, source: str, per: Per, not_visible: Iterable[str], gap: str, delay: float = UNKNOWN_DELAY
    ) -> UseReport:
        """As `UseReport` has them. Raises what the last record answered if none could be read."""
        if self._failed is not None and not self._answered:
            raise self._failed
        return UseReport(
            source=source,
            per=per,
            since=self.since,
            until=self.until,
            delay=delay,
            uses=tuple(self._uses),
            not_visible=(*not_visible, *self._gaps),
            truncated=bool(self._gaps),
            gap=gap,
        )


def in_open_sessions(
    places: Sequence[str], at: Callable[[str], list[Use]], now: datetime, source: str, not_visible: tuple[str, ...]
) -> UseReport:
    """The report of a user's sessions, which `at` gives for each server. A server under two names counts once. Raises
    what the servers answered if none could be asked.

    Of no earlier time than `now`, and of all who share the user: it can show use by others, and never only ours.
    """
    found, failed = at_each(places, at)
    if failed is not None and not found:
        raise failed
    unasked = (f"Servers without an answer: {failed.cause}.",) if failed is not None else ()
    return UseReport(
        source=source,
        per=Per.PROJECT,
        since=now,
        until=now,
        delay=None,
        uses=tuple({use.id: use for uses in found for use in uses}.values()),
        not_visible=(*not_visible, *unasked),
        gap=f"the server shows only {source}",
    )
