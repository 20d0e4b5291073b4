"""Where reports and the decisions log are kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Filed:
    """Where a report was put, as people find it there, and the SHA-256 of its bytes in hex."""

    place: str
    digest: str


class Archive(Protocol):
    """What it is given has passed the search for secrets. Errors: Misuse (no incident is named), Throttled,
    Unauthorized, Unreachable, Refused, Unexpected.
    """

    def put_report(self, incident: str, text: str, form: str = "md", signed: str = "") -> Filed:
        """Puts the report of `incident`, an id, in one of its forms (``md``, ``html``); an earlier one is replaced, but
        that with the SHA-256 `signed` is kept beside it as it is.
        """
        ...

    def forget_signed(self, incident: str) -> None:
        """Deletes what was kept of signed reports: words of theirs were redacted."""
        ...

    def read_report(self, incident: str, form: str, digest: str) -> str | None:
        """The report with this SHA-256; None where another one, or none, is kept here."""
        ...

    def add_decision(self, entry: str, *, anew: bool = False) -> str:
        """Adds the entry to the decisions log, unless one with its marker stands there; `anew`: that one is replaced.
        Gives the place of the log.
        """
        ...
