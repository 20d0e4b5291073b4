"""Someone leaves after the incident: one person says so, another agrees, and what they knew is rotated once they can
no longer read it.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Mapping
from typing import Any

from bot.drill.client.place import Place
from bot.drill.personas import DANA, ELI, KIM, Persona
from bot.drill.terminal_commands import COMMANDS, type_command
from bot.errors import LogError
from bot.incident.model import New
from bot.incident.new_value.promotion import making_held
from bot.incident.state import Incident

ENVIRONMENT = "staging"
"""Where it is practised: nothing of the incident, which is in production."""
LOOK = 0.2
PATIENCE = 20.0
"""Seconds that the first new key is waited for."""
MADE = frozenset({New.STAGED, New.LIVE, New.UNCONFIRMED})
ACCESS_ENDED = "Kim has no AWS user of their own, and the shared laptop is back."


class _Stuck(Exception):
    """It makes no progress; the message says why."""


def practise_departure(
    where: Place, narrate: Callable[[str], None], environ: Mapping[str, str], known: Callable[[], Incident | None]
) -> dict[str, Any] | None:
    """What came of it; `known` gives the run, once there is one. None where it makes no progress: then people are told
    why.
    """
    try:
        return _practised(where, narrate, environ, known)
    except _Stuck as stuck:
        narrate(
            f"the departure of {KIM.name} makes no progress: {stuck}. The people stop; {COMMANDS} has what they typed"
        )
        return None


def _practised(
    where: Place, narrate: Callable[[str], None], environ: Mapping[str, str], known: Callable[[], Incident | None]
) -> dict[str, Any]:
    narrate(f"{KIM.name} leaves: {DANA.name} begins to rotate what {KIM.name} knew of {ENVIRONMENT}")
    begins = ("people", "departure", KIM.name, "--environment", ENVIRONMENT, "--note", "last day", "--yes", "--json")
    agrees = ("people", "departure", KIM.name, "--agree", "--yes", "--no-wait", "--json")
    for persona, arguments in ((DANA, begins), (ELI, agrees)):
        if said := _failed(where, persona, arguments, environ):
            raise _Stuck(said)
    narrate(f"{ELI.name} agrees to the departure; new keys wait where {KIM.name} might still read them")
    run = _once(known, lambda run: any(making_held(run, secret) for secret in run.secrets.values()))
    if run is None or run.departure is None:
        raise _Stuck(f"no new key is held after {PATIENCE:.0f} s")
    held = next((secret.name for secret in run.secrets.values() if making_held(run, secret)), None)
    if held is not None:
        narrate(f"{DANA.name} confirms that {KIM.name} can no longer read {held}: the new one is made")
        goes_on = ("answer", run.id, f"held:{held}", "used", "--note", ACCESS_ENDED, "--no-wait", "--json")
        if said := _failed(where, DANA, goes_on, environ):
            raise _Stuck(said)
    run = _once(known, _made) or run
    if run.departure is None or not _made(run):
        raise _Stuck(f"no new key is made after {PATIENCE:.0f} s")
    return {
        "run": run.id,
        "environment": run.environment,
        "person": run.departure.leaver.name,
        "agreed": run.departure.agreed.name if run.departure.agreed is not None else "",
        "secrets": {name: {"old": secret.old_state, "new": secret.new_state} for name, secret in run.secrets.items()},
        "paged": run.page.alerts_sent,
    }


def _made(run: Incident) -> bool:
    return any(secret.new_state in MADE for secret in run.secrets.values())


def _failed(where: Place, persona: Persona, arguments: tuple[str, ...], environ: Mapping[str, str]) -> str:
    """What the command answered where it failed; empty where it was taken."""
    try:
        done = type_command(where.folder, persona.name, *arguments, environ=environ)
    except subprocess.TimeoutExpired:
        return f"`bot {arguments[0]} {arguments[1]}` did not end"
    return (done.stderr or done.stdout).strip() if done.returncode else ""


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
