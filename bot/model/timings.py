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
    records: float = 31_536_000.0
    """After these seconds each record of a use has arrived: a drill has them at once, and a year limits no provider."""
    time_zone: str = "UTC"
    """The responders' time zone, by its name in the IANA database."""
    day_from: float = 8 * 3600.0
    day_until: float = 20 * 3600.0
    """Their day, in seconds since midnight by the clock on the wall: outside of it only what cannot wait wakes them."""
