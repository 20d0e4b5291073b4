"""Waking people up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NoReturn, Protocol

from bot.errors import Refused


@dataclass(frozen=True)
class Page:
    """The text of a page: incident, environment, severity and effect, never anything about the secret. `meet` says how
    responders find each other if Slack is not trusted; empty if they meet in the channel. `details` are what to do, how
    far the incident is, and what to do without Slack, each under its name.
    """

    incident: str
    summary: str
    severity: str
    link: str
    environment: str
    meet: str = ""
    details: Mapping[str, str] = field(default_factory=dict)


class Pager(Protocol):
    """`incident` is the dedup key of everything. Errors: Throttled, Unauthorized, Refused, Unreachable, Unexpected."""

    def trigger(self, page: Page) -> None:
        """Opens (or again: leaves open) the alert of `page.incident`."""

    def note(self, page: Page, text: str) -> None:
        """Adds a milestone to the alert, where there is a REST key; else a change of the alert's details."""

    def acknowledge(self, incident: str) -> None: ...

    def resolve(self, incident: str) -> None: ...


CAUSE = "no routing key is configured: set BOT_PAGERDUTY_ROUTING_KEY"


class NoPager:
    """For an installation without a pager: every call says what is missing."""

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
