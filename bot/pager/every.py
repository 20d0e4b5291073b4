"""Several pagers as one: each is asked, and it has gone well if one of them could do it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.errors import OutsideError
from bot.pager.contract import Page, Pager


@dataclass(frozen=True)
class EveryPager:
    """At least one pager. Raises what the first one raised, if none could do it."""

    pagers: tuple[Pager, ...]

    def trigger(self, page: Page) -> None:
        self._each(lambda pager: pager.trigger(page))

    def note(self, page: Page, text: str) -> None:
        self._each(lambda pager: pager.note(page, text))

    def acknowledge(self, incident: str) -> None:
        self._each(lambda pager: pager.acknowledge(incident))

    def resolve(self, incident: str) -> None:
        self._each(lambda pager: pager.resolve(incident))

    def _each(self, ask: Callable[[Pager], None]) -> None:
        at_least_one(self.pagers, ask)


def at_least_one[T](every: Sequence[T], tell: Callable[[T], None]) -> None:
    """Tells each of them, and raises what the first one raised only if nobody could be told."""
    failures: list[OutsideError] = []
    for one in every:
        try:
            tell(one)
        except OutsideError as error:
            failures.append(error)
    if len(failures) == len(every):
        raise failures[0]
