"""A worker that lives through many incidents, a process of its own: `python -m tests.bench.thousand LOG COUNT`.

Its operations answer at once, as in the tests of the rules: what grows here grows in worker, log and rules. Prints a
line `INCIDENTS KIB` after each fiftieth incident is over, and leaves their log in the SQLite file LOG.
"""

from __future__ import annotations

import gc
import logging
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog

from bot.eventlog import Seal, open_event_log, open_leadership
from bot.eventlog.sql import EventLog
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.closing.open_items import acceptable
from bot.incident.commands import Envelope
from bot.incident.model import StepState
from bot.incident.operations import Op
from bot.incident.state import Incident
from bot.metrics import Metrics
from bot.model.timings import Timings
from bot.rotation import Job
from bot.secrets.secret import Secret
from bot.worker.runner import Runner
from bot.worker.worker import Worker
from tests.bench.appends import after_appends
from tests.bench.past import PAST_KEY
from tests.support.incidents import CHLOE, World, declaration, entry, wanted

EVERY = 50
AT_ONCE = 5
SWIFT = Timings(confirm=0.02, retry_for=5.0, watch=1.0)


class Installation:
    def __init__(self, log: Path) -> None:
        self.event_log: EventLog = open_event_log(f"sqlite:///{log}", seal=Seal((Secret(PAST_KEY),)))
        self.appended = threading.Event()
        after_appends(self.event_log, self.appended.set)
        liveness = open_leadership(self.event_log.database)
        operations: dict[Op, Callable[[Job], Any]] = {op: self._answer for op in Op if op is not Op.TICK}
        self.worlds: dict[str, World] = {}
        nothing: Any = None
        runner = Runner(self.event_log, liveness, operations, nothing, _now, threading.Event(), Metrics())
        self.worker = Worker(self.event_log, liveness, runner, None, _now)
        self._commands = 0

    def _answer(self, job: Job) -> e.Outcome:
        return self.worlds[job.incident.id].answer(job.incident, job.claim)

    def do(self, incident: str, body: c.Command) -> Incident:
        self._commands += 1
        return self.event_log.execute(incident, Envelope(f"c{self._commands}", _now(), CHLOE, body)).incident

    def declare(self, number: int) -> str:
        incident = f"inc_{number:06d}"
        self.worlds[incident] = World()
        body = declaration(wanted(entry(f"openai-{number}")), timings=SWIFT)
        self.do(incident, replace(body, incident=incident, detected_at=_now()))
        return incident

    def finish(self, incident: str) -> None:
        self._wait(incident, lambda state: not state.worries and all(s.new.unstaged for s in state.secrets.values()))
        for step in self.event_log.load(incident).steps:
            if step.state not in {StepState.DONE, StepState.SKIPPED}:
                self.do(incident, c.SkipStep(step.definition.id, "a benchmark"))
        left = acceptable(self.event_log.load(incident))
        self.do(incident, c.Close("a benchmark", tuple(item.key for item in left)))
        self._wait(incident, lambda state: state.closed and state.report.decisions and state.page.word == "resolved")
        del self.worlds[incident]

    def _wait(self, incident: str, holds: Callable[[Incident], object]) -> None:
        end = time.monotonic() + 30
        while not holds(state := self.event_log.load(incident)):
            if time.monotonic() > end:
                failures = [lane.failure for lane in state.lanes.values() if lane.failure]
                raise RuntimeError(f"{incident} is not over: {state.worries} {failures}")
            self.appended.wait(0.1)
            self.appended.clear()


def _now() -> datetime:
    return datetime.now(UTC)


def resident_kib() -> int:
    """This process's resident memory."""
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS:")).split()[1])


def main(log: str, count: int) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    made = Installation(Path(log))
    worker = threading.Thread(target=made.worker.run, daemon=True)
    worker.start()
    for first in range(0, count, AT_ONCE):
        for incident in [made.declare(first + number) for number in range(AT_ONCE)]:
            made.finish(incident)
        if (first + AT_ONCE) % EVERY == 0:
            gc.collect()
            print(first + AT_ONCE, resident_kib(), flush=True)
    made.worker.stop()
    worker.join()
    made.event_log.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
