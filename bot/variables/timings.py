"""How long things take, in production and in a drill."""

from __future__ import annotations

from bot.model.timings import Timings

PRODUCTION = Timings()
DRILL = Timings(
    confirm=1.0, retry_for=10.0, overlap=5.0, approval_expires=60.0, http_timeout=5.0, sweep_wait=5.0, watch=2.0
)
