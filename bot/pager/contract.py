"""Waking people up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
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
        ...

    def note(self, page: Page, text: str) -> None:
        """Adds a milestone to the alert, where there is a REST key; else a change of the alert's details."""
        ...

    def acknowledge(self, incident: str) -> None: ...

    def resolve(self, incident: str) -> None: ...


@runtime_checkable
class Checks(Protocol):
    """A pager that can be asked whether it could page."""

    def check(self) -> str:
        """What was found, as a phrase; nobody is paged by it. The contract's errors where it could not page."""
        ...


@dataclass(frozen=True)
class User:
    """Somebody as the pager knows them. `email` is empty where it does not say."""

    name: str
    email: str = ""


@dataclass(frozen=True)
class Seen:
    """What a pager tells of a page: who is on call, by level; who has acknowledged, and when, the earliest first; the
    level that it pages now, 0 where that cannot be told; and, in phrases, what its key may not read.
    """

    on_call: tuple[tuple[int, User], ...] = ()
    acknowledged: tuple[tuple[datetime, User], ...] = ()
    level: int = 0
    hidden: tuple[str, ...] = ()


@runtime_checkable
class Answers(Protocol):
    """A pager that may know who is on call, and who has acknowledged a page."""

    def look(self, incident: str) -> Seen | None:
        """None where it cannot tell, for want of a key that reads."""
        ...


@dataclass(frozen=True)
class Escalated:
    """Whom the pager now pages, by name; or why it pages nobody else."""

    level: int
    whom: tuple[str, ...] = ()
    why_not: str = ""


@runtime_checkable
class Escalates(Protocol):
    """A pager with further levels of people."""

    def escalate(self, incident: str, level: int) -> Escalated:
        """Pages that level of the policy. Looks first: one that is paged already is not paged a second time."""
        ...
