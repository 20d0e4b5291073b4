"""A thousand secrets of ten providers in one incident: PostgreSQL, three workers, two of which are killed on the way.

Operations answer as the tests of the rules have it, after as long as their calls would take: that wait is slept, and
writes of values take from one bucket for all workers. What is done beside it is the bot's own work: locking, deciding,
folding, sealing, appending, and looking at what comes next. `python -m tests.bench.large URL PORT` is one worker.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing.managers import BaseManager
from pathlib import Path
from typing import Any

import structlog

from bot.eventlog import Seal, open_event_log, open_leadership
from bot.eventlog.sql import EventLog
from bot.eventlog.verify import verify_incident
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.clocks import clocks
from bot.incident.commands import Envelope
from bot.incident.operations import Op
from bot.incident.state import Incident
from bot.metrics import Metrics
from bot.model.secrets import Consumer
from bot.model.timings import Timings
from bot.rotation import Job
from bot.secrets.secret import Secret
from bot.slack.incident_card import incident_card
from bot.worker.runner import Runner
from bot.worker.worker import Worker
from tests.bench.delays import Delays
from tests.bench.installation import ROOT, postgres
from tests.bench.past import PAST_KEY
from tests.bench.progress import say
from tests.bench.thousand import resident_kib
from tests.support.incidents import BEN, CHLOE, World, declaration, entry, probe, wanted

INCIDENT = "inc_ab3cde"
PROVIDERS, FUNCTIONS = 10, 5
WORKERS = 3
KILLED_AT = (0.3, 0.6)
"""After this share of the secrets has a new key in place, a worker is killed."""
MOST_RATIO, MOST_KIB = 1.1, 500 * 1024
LONGEST = 5.0
"""After so many times the ideal schedule the run is over, with what has been done by then."""
TIMINGS = Timings(confirm=2.0)
CALLS = {
    Op.CAPTURE: (1, 3), Op.SNAPSHOT: (2, 1), Op.REVOKE: (1, 1), Op.PROVE: (2, 2), Op.ISSUE: (2, 1), Op.VERIFY: (2, 1),
    Op.PROMOTE: (0, 4), Op.VERIFY_LIVE: (1, 1), Op.USAGE: (0, 1), Op.UNSTAGE: (0, 2), Op.SWEEP: (1, 1),
}  # fmt: skip
"""Of each operation: calls to the provider, and to Parameter Store beside writes of values."""
STARTS_WITHIN = 120.0
WRITES = frozenset({Op.ISSUE, Op.PROMOTE})
AROUND = 2.0
"""Seconds that calls take before the first write (capture, snapshot) and after the last (the refresh of a function, the
look whether all is well).
"""
KEY = b"large"


class Outside:
    """What all workers share outside: the quota of writes, and which key was made for which secret."""

    def __init__(self) -> None:
        delays = Delays.load()
        self._rate, self._burst = delays.ssm_puts_a_second, delays.ssm_put_burst
        self._next = 0.0
        self._made: dict[str, list[str]] = {}
        self._lock = threading.Lock()

    def write(self) -> float:
        """Takes a token; seconds until it is there."""
        with self._lock:
            now = time.monotonic()
            self._next = max(self._next, now - self._burst / self._rate) + 1 / self._rate
            return max(0.0, self._next - now)

    def make(self, secret: str, claim: int) -> str:
        """The key of an earlier try, or a new one: each try looks first."""
        with self._lock:
            return self._made.setdefault(secret, [f"key-{secret}-{claim}"])[0]

    def keys(self) -> dict[str, int]:
        return {name: len(keys) for name, keys in self._made.items()}


class Shared(BaseManager):
    """Serves `Outside` to the workers."""


Shared.register("outside")


@dataclass
class SlowWorld(World):
    """Answers as late as calls do. What is dead follows from the log, so that any worker can tell."""

    outside: Any
    delays: Delays = field(default_factory=Delays.load)

    def __post_init__(self) -> None:
        super().__init__()

    def operate(self, job: Job) -> e.Outcome:
        incident, claim = job.incident, job.claim
        provider, vault = self.delays.provider_call, self.delays.ssm_call
        calls = CALLS.get(claim.op, (0, 1))
        if claim.op is Op.REFRESH:
            time.sleep(self.delays.lambda_update)
        if claim.op in WRITES:
            time.sleep(self.outside.write())
        time.sleep(calls[0] * provider + calls[1] * vault)
        secret = incident.secrets.get(claim.subject)
        if claim.op is Op.ISSUE and secret is not None:
            key = self.outside.make(secret.name, claim.number)
            return e.ValueStaged(claim.number, secret.name, key, key, f"f-{secret.name}", f"/s/{secret.name}", "issue")
        if secret is not None and secret.old.revoked_at is not None:
            self.killed.add(secret.name)
        return self.answer(incident, claim)

    def look(self, name: str) -> Any:
        return probe("dead" if name in self.killed else "live")

    def version(self, _secret: Any) -> int:
        return 2


def open_log(url: str) -> EventLog:
    return open_event_log(url, seal=Seal((Secret(PAST_KEY),)))


def _now() -> datetime:
    return datetime.now(UTC)


def work(url: str, port: int) -> None:
    """One worker, until it is killed or its standard input ends."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    shared = Shared(("127.0.0.1", port), KEY)
    shared.connect()
    world = SlowWorld(shared.outside())  # type: ignore[attr-defined]
    log = open_log(url)
    leadership = open_leadership(log.database)
    operations: dict[Op, Callable[[Job], Any]] = {op: world.operate for op in Op if op is not Op.TICK}
    nothing: Any = None
    runner = Runner(log, leadership, operations, nothing, _now, threading.Event(), Metrics())
    worker = Worker(log, leadership, runner, None, _now)
    threading.Thread(target=lambda: (sys.stdin.read(), worker.stop()), daemon=True).start()
    worker.run()
    log.close()


