"""How long things take, in production and in a drill."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Timings:
    """How long things take, in seconds; field by field what an incident keeps as `bot.incident.model.Timings`."""

    confirm: float = 30.0
    retry_for: float = 600.0
    overlap: float = 900.0
    approval_expires: float = 1800.0
    http_timeout: float = 20.0
    sweep_wait: float = 60.0
    snapshot: float = 5.0
    watch: float = 60.0


PRODUCTION = Timings()
DRILL = Timings(
    confirm=1.0, retry_for=10.0, overlap=5.0, approval_expires=60.0, http_timeout=5.0, sweep_wait=5.0, watch=2.0
)
