"""How long things take."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Timings:
    """How long things take, in seconds: what the settings say, and what an incident keeps from its declaration on."""

    confirm: float = 30.0
    retry_for: float = 600.0
    overlap: float = 900.0
    approval_expires: float = 1800.0
    http_timeout: float = 20.0
    sweep_wait: float = 60.0
    snapshot: float = 5.0
    watch: float = 60.0