def measure(*, quick: bool) -> dict[str, object]:
    count = 100 if quick else 1000
    with postgres() as create:
        found = _run(create("large"), count)
    goal = {"largest_ratio": MOST_RATIO, "resident_kib": MOST_KIB, "keys_of_one_secret": 1}
    small = found["largest_resident_kib"] < MOST_KIB
    met = found["left"] == 0 and found["ratio"] <= MOST_RATIO and small and found["keys_of_one_secret"] == 1
    return {
        "goal": goal,
        "met": met,
        "notes": [
            f"{count} secrets of {PROVIDERS} providers; {WORKERS} workers, {len(KILLED_AT)} of them killed with -9",
            "operations sleep as long as their calls take; three writes of values a second for all workers together",
            "from the declaration until every old key is contained and every new one live",
            "card: processor milliseconds to draw it, with four secrets and with all; list: to read it",
        ],
        **found,
    }


@contextmanager
def _workers(url: str, port: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    command = [sys.executable, "-m", "tests.bench.large", url, str(port)]
    started = [subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE) for _ in range(WORKERS)]
    try:
        yield started
    finally:
        for one in started:
            one.kill()
            one.wait()


def _run(url: str, count: int) -> dict[str, Any]:
    best = ideal(count)
    outside = Outside()
    Shared.register("outside", callable=lambda: outside)
    shared = Shared(("127.0.0.1", 0), KEY)
    server = shared.get_server()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    log = open_log(url)
    with ExitStack() as stack:
        stack.callback(log.close)
        running = stack.enter_context(_workers(url, server.address[1]))
        watch = _Watch(log, running, count)
        incident = watch.to_the_end(LONGEST * best)
    seconds = watch.seconds(incident)
    recorded = [each.event for each in watch.events]
    return {
        "seconds": {"bot": seconds, "ideal": best},
        "ratio": seconds / best,
        "left": len(incident.worries),
        "events": len(recorded),
        "largest_resident_kib": max(watch.resident.values()),
        "cpu_seconds": watch.cpu,
        "keys_of_one_secret": max(outside.keys().values()),
        "doubled": watch.doubled(recorded),
        "take_overs": sum(isinstance(each, e.ClaimLost) for each in recorded),
        "holds": watch.verdict,
        "card_ms": watch.card_ms,
        "list_ms": watch.list_ms,
    }


