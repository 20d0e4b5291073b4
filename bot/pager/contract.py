"""Waking people up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True)
class Page:
    """What a page says: the incident, environment, severity and effect, never anything of the secret. `meet` is how
    responders find each other where Slack is not trusted; empty where they meet in the channel.
    """

    incident: str
    summary: str
    severity: str
    link: str
    environment: str
    meet: str = ""


class Pager(Protocol):
    """`incident` is the dedup key of everything. Errors: Throttled, Unauthorized, Refused, Unreachable, Unexpected."""

    def trigger(self, page: Page) -> None:
        """Opens (or again: leaves open) the alert of `page.incident`."""

    def note(self, page: Page, text: str) -> None:
        """Adds a milestone to the alert, where there is a REST key; else a change of the alert's details."""

    def acknowledge(self, incident: str) -> None: ...

    def resolve(self, incident: str) -> None: ...


@runtime_checkable
class Checks(Protocol):
    """A pager that can be asked whether it could page."""

    def check(self) -> str:
        """What was found, as a phrase; nobody is paged by it. The contract's errors where it could not page."""
