"""Several pagers as one, each of which is asked: it has gone well if one of them could do it. And none at all, which
does not pretend: every call says what is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NoReturn

from bot.errors import OutsideError, Refused
from bot.pager.contract import Page, Pager

CAUSE = "no routing key is configured: set BOT_PAGERDUTY_ROUTING_KEY"


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


class NoPager:
    """Satisfies `Pager` and raises Refused from every method."""

    def trigger(self, page: Page) -> None:
        _refuse(f"trigger {page.incident}")

    def note(self, page: Page, text: str) -> None:  # noqa: ARG002 - the contract's signature
        _refuse(f"note on {page.incident}")

    def acknowledge(self, incident: str) -> None:
        _refuse(f"acknowledge {incident}")

    def resolve(self, incident: str) -> None:
        _refuse(f"resolve {incident}")


def _refuse(verb: str) -> NoReturn:
    raise Refused("pagerduty", verb, CAUSE)
