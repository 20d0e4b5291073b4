"""Memory over a thousand incidents; then, with those in the log: recovery after a kill, and what an idle bot costs."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from bot.eventlog.sql import EventLog
from bot.incident import events as e
from bot.incident.schedule import pending
from bot.incident.state import Incident
from tests.bench.installation import (
    ROOT,
    Bot,
    Serving,
    World,
    bot_on,
    cleared,
    databases,
    practice_world,
    serving,
    settled,
    start_serving,
)
from tests.bench.past import copy_past
from tests.bench.progress import say

MOST_RECOVERY, MOST_IDLE_PERCENT, MOST_GROWTH = 5.0, 1.0, 0.1
IDLE_SECONDS, QUIET_BEFORE, LONGEST_START = 20.0, 5.0, 60.0
SECRETS = ("openai-1", "sendgrid-1", "redis-1")
OPEN = ("openai-2", "openai-3", "sendgrid-2", "sendgrid-3", "redis-2")

type Create = Callable[[], str | None]


def measure(*, quick: bool) -> dict[str, object]:
    with tempfile.TemporaryDirectory(prefix="bot-bench-") as folder:
        log = Path(folder) / "log.sqlite"
        memory = _memory(log, 100 if quick else 1000)
        with practice_world() as world, databases() as made:
            recovery = {name: _recovery(world, name, create, log, 1 if quick else 3) for name, create in made.items()}
            idle = _idle(world, made, log, 5.0 if quick else IDLE_SECONDS)
    return {
        "goal": {
            "recovery_below_seconds": MOST_RECOVERY,
            "idle_below_percent": MOST_IDLE_PERCENT,
            "growth_of_memory_below": MOST_GROWTH,
        },
        "met": all(side["largest_seconds"] < MOST_RECOVERY for side in recovery.values())
        and all(side["percent"] < MOST_IDLE_PERCENT for side in idle.values())
        and (quick or float(memory["growth_in_second_half"]) < MOST_GROWTH),
        "notes": [
            (
                "recovery: `bot serve` killed (SIGKILL) in the middle of an incident, then started again: seconds from "
                "the start of the new process to its first claim; of those on a busy machine only `cpu_until_then`, "
                "its processor time, is the bot's own"
            ),
            "memory: resident KiB of a worker whose operations answer at once; it keeps 256 states of incidents",
            "idle: five open incidents with nothing left to do, Slack's cards up to date; both databases side by side",
            "recovery and idle: with the closed incidents of the memory run in the log",
        ],
        "memory": memory,
        "recovery": recovery,
        "idle": idle,
    }


# --- recovery -------------------------------------------------------------------------------------------------------


def _recovery(world: World, name: str, create: Create, log: Path, count: int) -> dict[str, object]:
    rounds = []
    for _ in range(count):
        rounds.append(_recover(world, _with_past(world, create(), log)))
        say(f"recovery on {name}: {rounds[-1]['first_claim']:.2f} s")
    first = [found["first_claim"] for found in rounds]
    return {"seconds": median(first), "largest_seconds": max(first), "rounds": rounds}


def _recover(world: World, environ: Mapping[str, str]) -> dict[str, float]:
    with bot_on(world, environ) as beside:
        with serving(environ) as served:
            incident = beside.declare(*SECRETS)
            beside.wait(incident, _in_the_middle)
            served.kill()
        seq = beside.app.incidents.load(incident).seq
        began, at = time.monotonic(), datetime.now(UTC)
        again = start_serving(environ)
        try:
            beside.wait(incident, lambda state: state.seq > seq)
            first = _first_claim(beside.app.event_log, incident, seq)
            used = _cpu(again.pid)
            again.await_ready()
            ready = time.monotonic() - began
            beside.wait(incident, settled)
        finally:
            again.kill()
    return {"first_claim": (first - at).total_seconds(), "cpu_until_then": used, "answers_ready": ready}


def _in_the_middle(state: Incident) -> bool:
    """Several operations run, and every old key has been seen alive: a later start would kill without that."""
    running = [lane for lane in state.lanes.values() if lane.claim is not None]
    return len(running) >= len(SECRETS) and all(secret.old.baseline_at for secret in state.secrets.values())


def _first_claim(event_log: EventLog, incident: str, after: int) -> datetime:
    while True:
        for recorded in event_log.events(incident, after):
            if isinstance(recorded.event, e.OperationStarted):
                return recorded.at
        time.sleep(0.01)


# --- idle -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Resting:
    """A `bot serve` whose open incidents have nothing left to do, and a bot beside it."""

    served: Serving
    beside: Bot
    incidents: Sequence[str]

    def await_start_over(self) -> None:
        """A worker that starts reads the closed incidents too, which nobody sees: until a second passes without much
        work, or for LONGEST_START at most. What never comes to rest is measured as it is.
        """
        end = time.monotonic() + LONGEST_START
        while time.monotonic() < end:
            before = self.cpu
            time.sleep(1.0)
            if self.cpu - before < 0.05:
                return

    @property
    def cpu(self) -> float:
        return _cpu(self.served.pid)

    @property
    def events(self) -> int:
        return sum(self.beside.app.incidents.load(incident).seq for incident in self.incidents)


def _idle(world: World, made: Mapping[str, Create], log: Path, seconds: float) -> dict[str, dict[str, float]]:
    """All databases at the same time: idle processes do not disturb each other."""
    with ExitStack() as stack:
        all_ = {name: stack.enter_context(_resting(world, _with_past(world, new(), log))) for name, new in made.items()}
        for one in all_.values():
            one.await_start_over()
        say("nothing is left to do; idle from here on")
        time.sleep(QUIET_BEFORE)
        before = {name: (one.cpu, one.events) for name, one in all_.items()}
        time.sleep(seconds)
        used = {name: one.cpu - before[name][0] for name, one in all_.items()}
        events = {name: one.events - before[name][1] for name, one in all_.items()}
    say(", ".join(f"idle on {name}: {100 * cpu / seconds:.2f} %" for name, cpu in used.items()))
    return {
        name: {
            "percent": 100 * cpu / seconds,
            "cpu_seconds": cpu,
            "seconds": seconds,
            "open_incidents": len(OPEN),
            "events_meanwhile": events[name],
        }
        for name, cpu in used.items()
    }


@contextmanager
def _resting(world: World, environ: Mapping[str, str]) -> Iterator[_Resting]:
    with serving(environ) as served, bot_on(world, environ) as beside:
        incidents = [beside.declare(name) for name in OPEN]
        for incident in incidents:
            beside.wait(incident, _at_rest)
        yield _Resting(served, beside, incidents)


def _at_rest(state: Incident) -> bool:
    """Everything is done, and nothing runs or could: clearing up and looking around are over too."""
    idle = not any(lane.claim for lane in state.lanes.values()) and not pending(state, datetime.now(UTC))
    return cleared(state) and idle


def _cpu(pid: int) -> float:
    """Seconds of processor time, user and system, that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# --- memory, and the log that it leaves -----------------------------------------------------------------------------


def _memory(log: Path, count: int) -> dict[str, object]:
    command = [sys.executable, "-m", "tests.bench.thousand", str(log), str(count)]
    began, curve = time.monotonic(), {}
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            incidents, kib = map(int, line.split())
            curve[incidents] = kib
            say(f"{incidents} of {count} incidents are over; {kib // 1024} MiB resident")
    if process.returncode:
        raise RuntimeError("the worker of the memory run failed; see above")
    half, end = curve[min(curve, key=lambda at: abs(at - count // 2))], curve[max(curve)]
    return {
        "incidents": count,
        "resident_kib": curve,
        "growth_in_second_half": (end - half) / half,
        "took_seconds": time.monotonic() - began,
    }


def _with_past(world: World, database: str | None, log: Path) -> dict[str, str]:
    """The environment of a new installation whose log holds the incidents of the memory run."""
    environ = world.environ_of(database)
    default = Path(environ["BOT_DATA"]) / "incidents.sqlite"
    default.parent.mkdir(parents=True, exist_ok=True)
    copy_past(log, database or f"sqlite:///{default}")
    return environ
