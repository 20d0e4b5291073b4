"""What a provider's records tell of a key's use, as its card says, and a look at them, page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bot.documents import Strict
from bot.errors import OutsideError, Unexpected
from bot.model.frozen import replace
from bot.model.uses import Concern, Per, Undo, Use, UseReport
from bot.phrases.times import few
from bot.providers.hosts import at_each

MOST_PAGES = 200
"""Pages of one kind of records."""
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


class Rule(Strict):
    """Actions that concern us in one way, each with why, as a sentence. `undo` says how people undo what they made;
    empty where nothing lasts. `item` and `of_role` are those of `Undo`.
    """

    concern: Concern
    actions: Mapping[str, str]
    undo: str = ""
    item: str = ""
    of_role: bool = False


class Records(Strict):
    """The records of a key's use at a provider: the fields of `UseReport` that are always the same, and which actions
    concern us. `delay` is by default for one that does not say how late a use is recorded.
    """

    source: str = ""
    per: Per = Per.KEY
    gap: str = ""
    delay: float | None = 3600.0
    not_visible: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()

    def judged(self, use: Use, action: str = "") -> Use:
        """The use with why it concerns us, unless it says so itself: by its action, or the one that is given."""
        action = action or use.action
        rule = next((each for each in self.rules if action in each.actions), None)
        if rule is None or use.concern:
            return use
        undo = Undo(rule.undo, rule.item, rule.of_role) if rule.undo else None
        return replace(use, concern=rule.concern, why=rule.actions[action], undo=undo)


NO_RECORDS = Records()


@dataclass
class Look:
    """A look at `records` between two UTC datetimes, until it is `enough`, which is asked before each further call. A
    record that cannot be read is a gap in the report and no error, unless none can be read.
    """

    records: Records
    since: datetime
    until: datetime
    enough: Callable[[], bool]
    gaps: list[str] = field(default_factory=list)
    _uses: list[Use] = field(default_factory=list)
    _cut: list[str] = field(default_factory=list)
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
                self.gaps.append(f"{record}: {error}.")
                return
            self._answered = True
            if page is None:
                return
            kept = (use for use in page if self.since <= use.last and use.first <= self.until)
            self._uses += map(self.records.judged, kept)
        self._cut.append(record)

    def report(self, *more: str) -> UseReport:
        """As `UseReport` has them; `more` is what cannot be seen besides. Raises what the last record answered if none
        could be read.
        """
        if self._failed is not None and not self._answered:
            raise self._failed
        cut = [f"Not read to the end: {few(self._cut)}."] if self._cut else []
        return UseReport(
            **{name: getattr(self.records, name) for name in ("source", "per", "delay", "gap")},
            since=self.since,
            until=self.until,
            uses=tuple(self._uses),
            not_visible=(*more, *self.records.not_visible, *self.gaps, *cut),
            truncated=bool(self.gaps or cut),
        )

    def untold(self, why: str) -> UseReport:
        """Of records that cannot be asked."""
        of, now = self.records, self.until
        return UseReport(of.source, of.per, now, now, None, (), of.not_visible, gap=why)

    def of_open_sessions(self, places: Sequence[str], at: Callable[[str], list[Use]]) -> UseReport:
        """The report of a user's sessions, which `at` gives for each server. A server under two names counts once.
        Raises what the servers answered if none could be asked.

        Of no earlier time than now, and of all who share the user: it can show use by others, and never only ours.
        """
        found, failed = at_each(places, at)
        if failed is not None and not found:
            raise failed
        unasked = (f"Servers without an answer: {failed.cause}.",) if failed is not None else ()
        uses = tuple({use.id: use for uses in found for use in uses}.values())
        report = self.untold(self.records.gap)
        return replace(report, uses=uses, not_visible=(*report.not_visible, *unasked))
