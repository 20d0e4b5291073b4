"""What can have happened to the report's words."""

from __future__ import annotations

from dataclasses import dataclass

from bot.incident.stored import stored


@stored("narrative-written")
@dataclass(frozen=True)
class NarrativeWritten:
    """`part` is ``summary`` or ``lessons``; impact and root cause are findings."""

    part: str
    text: str
    v: int = 1


@stored("report-signed")
@dataclass(frozen=True)
class ReportSigned:
    """A person stands for the report with these SHA-256, which covers the events up to `covers`."""

    digest: str
    html_digest: str
    covers: int
    v: int = 1


NarrativeByPerson = NarrativeWritten | ReportSigned
NarrativeEvent = NarrativeByPerson
