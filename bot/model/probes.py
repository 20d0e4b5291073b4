"""One look at a credential, and what it was answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
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


# A read of a parameter that holds a secret.


@dataclass(frozen=True)
class Read:
    """One recorded read of a parameter: `principal` is an ARN, `address` an IP address or an AWS service's name, `at` a
    UTC datetime. `by_version`: a version or label was named, so that it may have shown a value that is not in place any
    more; False too where a release recorded it that did not look.
    """

    at: datetime
    principal: str
    address: str
    agent: str
    action: str
    parameter: str
    by_bot: bool = False
    by_version: bool = False

    @property
    def refused(self) -> bool:
        """Whether it was tried in vain."""
        return "(refused:" in self.action
