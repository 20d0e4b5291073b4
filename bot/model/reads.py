"""A read of a parameter that holds a secret."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Read:
    """One recorded read of a parameter: `principal` is an ARN, `address` an IP address or an AWS service's name, `at` a
    UTC datetime. `by_version`: a version or label was named, so that it may have shown a value that is not in place any
    more.
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
