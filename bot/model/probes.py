"""One look at a credential, and its answer."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Liveness(StrEnum):
    """The result of a probe. Only the documented answer for a revoked credential is DEAD; UNKNOWN counts as still
    working.
    """

    LIVE = "live"
    DEAD = "dead"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Answer:
    """A probe's outcome; `detail` is our own short wording of the answer (``HTTP 401 invalid_api_key``)."""

    liveness: Liveness
    detail: str

    def about(self, subject: str) -> Probe:
        """The look in the form that the log keeps, with its subject."""
        return Probe(subject, self.liveness, self.detail)


@dataclass(frozen=True)
class Probe:
    """One look at a credential: `subject` is ``old``, ``control: …``, ``the new key`` or another secret's name."""

    subject: str
    liveness: Liveness
    detail: str
