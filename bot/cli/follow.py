"""After a command: waiting for its work, and doing it here where no worker runs."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from types import FrameType
from typing import TYPE_CHECKING

from bot.cli.terminal import Terminal
from bot.errors import BotError, Misuse
from bot.eventlog import open_leadership
from bot.incident.lanes import FALLBACK_LANE
from bot.incident.model import PageAction
from bot.incident.old_value.schedule import STILL_SO, proof_expected_until
from bot.incident.operations import Op, Work, doing
from bot.incident.schedule import agenda
from bot.incident.state import Incident, SecretState
from bot.phrases.events import sentence
from bot.phrases.marks import printable
from bot.phrases.times import listed

if TYPE_CHECKING:
    from bot.app import Application
    from bot.incident.events import Event
    from bot.incident.state import Incident
    from bot.worker.worker import Worker

LOOK_SECONDS = 0.5
"""Between two looks at an incident that another worker works on."""

AT_ONCE = timedelta(seconds=5)
"""What is to come within this time has no clock time beside it."""
NAMED = 6
"""So many things that are waited for are named."""

type Untold = Callable[[Event], bool]
"""Whether an event is left out, since the command tells it itself at its end."""
type Finished = Callable[[Incident, datetime], bool]


def settled(incident: Incident, now: datetime) -> bool:
    """Whether nothing runs and nothing but a deadline for people, or a watch over a long time, is to come by itself."""
    claims = [lane.claim for lane in incident.lanes.values() if lane.claim is not None]
    if any(claim.op is not Op.OPEN_CHANNEL or claim.attempt == 1 for claim in claims):
        return False
    return not any(_goes_on(incident, work, now) for work in agenda(incident, now))


def _goes_on(incident: Incident, work: Work, now: datetime) -> bool:
    """Half-hourly checks, regular updates, and records that arrive later: no one waits for these."""
    if (
        work.op in {Op.TICK, Op.DRAFT_UPDATE, Op.LOOK_UP_LEAVER, Op.LOOK_UP_USE}
        or work.lane == FALLBACK_LANE
        or work.detail == PageAction.ALERT_OVER
        or (work.op is Op.CONFIRM and work.ready_at >= now + STILL_SO / 2)
    ):
        return work.ready_at <= now
    if work.op is Op.PAGE and incident.lane(work.lane).failed_for_good:  # now and then
        return False
    if work.op is Op.OPEN_CHANNEL:  # tried for as long as Slack is down: one try is waited for
        return work.attempt == 1
    if work.op is not Op.PROVE:
        return True
    secret = incident.secrets[work.subject]
    spreading = secret.old.said_at is not None and not secret.old.overdue and not secret.refused_without_baseline
    coming = (spreading and not _still_accepted(incident, secret, now)) or _about_to_be_proven(incident, secret, now)
    return incident.open and coming and not secret.gone


def _about_to_be_proven(incident: Incident, secret: SecretState, now: datetime) -> bool:
    """Whether it is refused, was without a comparison key for too long, and its new key has just arrived: probes with
    it are shown instead of the earlier alarm.
    """
    until = proof_expected_until(incident, secret)
    return secret.old.overdue and until is not None and now < until


def _still_accepted(incident: Incident, secret: SecretState, now: datetime) -> bool:
    """Whether a person reported a revocation, and it is still accepted after the time of a proof: then they see that
    instead of waiting.
    """
    claimed, patience = secret.old.claimed, timedelta(seconds=2 * incident.timings.confirm)
    return claimed is not None and secret.old.contradicted and claimed.at + patience <= now


def awaited(incident: Incident, now: datetime) -> str:
    """What is waited for, as a sentence: what runs and what is to come, with its time if that is not now. Empty where
    nothing is.
    """
    claims = [lane.claim for lane in incident.lanes.values() if lane.claim is not None]
    named = [f"{claim.subject}: {doing(claim.op)}" for claim in claims]
    coming = sorted(
        (work for work in agenda(incident, now) if _goes_on(incident, work, now)), key=lambda each: each.ready_at
    )
    for work in coming:
        later = f" at {work.ready_at:%H:%M:%S} UTC" if work.ready_at - now > AT_ONCE else ""
        named.append(f"{work.subject}: {doing(work.op)}{later}")
    shown = list(dict.fromkeys(named))
    more = f", and {len(shown) - NAMED} more" if len(shown) > NAMED else ""
    return f"Waiting for {'; '.join(shown[:NAMED])}{more}. Ctrl-C stops waiting, not the work." if shown else ""


def carry_through(
    terminal: Terminal,
    incident_id: str,
    finished: Finished = settled,
    since: int = 0,
    untold: Untold = lambda _event: False,
) -> Incident:
    """Shows the incident's progress until `finished`, and becomes the worker while there is none; returns its last
    state.

    Events up to number `since` are known here already; `untold` ones are not shown. KeyboardInterrupt: the person
    stopped waiting; work that ran here has been handed back.
    """
    if waits := awaited(terminal.event_log.load(incident_id), terminal.clock()):
        terminal.hint(waits)
    carried = _Carried(terminal, incident_id, finished, Progress(terminal, since, untold))
    with interruptible(carried.stop) as carried.stopped:
        incident = carried.to_the_end()
    if carried.stopped.is_set():
        raise KeyboardInterrupt
    return incident


class _Carried:
    """One command's work on its way."""

    def __init__(self, terminal: Terminal, incident_id: str, finished: Finished, show: Progress) -> None:
        self._terminal, self._incident_id = terminal, incident_id
        self.stopped = threading.Event()
        self._working: Worker | None = None
        self._application: Application = terminal.application
        self._finished, self._show = finished, show
        self._leadership = open_leadership(terminal.event_log.database)

    def to_the_end(self) -> Incident:
        worked = False
        while not self._over():
            if self._leadership.living():
                self._terminal.event_log.wait(LOOK_SECONDS)
            else:
                worker = self._worker()
                if worker is None:
                    break
                worked = self._work(worker) or worked
        incident = self._terminal.event_log.load(self._incident_id)
        if self.stopped.is_set():
            self._terminal.hint(f"Stopped waiting. {self._without_you(incident, worked=worked)}")
        elif worked and not settled_for_good(incident):
            self._terminal.hint(
                "No worker is running: deadlines won't fire. Start `bot work` or `bot serve`.", warns=True
            )
        return incident

    def _without_you(self, incident: Incident, *, worked: bool) -> str:
        """What goes on after Ctrl-C, and what does not."""
        if self._leadership.living():
            claims = [lane.claim for lane in incident.lanes.values() if lane.claim is not None]
            now = f", now: {listed([doing(each.op) for each in claims])}" if claims else ""
            return f"A worker continues without you{now}. `bot show {incident.id}` shows the progress."
        here = "The work was handed back" if worked else "Nothing ran here"
        return f"{here}: `bot work` or any command continues it. Until then nothing runs, not even deadlines."

    def _over(self) -> bool:
        incident = self._terminal.event_log.load(self._incident_id)
        self._show(incident)
        return self.stopped.is_set() or self._finished(incident, self._terminal.clock())

    def _work(self, worker: Worker) -> bool:
        """Whether this process was the worker for a while. Another one that was faster is as good."""
        self._working = worker
        try:
            worker.run_until(self._over)
        except Misuse:
            return False
        return True

    def stop(self) -> None:
        """Passes Ctrl-C on to the worker here at once: it may be waiting for its next tick."""
        if self._working is not None:
            self._working.stop()

    def _worker(self) -> Worker | None:
        """A worker in this process, if it can reach what a worker needs."""
        try:
            self._application.outside.use_fingerprints()
            self._read_admins()
            worker = self._application.working.worker()
        except BotError as error:
            self._terminal.hint(
                f"Recorded, but no worker runs and this terminal cannot be one ({error}). Start one where AWS "
                "and the providers' admin credentials can be reached: `bot work`.",
                style="yellow",
                warns=True,
            )
            return None
        self._terminal.hint("No worker runs, so this terminal does the work. Ctrl-C hands it back.")
        return worker

    def _read_admins(self) -> None:
        """Before anything begins, because a person who cannot finish a rotation should not begin it."""
        incident = self._terminal.event_log.load(self._incident_id)
        for secret in incident.secrets.values():
            if secret.entry.admin_parameter is not None and not (secret.gone and secret.in_place):
                self._application.outside.vault.read(secret.entry.admin_parameter)


