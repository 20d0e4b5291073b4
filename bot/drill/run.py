"""A whole drill: world, bot, people, and what came of it."""

from __future__ import annotations

import json
import math
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

from bot.catalog.catalog import CatalogEntry
from bot.data_files import named_folder
from bot.drill import leaks
from bot.drill.client.debrief import debrief
from bot.drill.client.place import SUMMARY, WORLD, Place, WorldGone, ask, environment, gone
from bot.drill.client.sandbox import close_off
from bot.drill.client.summary import Leaks, Summary
from bot.drill.departure import practise_departure
from bot.drill.fakes.slack import SlackDriver
from bot.drill.fakes.slack.delivery import direct_session
from bot.drill.faults import Fault
from bot.drill.incident_view import IncidentView
from bot.drill.interactive import forget_typed, introduction, pressed_enter, take_part
from bot.drill.locks import take
from bot.drill.measures import measures, refused_in_slack
from bot.drill.narrator import Narrator
from bot.drill.news import NewsFromOutside
from bot.drill.personas import DANA, ENVIRONMENT
from bot.drill.processes import BotProcess, DidNotStart, await_world, launch_world, surroundings, world_lives
from bot.drill.providers.own_server import end_left_servers
from bot.drill.responders import Responders, SlackSilent
from bot.drill.rotation import PlannedRotation
from bot.drill.slack_hands import SlackHands
from bot.drill.stories import EXPOSED
from bot.drill.summary import summarise
from bot.drill.terminals import TerminalResponders
from bot.drill.waits import WAITS
from bot.errors import BotError, Misuse
from bot.incident.operations import OPERATIONS
from bot.incident.schedule import agenda
from bot.incident.state import Incident
from bot.model.playbooks import RunKind
from bot.phrases.practice import program
from bot.private import write_file

if TYPE_CHECKING:
    from bot.app import Application

NOTICED = "noticed"
NOT_DECLARED, NOT_LEAKED = "not declared", "did not leak"
DRILL_LOCK = "drill.lock"
PLAY_SECONDS = 240.0
SETTLE_SECONDS = 20.0
"""Time for what follows the close by itself: the page resolved, the decision filed, staging cleared."""
PING_SECONDS = 60.0
ENDING_SECONDS = 15.0
SHOWN_SECONDS = 2.0
"""Time for a page to fetch the debrief before the world ends."""
LOOK_AROUND = 3600.0
"""Time for a person at the terminal to look at the closed incident before its world ends."""
NOT_SEARCHED = Leaks((), ())


type DocumentOf = Callable[[Incident, datetime], Mapping[str, object]]
"""An incident as JSON, at a moment: what `bot show --json` prints."""


class BotDied(BotError):
    """The bot's process has ended in the middle of the drill. The world goes on for a while."""


class NothingDeclared(BotError):
    """The drill ended without an incident."""


@dataclass(frozen=True)
class DrillOptions:
    """What someone asked of a drill. Without a folder a fresh temporary one is made, and kept."""

    folder: Path | None = None
    auto: bool = True
    faults: tuple[Fault, ...] = ()
    every: bool = False
    """All secrets of the practice world leak, and not a few."""
    keep: bool = False
    earlier: tuple[Mapping[str, object], ...] = ()
    """Measures of drills before this one, oldest first."""
    incident_only: bool = False
    """Practises no planned rotation beside the incident, and no departure after it."""
    story: str = ""
    """What happened with the leaked keys before: a name of `Story`, or empty."""


