"""Somebody leaves, once the incident is over: one person says so, another agrees, and what they knew is rotated."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Mapping
from typing import Any

from bot.drill.personas import DANA, ELI, KIM
from bot.drill.terminal_commands import type_command
from bot.errors import LogError
from bot.incident.model import New
from bot.incident.state import Incident
from bot.practice.client import Place

ENVIRONMENT = "staging"
"""Where it is practised: nothing of the incident, which is in production."""
LOOK = 0.2
PATIENCE = 20.0
"""Seconds that the first new value is waited for."""


def practise_departure(
    where: Place, narrate: Callable[[str], None], environ: Mapping[str, str], known: Callable[[], Incident | None]
) -> dict[str, Any] | None:
    """What came of it; `known` gives the run, once there is one. None where none could be begun."""
    narrate(f"{KIM.name} leaves: {DANA.name} says so, and what {KIM.name} knew of {ENVIRONMENT} is to be rotated")
    begins = ("departure", KIM.name, "--environment", ENVIRONMENT, "--because", "last day", "--yes", "--json")
    agrees = ("departure", KIM.name, "--agree", "--yes", "--no-wait", "--json")
    try:
        for persona, arguments in ((DANA, begins), (ELI, agrees)):
            if type_command(where.folder, persona.name, *arguments, environ=environ).returncode:
                return None
    except subprocess.TimeoutExpired:
        return None
    narrate(f"{ELI.name} agrees to the departure: new values are made now")
    run = _with_a_new_value(known)
    if run is None or run.departure is None:
        return None
    return {
        "run": run.id,
        "environment": run.environment,
        "person": run.departure.leaver.name,
        "agreed": run.departure.agreed.name if run.departure.agreed is not None else "",
        "secrets": {name: {"old": secret.old_state, "new": secret.new_state} for name, secret in run.secrets.items()},
        "paged": run.page.alerts_sent,
    }


def _with_a_new_value(known: Callable[[], Incident | None]) -> Incident | None:
    """As it is once one of its values is made, which waits for somebody to say that kim cannot read it; or later."""
    run, end = None, time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            run = known()
        except LogError:
            run = None  # a log that does not answer now is asked again
        if run is not None and any(secret.new_state is New.STAGED for secret in run.secrets.values()):
            return run
        time.sleep(LOOK)
    return run
