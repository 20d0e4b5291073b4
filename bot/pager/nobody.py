"""No pager at all, which does not pretend: every call says what is missing."""

from __future__ import annotations

from typing import NoReturn

from bot.errors import Refused
from bot.pager.contract import Page

CAUSE = "no routing key is configured: set BOT_PAGERDUTY_ROUTING_KEY"


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