def settled_for_good(incident: Incident) -> bool:
    """Whether not even a deadline or a late probe is to come."""
    return not incident.open or not incident.worries


@contextmanager
def interruptible(also: Callable[[], None] = lambda: None) -> Iterator[threading.Event]:
    """Gives an event. Ctrl-C sets it and calls `also`, to stop in an orderly way; a second one is Python's own."""
    stop = threading.Event()

    def ask(_signal: int, _frame: FrameType | None) -> None:
        stop.set()
        also()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    if threading.current_thread() is not threading.main_thread():
        yield stop  # a signal cannot be caught here
        return
    before = signal.signal(signal.SIGINT, ask)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


class Progress:
    """Called with the incident as it is now, it tells what has happened since the last call, or event `since`."""

    def __init__(self, terminal: Terminal, since: int, untold: Untold = lambda _event: False) -> None:
        self._terminal, self._since, self._untold = terminal, since, untold

    def __call__(self, incident: Incident) -> None:
        if self._terminal.json or incident.seq <= self._since:
            return
        for recorded in self._terminal.event_log.events(incident.id, after=self._since):
            self._since = recorded.seq
            text = sentence(recorded, incident)
            if text is not None and not self._untold(recorded.event):
                self._terminal.hint(f"{recorded.at:%H:%M:%S}  {printable(text)}")
