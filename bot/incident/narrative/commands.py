"""What can be asked of the report's words."""

from __future__ import annotations

from dataclasses import dataclass

from bot.incident.stored import stored
from bot.model.fields import Digest, Words


@stored("write-narrative", text="summary")
@dataclass(frozen=True)
class WriteNarrative:
    """What is empty, or as it was, stays as it is."""

    summary: Words = ""
    impact: Words = ""
    cause: Words = ""
    lessons: Words = ""


@stored("sign-report")
@dataclass(frozen=True)
class SignReport:
    """`digest` is that of the report that was read: another one is not signed by it."""

    digest: Digest


NarrativeCommand = WriteNarrative | SignReport
