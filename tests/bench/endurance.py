"""Recovery after a kill, memory over a thousand incidents, and what an idle bot costs."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from bot.incident import events as e
from bot.incident.state import Incident
from tests.bench.installation import ROOT, World, bot_on, databases, practice_world, serving, settled, start_serving

MOST_RECOVERY, MOST_IDLE_PERCENT, MOST_GROWTH = 5.0, 1.0, 0.1
IDLE_SECONDS = 20.0
SECRETS = ("openai-1", "sendgrid-1", "redis-1")
OPEN = ("openai-2", "openai-3", "sendgrid-2", "sendgrid-3", "redis-2")


def measure(*, quick: bool) -> dict[str, object]:
    recovery: dict[str, dict] = {}
    idle: dict[str, dict] = {}
    with practice_world() as world, databases() as made:
        for name, create in made.items():
            rounds = [_recover(world, create()) for _ in range(1 if quick else 3)]
            first = [found["first_claim"] for found in rounds]
            recovery[name] = {"seconds": median(first), "rounds": rounds}
            idle[name] = _idle(world, create(), 5.0 if quick else IDLE_SECONDS)
    memory = _memory(100 if quick else 1000)
    return {
        "goal": {
            "recovery_below_seconds": MOST_RECOVERY,
            "idle_below_percent": MOST_IDLE_PERCENT,
            "growth_of_memory_below": MOST_GROWTH,
        },
        "met": all(side["seconds"] < MOST_RECOVERY for side in recovery.values())
        and all(side["percent"] < MOST_IDLE_PERCENT for side in idle.values())
        and (quick or float(memory["growth_in_second_half"]) < MOST_GROWTH),
        "notes": [
            (
                "recovery: `bot serve` killed (SIGKILL) in the middle of an incident, then started again: seconds from "
                "the start of the new process to its first claim"
            ),
            "memory: resident KiB of a worker whose operations answer at once; it keeps 256 states of incidents",
            "idle: five open incidents with nothing left to do, Slack's cards up to date",
        ],
        "recovery": recovery,
        "memory": memory,
        "idle": idle,
    }


def _recover(world: World, database: str | None) -> dict[str, float]:
    environ = world.environ_of(database)
    with bot_on(world, environ) as desk:
        with serving(environ) as served:
            incident = desk.declare(*SECRETS)
            desk.wait(incident, _in_the_middle)
            served.kill()
        seq = desk.app.desk.incident(incident).seq
        began, at = time.monotonic(), datetime.now(UTC)
        again = start_serving(environ)
        try:
            first = desk.wait(incident, lambda state: state.seq > seq) and _first_claim(desk.app.journal, incident, seq)
            ready = time.monotonic()
            again.await_ready()
            ready = time.monotonic() - began
            desk.wait(incident, settled)
        finally:
            again.kill()
    return {"first_claim": (first - at).total_seconds(), "answers_ready": ready}


def _in_the_middle(state: Incident) -> bool:
    """Several operations run, and every old value has been seen alive: a later start would kill without that."""
    running = [lane for lane in state.lanes.values() if lane.claim is not None]
    return len(running) >= len(SECRETS) and all(secret.old.baseline_at for secret in state.secrets.values())


def _first_claim(journal: object, incident: str, after: int) -> datetime:
    while True:
        for recorded in journal.events(incident, after):  # type: ignore[attr-defined]
            if isinstance(recorded.event, e.OperationStarted):
                return recorded.at
        time.sleep(0.01)


def _idle(world: World, database: str | None, seconds: float) -> dict[str, float]:
    environ = world.environ_of(database)
    with serving(environ) as served, bot_on(world, environ) as desk:
        for incident in [desk.declare(name) for name in OPEN]:
            desk.wait(incident, settled)
        time.sleep(5.0)
        before = _cpu(served.pid)
        time.sleep(seconds)
        used = _cpu(served.pid) - before
    return {"percent": 100 * used / seconds, "cpu_seconds": used, "seconds": seconds, "open_incidents": len(OPEN)}


def _cpu(pid: int) -> float:
    """Seconds of processor time, user and system, that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory(count: int) -> dict[str, object]:
    with tempfile.TemporaryDirectory(prefix="bot-bench-") as folder:
        command = [sys.executable, "-m", "tests.bench.thousand", folder, str(count)]
        began = time.monotonic()
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr)
    curve = {int(line.split()[0]): int(line.split()[1]) for line in done.stdout.splitlines()}
    half, end = curve[min(curve, key=lambda at: abs(at - count // 2))], curve[max(curve)]
    return {
        "incidents": count,
        "resident_kib": curve,
        "growth_in_second_half": (end - half) / half,
        "took_seconds": time.monotonic() - began,
    }