@dataclass
class Drill:
    """A drill in its folder. `run` it once."""

    options: DrillOptions
    narrator: Narrator
    document: DocumentOf
    tell: Callable[[Summary], None] = lambda _: None
    """Says what came of it, before the world ends."""
    started: float = field(default_factory=time.monotonic)
    _pinged: float = 0.0
    _world_process: subprocess.Popen[bytes] | None = None
    _rotation: PlannedRotation | None = None

    def run(self) -> Summary:
        """Plays the incident, or goes on with it, and gives what came of it. Misuse where it cannot be (resumed)."""
        self.folder = _folder(self.options.folder)
        playing = take(self.folder / DRILL_LOCK)
        if playing is None:
            raise Misuse(f"Another `bot drill` is playing in {self.folder}: end that one first, or name a new folder.")
        with playing:
            return self._run()

    def _run(self) -> Summary:
        close_off()
        self.where = self._world()
        self.bot = BotProcess(self.where)
        try:
            if not self.options.auto:
                self.narrator.explain(introduction(self.where, self._how_long, every=self.options.every))
            self.narrator.say("starting the bot")
            fresh = self.bot.start()
            self.narrator.say(f"the bot {'' if fresh else 'still '}serves at {self.where.bot}")
            self._break_things()
            with closing(self._application()) as application:
                self._play(application)
                outcome = self._outcome(application)
            summary = replace(outcome, leaks=self._search())
            write_file(self.folder / SUMMARY, json.dumps(summary.document(), indent=2) + "\n")
            self._show_debrief(summary)
            self.tell(summary)
            self._stay(summary)
        except (BotDied, KeyboardInterrupt):
            again = f"{program()} drill --data {self.folder}"
            self.narrator.say(f"the practice world goes on for 15 minutes; to end it now: kill {self.where.pid}")
            self.narrator.say(f"to resume: {again}")
            raise
        except BaseException:
            self._end()
            raise
        self._end()
        return summary

    # --- beginning --------------------------------------------------------------------------------------------------

    def _world(self) -> Place:
        lives = world_lives(self.folder)
        if not lives:
            end_left_servers(self.folder)
        if (self.folder / SUMMARY).exists():
            raise gone(self.folder)
        if lives:
            self.narrator.say(f"resuming the drill in {self.folder}")
        elif (self.folder / WORLD).exists() or (self.folder / "bot").exists():
            raise gone(self.folder)
        else:
            self.narrator.say(f"starting a practice world in {self.folder}")
            self._world_process = launch_world(self.folder, every=self.options.every, story=self.options.story)
            import bot.app  # noqa: F401, PLC0415 - takes seconds, in which the world gets ready

        try:
            where = await_world(self.folder, self._world_process, self.narrator.say)
        except KeyboardInterrupt:
            if self._world_process is not None:
                self._world_process.terminate()
                self.narrator.say("the practice world ends")
            raise
        except DidNotStart:
            if self._world_process is None:  # that of an earlier drill, which was just ending
                raise gone(self.folder) from None
            raise
        for name in where.left_out:
            self.narrator.say(f"{name} is left out: the server that it needs has no wheel for this system")
        return where

    def _break_things(self) -> None:
        """Once the bot runs: what goes wrong goes wrong in the middle of an incident, not at a start."""
        for fault in self.options.faults:
            ask(self.where, {"fault": str(fault)})
            self.narrator.say(f"fault in force: {fault}")

    def _mind(self) -> None:
        """Keeps the world awake, and notices when the bot has gone."""
        if time.monotonic() - self._pinged > PING_SECONDS:
            self._pinged = time.monotonic()
            ask(self.where, {"ping": True})
        if self.bot.died:
            raise BotDied("The bot's process has ended in the middle of the drill. The same command resumes it.")

    # --- playing ----------------------------------------------------------------------------------------------------

    def _application(self) -> Application:
        """The bot's program, as dana has it at her terminal: it reads the event log in this process."""
        from bot.app import Application  # noqa: PLC0415 - see `_world`

        return Application.from_environment(environment(self.folder, DANA.name))

    def _play(self, application: Application) -> None:
        environ = surroundings(self.folder)
        signing_secret = environment(self.folder, "bot")["SLACK_SIGNING_SECRET"]
        driver = SlackDriver(self.where.urls["slack"], self.where.bot, signing_secret)
        hands = SlackHands(driver, self.where.people, self._mind)
        self._noticed()
        leaked = () if self.options.every else self.where.leaked

        def read(incident: str) -> IncidentView:
            return self._view(application.event_log.load(incident))

        news = NewsFromOutside(self.where, hands, self.narrator.say, decides=self.options.auto)
        if self.options.auto and not self.options.incident_only:
            self._rotation = PlannedRotation(
                self.where, self.narrator.say, environ, lambda: _newest(application, RunKind.ROTATION)
            )
            self._rotation.start()
        exposed = EXPOSED if self.options.story else None
        people = Responders(self.where, hands, read, self.narrator.say, environ, leaked, news.play, exposed)
        if not self.options.auto:
            take_part(people, self.narrator, self._mind)
            return
        self.narrator.say(WAITS)
        try:
            people.play(PLAY_SECONDS)
        except SlackSilent:
            self.narrator.say("Slack does not answer: the people go to their terminals")
            at_terminals = TerminalResponders(self.where, self.narrator.say, environ, self._mind, leaked)
            at_terminals.play(PLAY_SECONDS)

    def _view(self, incident: Incident) -> IncidentView:
        """As `bot show --json` would print it; a process for each look would take longer than they look away."""
        return IncidentView(json.loads(json.dumps(self.document(incident, datetime.now(UTC)), default=str)))

    # --- summing up -------------------------------------------------------------------------------------------------

    def _outcome(self, application: Application) -> Summary:
        """What came of the incident, before anything was searched."""
        event_log = application.event_log
        declared = _newest(application, RunKind.COMPROMISE)
        if declared is None:
            raise NothingDeclared("The drill ended without an incident: you declared none.")
        why_open = self._view(declared).why_open if declared.open else ""
        self.narrator.say(f"the incident stays open: {why_open}" if declared.open else "the incident is closed")
        wanted = self.options.auto and not self.options.faults and not self.options.incident_only
        with ThreadPoolExecutor(1) as others:
            leaving = others.submit(self._departure, application) if wanted and not declared.open else None
            incident = _settled(lambda: event_log.load(declared.id))
            rotation = self._rotation.outcome() if self._rotation is not None else None
            departure = leaving.result() if leaving is not None else None
        seconds = time.monotonic() - self.started
        events, head = event_log.events(incident.id), event_log.head(incident.id)
        alone = tuple(self._left_alone(application.files.loaded.catalog.all(ENVIRONMENT), incident))
        undeclared = tuple(left["name"] for left in alone if left["reason"] == NOT_DECLARED)
        state = _seen(f"{self.where.urls['slack']}/_fake/state")
        refused = refused_in_slack(state) if state else ()
        measured = measures(incident, events, self._noticed(), undeclared, refused)
        told = debrief(measured, undeclared, self.options.earlier)
        summed = summarise(incident, events, head, NOT_SEARCHED, seconds)
        return replace(
            summed, left_alone=alone, measures=measured, debrief=told, rotation=rotation, departure=departure,
            why_open=why_open,
        )  # fmt: skip

    def _departure(self, application: Application) -> dict[str, Any] | None:
        environ = surroundings(self.folder)
        return practise_departure(
            self.where, self.narrator.say, environ, lambda: _newest(application, RunKind.DEPARTURE)
        )

    def _noticed(self) -> datetime:
        """When the people of this drill learned of the leak: as it began, however often it was resumed."""
        path = self.folder / NOTICED
        with suppress(OSError, ValueError):
            return datetime.fromisoformat(path.read_text())
        now = datetime.now(UTC)
        write_file(path, now.isoformat())
        return now

    def _left_alone(self, entries: Iterable[CatalogEntry], incident: Incident) -> Iterator[dict[str, str]]:
        for entry in entries:
            if entry.name in incident.secrets:
                continue
            declarable = "public by design" if entry.public_by_design else NOT_DECLARED
            yield {"name": entry.name, "reason": declarable if entry.name in self.where.leaked else NOT_LEAKED}
        for name in self.where.left_out:
            yield {"name": name, "reason": "the server that it needs has no wheel for this system"}

    def _search(self) -> Leaks:
        values = [(str(words), str(value)) for words, value in ask(self.where, {"values": True})["values"]]
        return leaks.search(values, self._places(), {f"{self.folder}/": ""})

    def _places(self) -> Iterator[tuple[str, bytes]]:
        yield from leaks.files_below(self.folder)
        yield from leaks.tables(self.folder / "bot" / "incidents.sqlite")
        yield leaks.recorded("slack: calls", _seen(f"{self.where.urls['slack']}/_fake/calls"))
        yield leaks.recorded("slack: workspace", _seen(f"{self.where.urls['slack']}/_fake/state"))
        yield leaks.recorded("pagerduty: alerts", _seen(f"{self.where.urls['pagerduty']}/_fake/alerts"))
        yield leaks.recorded("cloudtrail: events", _seen(f"{self.where.urls['aws']}/_fake/events"))
        yield "terminal output", self.narrator.transcript
        pids = (os.getpid(), self.where.pid, self.bot.pid, *self.where.server_pids)
        yield from leaks.processes(pid for pid in pids if pid)

    def _show_debrief(self, summary: Summary) -> None:
        """On the practice page too, which stays open in a browser when all else has ended."""
        if summary.debrief is not None and not self.options.auto:
            with suppress(requests.RequestException), direct_session() as session:
                url = f"{self.where.urls['slack']}/_fake/debrief"
                session.post(url, json={**summary.debrief.document(), "stays": self._how_long}, timeout=5)
            time.sleep(SHOWN_SECONDS)

    # --- ending -----------------------------------------------------------------------------------------------------

    @property
    def _how_long(self) -> str:
        """How long the practice world outlives the incident; empty where it does not."""
        if self.options.keep:
            return "until you press Ctrl-C"
        return "" if self.options.auto else f"for {LOOK_AROUND / 60:.0f} minutes, or until you press Enter or Ctrl-C"

    def _stay(self, summary: Summary) -> None:
        """On request, and for a person at the terminal: to look at the closed incident, and to sign it."""
        if not self._how_long:
            return
        self.narrator.explain(
            f"{summary.incident} is over. The practice world and the bot stay {self._how_long}, to look around in. "
            f"The page: {self.where.pages[DANA.name]}"
        )
        forget_typed()
        until = math.inf if self.options.keep else time.monotonic() + LOOK_AROUND
        with suppress(KeyboardInterrupt, BotDied):  # the summary is complete, and needs the bot no longer
            while time.monotonic() < until:
                self._mind()
                if self.options.keep:
                    time.sleep(1)
                elif pressed_enter(1):
                    return

    def _end(self) -> None:
        self.bot.stop()
        with suppress(WorldGone):
            ask(self.where, {"stop": True})
        self.bot.await_end()
        if self._world_process is not None:
            with suppress(subprocess.TimeoutExpired):
                self._world_process.wait(ENDING_SECONDS)


