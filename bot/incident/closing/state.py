"""What is known of report, close and reopening."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


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
    decisions: str = ""
    decisions_at: datetime | None = None
