"""One look at a credential, and what it was answered."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Liveness(StrEnum):
    """What a probe saw. Only the documented answer for a revoked credential is DEAD; UNKNOWN counts as alive."""

    LIVE = "live"
    DEAD = "dead"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Answer:
    """A probe's outcome; `detail` is our own short wording of what was answered (``HTTP 401 invalid_api_key``)."""

    liveness: Liveness
    detail: str

    def about(self, subject: str) -> Probe:
        """The look as the log keeps it, with what was asked about."""
        return Probe(subject, self.liveness, self.detail)


@dataclass(frozen=True)
class Probe:
    """One look at a credential: `subject` is ``old``, ``control: …``, ``the new value`` or another secret's name."""

    subject: str
    liveness: Liveness
    detail: str
