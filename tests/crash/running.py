"""One incident from the declaration to the close, with workers that die on the way and people who do their part."""

from __future__ import annotations

import itertools
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from bot.app import Application
from bot.drill.standins.aws_trail import Trail
from bot.incident import commands as c
from bot.incident.events import OperationStarted
from bot.incident.model import StepState, Strategy
from bot.incident.plan import request_digest
from bot.incident.state import Incident
from bot.journal import Journal, open_journal
from bot.response import Declaration, Desk, SecretChoice
from bot.secret import Secret
from tests.conftest import FINGERPRINT_KEY
from tests.support import crash
from tests.support.practice import (
    ACCOUNT,
    ADA,
    BEN,
    OLD_PASSWORD,
    OLDER_PASSWORD,
    OPENAI,
    PROJECT,
    REDIS,
    SENDGRID,
    STRIPE,
    Practice,
    practice,
)

LONGEST = 60.0
"""Seconds that an incident may take, deaths included."""
LOOK = 0.015
GONE = "gone"
TAKE_OVER = 5.0
"""Seconds from a restart to the first claim."""


@dataclass(frozen=True)
class Scenario:
    """What leaks. Workers die at `deaths` one after the other before the point in question comes."""

    name: str
    secrets: tuple[str, ...]
    strategy: Strategy = Strategy.KILL_FIRST
    deaths: tuple[str, ...] = ()


@dataclass
class Life:
    """One worker: when it was started, at which event the log stood, and whether it died at its point."""

    job: crash.Job
    started_at: datetime
    seq: int
    died: bool = False


@dataclass
class Run:
    """What came of one incident."""

    scenario: Scenario
    incident: str
    point: str
    lives: list[Life] = field(default_factory=list)
    journal: Journal | None = None
    made: int = 0
    ended: int = 0

    @property
    def reached(self) -> bool:
        return bool(self.lives) and [life.died for life in self.lives if life.job.point] == [True] * self.wanted

    @property
    def wanted(self) -> int:
        return len(self.scenario.deaths) + bool(self.point)

    @property
    def points(self) -> list[str]:
        """The points that the last worker passed, in order."""
        notes = crash.read_notes(Path(self.lives[-1].job.notes))
        return list(dict.fromkeys(note.name for note in notes))

    @property
    def take_overs(self) -> list[float]:
        """Seconds from each restart to the first claim after it, where there was anything left to do."""
        found = []
        for before, life in zip(self.lives, self.lives[1:], strict=False):
            assert before.died
            for recorded in self.journal.events(self.incident, after=life.seq):
                if isinstance(recorded.event, OperationStarted):
                    found.append((recorded.at - life.started_at).total_seconds())
                    break
        return found


# --- processes ------------------------------------------------------------------------------------------------------