def _newest(application: Application, kind: RunKind) -> Incident | None:
    found = next((each for each in application.incidents.summaries() if each.kind == kind), None)
    return application.event_log.load(found.incident) if found is not None else None


def _folder(wanted: Path | None) -> Path:
    if wanted is None:
        return Path(tempfile.mkdtemp(prefix="bot-drill-"))
    return named_folder(wanted, "--data").resolve()


def _settled(load: Callable[[], Incident]) -> Incident:
    """The incident once nothing more happens by itself in the next moments, or after a while."""
    until = time.monotonic() + SETTLE_SECONDS
    while True:
        incident = load()
        if time.monotonic() > until or not _busy(incident, datetime.now(UTC)):
            return incident
        time.sleep(0.1)


def _busy(incident: Incident, now: datetime) -> bool:
    soon = now + timedelta(seconds=incident.timings.retry_for)
    coming = (work for work in agenda(incident, now) if not OPERATIONS[work.op].routine and work.ready_at <= soon)
    running = (lane.claim for lane in incident.lanes.values() if lane.claim and not OPERATIONS[lane.claim.op].routine)
    return any(True for _ in coming) or any(True for _ in running)


def _seen(url: str) -> Any:
    with direct_session() as session:
        try:
            return session.get(url, timeout=10).json()
        except (requests.RequestException, ValueError):
            return {}
