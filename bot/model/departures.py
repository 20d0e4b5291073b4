"""That someone leaves: who it is, and what their principal read and can read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Leaver:
    """A person who leaves, as the people file had them. `principal` is their ARN; empty where it had none."""

    name: str
    principal: str = ""


@dataclass(frozen=True)
class Reach:
    """The leaver's access to one secret's parameters. `can`: IAM allows reading (``can``), allows it under a condition
    that cannot be evaluated (``may``), or does not (empty); `by` names the policies. `reads` counts reads in
    CloudTrail, the newest at `last_read`.
    """

    secret: str
    can: str = ""
    by: tuple[str, ...] = ()
    reads: int = 0
    last_read: datetime | None = None