class Forge:
    """Starts one worker after the other, as forks of a process that has everything loaded, or anew (`cold`)."""

    def __init__(self, *, cold: bool = False) -> None:
        self.cold = cold
        self.pid = 0
        self._said: queue.Queue[str] = queue.Queue()
        self._process = None if cold else self._start()

    def _start(self, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tests.support.crash", *arguments]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if not self.cold:
            threading.Thread(target=self._listen, args=(process,), daemon=True).start()
        return process

    def _listen(self, process: subprocess.Popen[str]) -> None:
        for line in process.stdout:
            self._said.put(line)
        self._said.put(GONE)

    def start(self, job: crash.Job) -> None:
        assert not self.pid
        if self.cold:
            self._process = self._start("--once")
            self.pid = self._process.pid
        self._process.stdin.write(crash.dumped(job))
        self._process.stdin.flush()
        if not self.cold:
            self.pid = int(self._said.get(timeout=20))

    @property
    def works(self) -> bool:
        """Whether the worker that was started last has not ended."""
        return self._process.poll() is None if self.cold else self._said.empty()

    def ended(self) -> int | None:
        """The exit status of the worker that was started last, None while it works."""
        if self.cold:
            status = self._process.poll()
            if status is not None:
                self._close()
        else:
            try:
                said = self._said.get_nowait()
            except queue.Empty:
                return None
            if said == GONE:
                self.pid = 0
                raise ChildProcessError("the process that starts workers has ended")
            status = int(said)
        if status is not None:
            self.pid = 0
        return status

    def kill(self) -> None:
        """Ends the worker, if there is one."""
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            while self.ended() is None:
                time.sleep(0.002)

    def close(self) -> None:
        self.kill()
        if not self.cold:
            self._close()

    def _close(self) -> None:
        self._process.stdin.close()
        self._process.wait(20)
        self._process.stdout.close()


@contextmanager
def forge(*, cold: bool = False) -> Iterator[Forge]:
    made = Forge(cold=cold)
    try:
        yield made
    finally:
        made.close()


# --- the database ---------------------------------------------------------------------------------------------------


class SqliteFiles:
    """A fresh file for each incident, copied from an empty log."""

    name = "SQLite"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._empty = folder / "empty.sqlite"
        self._count = 0
        open_journal(f"sqlite:///{self._empty}").close()

    def fresh(self) -> str:
        self._count += 1
        path = self._folder / f"log-{self._count}.sqlite"
        shutil.copy(self._empty, path)
        return f"sqlite:///{path}"


class PostgresTables:
    """One database, emptied for each incident."""

    name = "PostgreSQL"

    def __init__(self, url: str) -> None:
        self._url = url
        open_journal(url).close()

    def fresh(self) -> str:
        with psycopg.connect(self._url, autocommit=True) as connection:
            rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
            names = ", ".join(name for (name,) in rows if name != "alembic_version")
            connection.execute(f"TRUNCATE {names}")
        return self._url


# --- the world ------------------------------------------------------------------------------------------------------


@dataclass
class Stage:
    """A practice world that is furnished anew for each incident, and the processes that play in it."""

    world: Practice
    forge: Forge
    folder: Path
    careless: str = ""
    runs: Iterator[int] = field(default_factory=itertools.count)
    older: dict[str, str] = field(default_factory=dict)

    @property
    def app(self) -> Application:
        return self.world.app

    def furnish(self) -> None:
        """Every secret in two versions, both alive; nothing left of incidents before."""
        world, ssm = self.world, self.world.aws.aws.client("ssm")
        for path in ("/_compromise", "/production"):
            names = [
                p["Name"]
                for page in ssm.get_paginator("get_parameters_by_path").paginate(Path=path, Recursive=True)
                for p in page["Parameters"]
            ]
            for start in range(0, len(names), 10):
                ssm.delete_parameters(Names=names[start : start + 10])
        functions = world.aws.aws.client("lambda")
        for function in ("api", "worker", "notifications"):
            functions.update_function_configuration(FunctionName=function, Environment={"Variables": {}})
        world.front.trail = Trail()
        self._furnish_keys()

    def _furnish_keys(self) -> None:
        world = self.world
        for standin in (world.openai, world.stripe):
            standin._keys.clear()
        world.sendgrid._keys[:] = [key for key in world.sendgrid._keys if key.value == world.sendgrid.admin_key]
        world.pagerduty._alerts.clear()
        world.redis.execute_command("ACL", "SETUSER", "app", "reset", "on", f">{OLDER_PASSWORD}", "~*", "&*", "+@all")
        world.redis.execute_command("ACL", "SETUSER", "app", f">{OLD_PASSWORD}")
        made = {
            OPENAI: [world.openai.add_key(PROJECT, "app", service_account=ACCOUNT).value for _ in range(2)],
            SENDGRID: [world.sendgrid.add_key("app").value for _ in range(2)],
            REDIS: [world.url(OLDER_PASSWORD), world.url(OLD_PASSWORD)],
            STRIPE: [world.stripe.add_key("app").value for _ in range(2)],
        }
        for name, values in made.items():
            world.aws.store(f"/production/{name}", *values)
        self.older = {name: values[0] for name, values in made.items()}
        world.old = {name: values[1] for name, values in made.items()}

    def run(self, scenario: Scenario, database, point: str = "", **more) -> Run:
        """One incident to its end; AssertionError if it does not come to it. The journal in the answer stays open."""
        number = next(self.runs)
        self.furnish()
        folder = self.folder / f"run-{number}"
        folder.mkdir()
        url = database.fresh()
        journal = open_journal(url)
        timings = replace(self.app.timings, **crash.QUICK)
        desk = Desk(journal, self.app.loaded.catalog, self.app.playbooks, timings, self.app.freeze)
        choices = tuple(SecretChoice(name, scenario.strategy) for name in scenario.secrets)
        declaration = Declaration("production", choices, "seen in a public gist", public=True)
        incident = desk.declare(declaration, ADA, f"declare-{self.folder.name}-{number}").incident.id
        environ = {
            **self.world.environ,
            "BOT_DATABASE_URL": url,
            "BOT_DATA": str(folder),
            "BOT_DECISIONS": str(folder / "DECISIONS.md"),
        }
        play = Play(self, desk, Run(scenario, incident, point, journal=journal), environ, folder, **more)
        try:
            play.to_the_end()
        except BaseException:
            journal.close()
            raise
        finally:
            self.forge.kill()
        return play.run


@dataclass
class Play:
    """One incident being played."""

    stage: Stage
    desk: Desk
    run: Run
    environ: dict[str, str]
    folder: Path
    trouble: str = ""
    meanwhile: Callable[[Play, Incident], None] = lambda _play, _incident: None
    people: People = field(init=False)

    def __post_init__(self) -> None:
        self.people = People(self.stage.world, self.desk, self.stage.app)

    def to_the_end(self) -> None:
        points = [*self.run.scenario.deaths, *([self.run.point] if self.run.point else [])]
        until = time.monotonic() + LONGEST
        incident = self.desk.incident(self.run.incident)
        self.start(incident, points)
        while True:
            if self.stage.forge.ended() is not None:
                self.run.lives[-1].died = True
                assert self.run.lives[-1].job.point, f"the worker ended by itself: {self.log()}"
                self.start(self.desk.incident(self.run.incident), points)
            incident = self.desk.incident(self.run.incident)
            self.people.act(incident)
            self.meanwhile(self, incident)
            if over(incident) and self.rested(incident):
                return
            assert time.monotonic() < until, f"not over: {_told(incident)} {self.log()}"
            time.sleep(LOOK)

    def rested(self, incident: Incident) -> bool:
        """Whether nothing more comes, the death at the very last point included."""
        time.sleep(4 * LOOK)
        return self.stage.forge.works and self.desk.incident(self.run.incident).seq == incident.seq

    def start(self, incident: Incident, points: list[str]) -> None:
        number = len(self.run.lives)
        job = crash.Job(
            environ=self.environ,
            log=str(self.folder / f"worker-{number}.log"),
            notes=str(self.folder / f"worker-{number}.points"),
            point=points[number] if number < len(points) else "",
            careless=self.stage.careless,
            trouble=self.trouble,
        )
        self.run.lives.append(Life(job, datetime.now(UTC), incident.seq))
        self.stage.forge.start(job)

    def log(self) -> str:
        return "".join(Path(life.job.log).read_text() for life in self.run.lives if Path(life.job.log).exists())[-4000:]


def over(incident: Incident) -> bool:
    """Closed, written up, and nothing left to do for a quarter of an hour."""
    secrets = incident.secrets.values()
    return (
        incident.closed is not None
        and incident.page.resolved_at is not None
        and incident.report.decisions_at is not None
        and incident.report.requested_at is None
        and all(secret.new.sweep_at is None and secret.new.unstaged for secret in secrets)
        and all(ended for secret in secrets for ended in secret.new.doomed.values())
        and all(lane.claim is None for lane in incident.lanes.values())
    )


def _told(incident: Incident) -> str:
    words = {n: (str(s.old_state), str(s.new_state), s.new.sweep_at, s.new.doomed) for n, s in incident.secrets.items()}
    lanes = {n: (lane.claim, lane.failure) for n, lane in incident.lanes.items() if lane.claim or lane.failure}
    return f"{words} {lanes} closed={incident.closed} {incident.page} {incident.report} halted={incident.halted!r}"


# --- people ---------------------------------------------------------------------------------------------------------


@dataclass
class People:
    """Ada and Ben, who do what only people do, once each."""

    world: Practice
    desk: Desk
    app: Application
    done: set[str] = field(default_factory=set)

    def act(self, incident: Incident) -> None:
        if incident.request is not None and self._once(f"approve {incident.request.at}"):
            self._do(incident, c.ApprovePlan(request_digest(incident.request.plans)), BEN)
        if STRIPE in incident.secrets:
            self._stripe(incident)
        if not incident.worries and all(seen.after_containment for seen in incident.usage.values()):
            self._close(incident)

    def _stripe(self, incident: Incident) -> None:
        secret = incident.secrets[STRIPE]
        if secret.old.snapshot_at and self._once("submit"):
            inbox = f"/_compromise/inbox/{incident.id}/{STRIPE}/1"
            self.app.vault.stage(f"{inbox}/key", Secret(self.world.stripe.add_key("by hand").value))
            self._do(incident, c.AnnounceSubmission(STRIPE, inbox))
        if secret.restored and self._once("expire"):
            self.world.stripe.expire(next(k for k in self.world.stripe.all_keys() if k.value == self.world.old[STRIPE]))
            self._do(incident, c.ConfirmRevoked(STRIPE))

    def _close(self, incident: Incident) -> None:
        if self._once("report"):
            self._do(incident, c.RequestReport())
        elif incident.report.written_at is not None and self._once("close"):
            for step in incident.steps:
                if step.state not in {StepState.DONE, StepState.SKIPPED}:
                    self._do(incident, c.SkipStep(step.definition.id, "practice"))
            self._do(incident, c.Close())

    def _once(self, what: str) -> bool:
        new = what not in self.done
        self.done.add(what)
        return new

    def _do(self, incident: Incident, body: c.Command, by=ADA) -> None:
        reply = self.desk.do(
            incident.id, body, by, f"{type(body).__name__}-{len(self.done)}-{getattr(body, 'step', '')}"
        )
        assert not reply.refused, reply.refused


@contextmanager
def stage(folder: Path, monkeypatch) -> Iterator[Stage]:
    with practice(folder, monkeypatch) as world:
        world.aws.store("/bot/fingerprint-key", FINGERPRINT_KEY.hex())
        world.environ["BOT_CONFIRM_SECONDS"] = str(crash.QUICK["confirm"])
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
            world.environ[name] = os.environ[name]
        with forge() as made:
            yield Stage(world, made, folder)
