"""Where reports and the decisions log are kept."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol


def kept_name(incident: str, digest: str, form: str = "md") -> str:
    """How a kept version is called once a later one has taken its place: ``inc_ab12cd.kept-ea461b3187b5.md``."""
    return f"{incident}.kept-{digest[:12]}.{form}"


@dataclass(frozen=True)
class Filed:
    """Where a report was put, as people find it there, and the SHA-256 of its bytes in hex."""

    place: str
    digest: str


class Archive(Protocol):
    """What it is given has passed the search for secrets. Errors: Misuse (no incident is named), Throttled,
    Unauthorized, Unreachable, Refused, Unexpected.
    """

    def put_report(self, incident: str, text: str, form: str = "md", keep: Collection[str] = ()) -> Filed:
        """Puts the report of `incident`, an id, in one of its forms (``md``, ``html``); an earlier one is replaced, but
        one with a SHA-256 among `keep` stays beside it as it is, under its `kept_name`.
        """
        ...

    def forget_kept(self, incident: str, but: Collection[str] = ()) -> None:
        """Deletes the versions that were kept, `but` those with such a SHA-256: words of theirs were redacted."""
        ...

    def read_report(self, incident: str, form: str, digest: str) -> str | None:
        """The report with this SHA-256; None where another one, or none, is kept here."""
        ...

    def add_decision(self, entry: str, *, anew: bool = False) -> str:
        """Adds the entry to the decisions log, unless one with its marker stands there; `anew`: that one is replaced.
        Gives the place of the log.
        """
        ...
