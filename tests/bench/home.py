"""App Home: drawing one person's home tab with 10,000 closed incidents, ten of which left that person a task, and 20
open ones; of four secrets each those that are read.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any, cast

from bot.eventlog import open_event_log
from bot.eventlog.sql import EventLog
from bot.inbox import Incidents
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.decide import decide
from bot.incident.model import Actor, Right
from bot.people import People, Person
from bot.slack.listeners.app_context import AppContext
from bot.slack.listeners.home import home_of
from tests.bench.installation import databases
from tests.bench.log import add_incidents
from tests.support.event_logs import SEAL
from tests.support.incidents import START, declaration, entry, wanted

MOST_MS = 100.0
CLOSED, OWING, OPEN = 10_000, 10, 20
CLOSE = "close"
ADA = Actor("ada", frozenset(Right))


class Nobody:
    """A client that has nothing waiting, and a catalog that nobody asks."""

    def unattended(self) -> int:
        return 0


@dataclass
class Held:
    """What the home tab reads of an installation."""

    event_log: EventLog

    def summaries(self, state: str | None = None, limit: int | None = None) -> Any:
        return Incidents.summaries(cast("Incidents", self), state, limit)

    def owing(self, limit: int) -> Any:
        return self.event_log.owing(limit)

    def look(self, incident: str) -> Any:
        return self.event_log.look(incident)


def measure(*, quick: bool) -> dict[str, object]:
    closed, opened = (1_000, 4) if quick else (CLOSED, OPEN)
    with tempfile.TemporaryDirectory(prefix="bot-bench-") as folder, databases() as made:
        sides = {
            name: _measure(create() or f"sqlite:///{Path(folder) / 'log.sqlite'}", closed, opened)
            for name, create in made.items()
        }
    return {
        "goal": {"home_below_ms": MOST_MS},
        "met": max(side["first_ms"] for side in sides.values()) < MOST_MS,
        "notes": [
            "first: nothing is cached, each incident that is read is folded from its log; then: as people look again"
        ],
        "closed": closed,
        "closed_that_owe": OWING,
        "open": opened,
        "sides": sides,
    }


def _measure(url: str, closed: int, opened: int) -> dict[str, float]:
    event_log = open_event_log(url, decide=_ready_made, seal=SEAL)  # type: ignore[arg-type]
    try:
        add_incidents(event_log, closed, open_every=0)
        for number in range(OWING):
            name = _declare(event_log, "owed", number)
            event_log.execute(name, c.Envelope(f"task{number}", START, ADA, c.AddTask("fix the cause", "ada", None)))
            event_log.execute(name, c.Envelope(f"{CLOSE}{number}", START, ADA, c.Close("done")))
        for number in range(opened):
            _declare(event_log, "open", number)
        people = People((Person("ada", slack="U0ADA", rights=frozenset(Right)),))
        ctx = AppContext(
            cast("Any", Held(event_log)), cast("Any", Nobody()), cast("Any", None), people, cast("Any", None),
            lambda: datetime.now(UTC),
        )  # fmt: skip
        firsts = []
        for _ in range(3):
            event_log.forget()
            firsts.append(_milliseconds(lambda: home_of(ctx, "U0ADA")))
        assert f"And {OWING} more with something for you" in str(home_of(ctx, "U0ADA"))
        again = [_milliseconds(lambda: home_of(ctx, "U0ADA")) for _ in range(20)]
        (first, first_cpu), (later, later_cpu) = (map(median, zip(*found, strict=True)) for found in (firsts, again))
        return {"first_ms": first, "first_cpu_ms": first_cpu, "again_ms": later, "again_cpu_ms": later_cpu}
    finally:
        event_log.close()


def _ready_made(incident: object, envelope: c.Envelope, free: int) -> tuple[e.Event, ...]:
    """As the rules decide; a close goes through with everything that is still to be done."""
    if envelope.command_id.startswith(CLOSE):
        return (e.IncidentClosed("done"),)
    return decide(incident, envelope, free)  # type: ignore[arg-type]


def _declare(event_log: EventLog, kind: str, number: int) -> str:
    name = f"inc_{kind}{number:02}"
    keys = (wanted(entry(f"{kind}-{number}-{each}")) for each in range(4))
    body = replace(declaration(*keys), incident=name)
    event_log.execute(name, c.Envelope(f"{kind}{number}", START, ADA, body))
    return name


def _milliseconds(work: Callable[[], object]) -> tuple[float, float]:
    """By the clock, and of this thread's processor time: a busy machine makes the first one long."""
    began, cpu = time.perf_counter(), time.thread_time()
    work()
    return 1000 * (time.perf_counter() - began), 1000 * (time.thread_time() - cpu)
