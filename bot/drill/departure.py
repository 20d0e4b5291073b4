"""Somebody leaves, once the incident is over: one person says so, another agrees, and what they knew is rotated where
they cannot read it any more.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from bot.drill.client.place import Place
from bot.drill.personas import DANA, ELI, KIM
from bot.drill.terminal_commands import type_command
from bot.errors import LogError
from bot.incident.model import New
from bot.incident.new_value.promotion import making_held
from bot.incident.state import Incident

ENVIRONMENT = "staging"
"""Where it is practised: nothing of the incident, which is in production."""
LOOK = 0.2
PATIENCE = 20.0
"""Seconds that the first new value is waited for."""
MADE = frozenset({New.STAGED, New.LIVE, New.UNCONFIRMED})
ACCESS_ENDED = "Kim has no AWS user of their own, and the shared laptop is back."


def practise_departure(
    where: Place, narrate: Callable[[str], None], environ: Mapping[str, str], known: Callable[[], Incident | None]
) -> dict[str, Any] | None:
    """What came of it; `known` gives the run, once there is one. None where none could be begun."""
    narrate(f"{KIM.name} leaves: {DANA.name} says so, and what {KIM.name} knew of {ENVIRONMENT} is to be rotated")
    begins = ("people", "departure", KIM.name, "--environment", ENVIRONMENT, "--note", "last day", "--yes", "--json")
    agrees = ("people", "departure", KIM.name, "--agree", "--yes", "--no-wait", "--json")
    try:
        for persona, arguments in ((DANA, begins), (ELI, agrees)):
            if type_command(where.folder, persona.name, *arguments, environ=environ).returncode:
                return None
    except subprocess.TimeoutExpired:
        return None
    narrate(f"{ELI.name} agrees to the departure; nothing new is made where {KIM.name} might still read it")
    run = _once(known, lambda run: any(making_held(run, secret) for secret in run.secrets.values()))
    if run is None or run.departure is None:
        return None
    held = next((secret.name for secret in run.secrets.values() if making_held(run, secret)), None)
    if held is not None:
        narrate(f"{DANA.name} has seen {KIM.name}'s access end: the new {held} is made")
        goes_on = ("incident", "use", run.id, held, "--note", ACCESS_ENDED, "--no-wait", "--json")
        with suppress(subprocess.TimeoutExpired):
            type_command(where.folder, DANA.name, *goes_on, environ=environ)
    run = _once(known, lambda run: any(secret.new_state in MADE for secret in run.secrets.values())) or run
    if run.departure is None:
        return None
    return {
        "run": run.id,
        "environment": run.environment,
        "person": run.departure.leaver.name,
        "agreed": run.departure.agreed.name if run.departure.agreed is not None else "",
        "secrets": {name: {"old": secret.old_state, "new": secret.new_state} for name, secret in run.secrets.items()},
        "paged": run.page.alerts_sent,
    }


def _once(known: Callable[[], Incident | None], holds: Callable[[Incident], bool]) -> Incident | None:
    """The run as it is once this holds of it, or when patience ends."""
    run, end = None, time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            run = known()
        except LogError:
            run = None  # a log that does not answer now is asked again
        if run is not None and holds(run):
            return run
        time.sleep(LOOK)
    return run
