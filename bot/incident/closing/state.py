"""What is known of report, close and reopening."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.incident.model import By


@dataclass(frozen=True)
class Delivery:
    """Where a report is to arrive, or the entry of the decisions log. `covers` is that of the one that is wanted there,
    `arrived` that of the one that is there, `place` where.
    """

    wanted_at: datetime
    covers: int
    arrived: int = 0
    place: str = ""

    @property
    def owed(self) -> bool:
        return self.arrived < self.covers


@dataclass(frozen=True)
class Signature:
    """Who stands for which report: the SHA-256 of its two forms, and how far it goes. `seq` is the event's number."""

    by: By
    digest: str
    html_digest: str
    covers: int
    seq: int
    also: tuple[str, ...] = ()
    """Who signed the same one before."""

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.also, self.by.name)


@dataclass(frozen=True)
class Version:
    """The SHA-256 of a report's two forms."""

    digest: str
    html_digest: str


@dataclass(frozen=True)
class ReportState:
    requested_at: datetime | None = None
    path: str = ""
    digest: str = ""
    html: str = ""
    html_digest: str = ""
    head: str = ""
    covers: int = 0
    withheld: int = 0
    """Lines that the report does not show, because a secret stood in them."""
    written_at: datetime | None = None
    signed: Signature | None = None
    """The last signature; of the report as it is now, if the digests agree."""
    unshown_at: datetime | None = None
    """Since when the report's page does not show who has signed it; None if it does, or nobody has."""
    decisions: str = ""
    decisions_at: datetime | None = None
    kept: tuple[Version, ...] = ()
    """Those that stay, whatever is written later: what was signed, and what the decisions log names. None that may hold
    words that were taken out of the log since.
    """
    outdated: bool = False
    """Whether what is being written, the report or the entry, was begun before words were taken out of the log."""
    deliveries: Mapping[str, Delivery] = field(default_factory=dict)
    """By where they go: ``slack``, ``s3``, ``github``."""

    @property
    def signers(self) -> tuple[str, ...]:
        """Who has signed it as it is now."""
        return self.signed.names if self.signed is not None and self.signed.digest == self.digest else ()


def keeping(report: ReportState, version: Version, covers: int, redacted_seq: int) -> ReportState:
    """The report, of which this version stays, unless words were taken out of the log since."""
    if not version.digest or covers < redacted_seq or version in report.kept:
        return report
    return replace(report, kept=(*report.kept, version))
