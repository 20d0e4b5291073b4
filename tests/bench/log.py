"""The event log: appending to and folding an incident of 10,000 events, and listing 10,000 incidents."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from statistics import median

from bot.eventlog import open_event_log
from bot.eventlog.forms import format_time
from bot.eventlog.sql import EventLog
from bot.eventlog.tables import INCIDENTS
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.decide import decide
from bot.incident.operations import Op
from bot.model.probes import Probe
from tests.bench.installation import databases
from tests.support.event_logs import SEAL
from tests.support.incidents import ANNA, START, Story, World, declaration, probe

MOST_FOLD_MS, MOST_LIST_MS = 100.0, 50.0
EVENTS, INCIDENTS_LISTED, APPENDED = 10_000, 10_000, 200


def measure(*, quick: bool) -> dict[str, object]:
    events, incidents, appended = (1_000, 1_000, 20) if quick else (EVENTS, INCIDENTS_LISTED, APPENDED)
    story = long_story(events)
    with tempfile.TemporaryDirectory(prefix="bot-bench-") as folder, databases() as made:
        sides = {}
        for name, create in made.items():
            url = create() or f"sqlite:///{Path(folder) / 'log.sqlite'}"
            sides[name] = _measure(url, story, incidents, appended)
    fold, listed = (max(float(side[what]) for side in sides.values()) for what in ("fold_ms", "list_ms"))
    return {
        "goal": {"fold_below_ms": MOST_FOLD_MS, "list_below_ms": MOST_LIST_MS},
        "met": fold < MOST_FOLD_MS and listed < MOST_LIST_MS,
        "notes": [
            "a secret whose revocation never takes, looked at every minute, with a note now and then",
            "both databases keep their usual durability: a committed append survives a power cut",
            "cpu: processor time of the reader alone, which others on the machine do not change much",
        ],
        "events": len(story),
        "incidents": incidents,
        "sides": sides,
    }


class Undying(World):
    """Its old keys live on whatever is done."""

    def look(self, name: str) -> Probe:
        return probe("live")


def long_story(length: int) -> list[e.Event]:
    """So many events of one incident, as the real rules make them; the declaration's own are not among them."""
    story = Story(declaration(), ANNA, Undying())
    own = len(story.log)
    while len(story.log) < own + length:
        story.run(60)
        if len(story.log) % 7 == 0:
            story.do(c.AddNote("still alive; the provider's support has been called again"), ANNA)
    assert any(isinstance(r.event, e.OperationStarted) and r.event.claim.op is Op.PROVE for r in story.log)
    return [recorded.event for recorded in story.log[own:][:length]]


def _measure(url: str, story: list[e.Event], incidents: int, appended: int) -> dict[str, float]:
    at = START + timedelta(days=30)

    def ready_made(incident: object, envelope: c.Envelope, free: int) -> tuple[e.Event, ...]:
        if envelope.command_id == "fill":
            return tuple(story)
        return decide(incident, envelope, free)  # type: ignore[arg-type]

    event_log = open_event_log(url, decide=ready_made, seal=SEAL)  # type: ignore[arg-type]
    try:
        name = declaration().incident
        event_log.execute(name, c.Envelope("declare", START, ANNA, declaration()))
        filled = seconds(lambda: event_log.execute(name, c.Envelope("fill", at, ANNA, c.AddNote("fill"))))
        folded = [seconds(lambda: _cold(event_log, name)) for _ in range(3)]
        warm = [seconds(lambda: event_log.load(name)) for _ in range(50)]
        appends = [
            seconds(lambda n=n: event_log.execute(name, c.Envelope(f"n{n}", at, ANNA, c.AddNote(f"note {n}"))))
            for n in range(appended)
        ]
        add_incidents(event_log, incidents)
        lists = [seconds(event_log.incidents) for _ in range(5)]
        opens = [seconds(lambda: event_log.incidents("open", limit=25)) for _ in range(5)]
        return {
            "append_ms_median": 1000 * median(appends),
            "append_ms_p99": 1000 * sorted(appends)[int(0.99 * len(appends))],
            "append_in_one_go_events_a_second": len(story) / filled,
            "fold_ms": 1000 * median(folded),
            "fold_cpu_ms": 1000 * median(cpu_seconds(lambda: _cold(event_log, name)) for _ in range(3)),
            "load_when_cached_ms": 1000 * median(warm),
            "list_ms": 1000 * median(lists),
            "list_cpu_ms": 1000 * median(cpu_seconds(event_log.incidents) for _ in range(5)),
            "list_newest_25_open_ms": 1000 * median(opens),
            "tick_ms": 1000 * _tick(event_log),
        }
    finally:
        event_log.close()


def _cold(event_log: EventLog, name: str) -> None:
    event_log.forget()
    event_log.load(name)


def _tick(event_log: EventLog) -> float:
    """What a worker asks each second, once it knows what there is."""
    not_before = START + timedelta(days=60)  # all but the open ones are older
    known = event_log.changes_since({}, not_before)
    return median(seconds(lambda: event_log.changes_since(known, not_before)) for _ in range(5))


def add_incidents(event_log: EventLog, count: int, open_every: int = 100) -> None:
    """Lines of the list, one in a hundred open (none for 0); the events behind them do not matter to it."""
    rows = [
        {
            "incident": f"inc_{number:06d}",
            "seq": 60,
            "state": "open" if open_every and number % open_every == 0 else "closed",
            "environment": "production",
            "title": f"openai-api-key, sendgrid-api-key compromised ({number})",
            "declared_at": format_time(START + timedelta(minutes=number)),
            "declared_by": "anna",
            "digest": "d" * 64,
            "updated_at": format_time(START + timedelta(minutes=number + 60)),
            "secrets": '["openai-api-key","sendgrid-api-key"]',
            "alive": 0,
            "kind": "compromise",
            "owed": 0,
        }
        for number in range(count)
    ]
    with event_log.database.writing() as connection:
        connection.execute(INCIDENTS.insert(), rows)


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def cpu_seconds(work: Callable[[], object]) -> float:
    """Of this thread."""
    began = time.thread_time()
    work()
    return time.thread_time() - began