@dataclass
class _Watch:
    """Declares, approves what waits, kills workers on the way, and sees how large they are."""

    log: EventLog
    running: list[subprocess.Popen[bytes]]
    count: int
    resident: dict[int, int] = field(default_factory=dict)
    cpu: dict[int, float] = field(default_factory=dict)
    events: list[e.Recorded] = field(default_factory=list)
    card_ms: dict[str, float] = field(default_factory=dict)
    list_ms: float = 0.0
    verdict: bool = False
    _commands: int = 0

    def _do(self, body: c.Command, by: Any, incident: str = INCIDENT) -> Incident:
        self._commands += 1
        return self.log.execute(incident, Envelope(f"c{self._commands}", _now(), by, body)).incident

    def to_the_end(self, longest: float) -> Incident:
        """Or until so many seconds have passed. Begins once all workers are there, and draws the card at each look, as
        whoever shows it does.
        """
        self._all_there()
        incident, killed = self._do(_declared(self.count), CHLOE), 0
        end = time.monotonic() + longest
        self.card_ms["four secrets"] = _drawn(self._four())
        told, drawn = time.monotonic(), _drawn(incident)
        while incident.worries and time.monotonic() < end:
            if incident.request is not None:
                incident = self._do(c.ApprovePlan(incident.request.digest), BEN)
            placed = sum(secret.new.promoted_at is not None for secret in incident.secrets.values())
            if killed < len(KILLED_AT) and placed >= KILLED_AT[killed] * self.count:
                self.running[killed].kill()
                self.running[killed].wait()  # of one that is dying nothing can be read
                killed += 1
                self.card_ms[f"after {placed} of {self.count}"] = drawn
            drawn = _drawn(incident)
            self._measure()
            if time.monotonic() - told > 30:
                told = time.monotonic()
                dead = sum(secret.gone for secret in incident.secrets.values())
                say(f"{placed} in place, {dead} dead; event {incident.seq}; {max(self.resident.values())} KiB")
            time.sleep(1.0)
            incident = self.log.load(INCIDENT)
        self.events = self.log.events(INCIDENT)
        self.verdict = verify_incident(self.log, INCIDENT).ok
        began = time.thread_time()
        self.log.incidents()
        self.list_ms = (time.thread_time() - began) * 1000
        return incident

    def _all_there(self) -> None:
        leadership, end = open_leadership(self.log.database), time.monotonic() + STARTS_WITHIN
        while len(leadership.living()) < WORKERS:
            if time.monotonic() > end or any(one.poll() is not None for one in self.running):
                raise RuntimeError("the workers did not start")
            time.sleep(0.1)

    def _four(self) -> Incident:
        with_four = _declared(4, "inc_four44")
        return self._do(with_four, CHLOE, "inc_four44")

    def _measure(self) -> None:
        for one in self.running:
            if one.poll() is None:
                self.resident[one.pid] = max(self.resident.get(one.pid, 0), _resident(one.pid))
                self.cpu[one.pid] = _cpu(one.pid)
        self.resident[0] = max(self.resident.get(0, 0), resident_kib())

    def seconds(self, incident: Incident) -> float:
        """From the declaration to the last value that was contained or live; to now while there is anything left."""
        if incident.worries:
            return incident.age(_now()).total_seconds()
        found = [clocks(incident, secret) for secret in incident.secrets.values()]
        return max(max(clock.contain_seconds or 0.0, clock.restore_seconds or 0.0) for clock in found)

    def doubled(self, recorded: list[e.Event]) -> int:
        """Secrets that were revoked, staged, put in place or found dead more than once, or never."""
        kinds = (e.AccessRevoked, e.ValueStaged, e.ValuePromoted, e.OldProvenDead)
        told = Counter((type(each), each.secret) for each in recorded if isinstance(each, kinds))
        return len(kinds) * self.count - sum(number == 1 for number in told.values())


def ideal(count: int) -> float:
    """Seconds of the schedule that cannot be beaten: of each secret two values are written, one staged and one put in
    place, at the quota that all of them share.
    """
    delays = Delays.load()
    return (2 * count - delays.ssm_put_burst) / delays.ssm_puts_a_second + AROUND


def _declared(count: int, incident: str = INCIDENT) -> c.Declare:
    ours = "prov" if incident == INCIDENT else "few"  # the stubs know a secret by its name
    names = [f"{ours}{number % PROVIDERS}-{number}" for number in range(count)]
    secrets = [
        wanted(entry(name, consumers=(Consumer(f"fn-{number % FUNCTIONS}", "live", "https://fn.example/health"),)))
        for number, name in enumerate(names)
    ]
    body = declaration(*secrets, environment="staging" if incident == INCIDENT else "development", timings=TIMINGS)
    return c.Declare(**{**{name: getattr(body, name) for name in body.__dataclass_fields__}, "incident": incident})


def _drawn(incident: Incident) -> float:
    began = time.thread_time()
    incident_card(incident, _now(), f"{incident.seq}:{'0' * 64}")
    return (time.thread_time() - began) * 1000


def _resident(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM:")).split()[1])


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


if __name__ == "__main__":
    work(sys.argv[1], int(sys.argv[2]))
