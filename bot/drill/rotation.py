"""A planned rotation beside the incident: one person begins it, another agrees, and the machine does the rest."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.drill.client.place import Place
from bot.drill.personas import DANA, ELI
from bot.drill.terminal_commands import type_command
from bot.errors import LogError
from bot.incident.state import Incident

SECRET, STAGING = "elevenlabs-api-key", "staging"
"""What is rotated, and where: nothing of the incident, which is in production."""
LOOK = 0.2
"""Seconds between two looks at the run."""
PATIENCE = 40.0
TAKEN = frozenset({0, 3})
"""Exit statuses of a command that was taken."""


@dataclass
class PlannedRotation:
    """`known` gives the run, once there is one. `start` it beside the incident, then ask for its `outcome`."""

    where: Place
    narrate: Callable[[str], None]
    environ: Mapping[str, str]
    known: Callable[[], Incident | None]
    _thread: threading.Thread | None = field(default=None, init=False)
    _refused: bool = field(default=False, init=False)

    def start(self) -> None:
        """In a thread of its own: the people of the incident have no time for it."""
        if SECRET not in {*self.where.left_out, *self.where.leaked}:  # an incident at its provider goes first
            self._thread = threading.Thread(target=self._play, name="planned rotation", daemon=True)
            self._thread.start()

    def outcome(self) -> dict[str, Any] | None:
        """What came of it, once it is closed or its time is over; None where none was begun."""
        if self._thread is None:
            return None
        self._thread.join(PATIENCE)
        if self._refused:
            return None
        run = self._until(lambda state: not state.open) or self._run()
        if run is None:
            return None
        secret = run.secrets.get(SECRET)
        return {
            "run": run.id,
            "environment": run.environment,
            "state": "open" if run.open else "closed",
            "secret": SECRET,
            "old": str(secret.old_state) if secret is not None else "",
            "new": str(secret.new_state) if secret is not None else "",
            "agreed": [giver.name for giver in secret.began_on.givers] if secret and secret.began_on else [],
            "paged": run.page.alerts_sent,
        }

    def _play(self) -> None:
        if self._run() is None:
            self.narrate(f"dana begins a planned rotation of {SECRET} in {STAGING}: no page")
            arguments = ("rotate", SECRET, "--environment", STAGING, "--yes", "--no-wait")
            done = type_command(self.where.folder, DANA.name, *arguments, environ=self.environ)
            if done.returncode not in TAKEN:
                self._refused = True
                self.narrate(f"the planned rotation does not begin: {(done.stderr or done.stdout).strip()}")
                return
        asked = self._until(lambda state: state.request is not None or not state.open)
        if asked is not None and asked.request is not None:
            digest = asked.request.digest
            said = type_command(
                self.where.folder, ELI.name, "approve", asked.id, "--digest", digest, "--json", environ=self.environ
            )
            if said.returncode in TAKEN:
                self.narrate(f"eli approves: the old {SECRET} is revoked after the new one has been in use for a while")

    def _run(self) -> Incident | None:
        """A log that does not answer now is asked again."""
        try:
            return self.known()
        except LogError:
            return None

    def _until(self, holds: Callable[[Incident], bool]) -> Incident | None:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            run = self._run()
            if run is not None and holds(run):
                return run
            time.sleep(LOOK)
        return None
