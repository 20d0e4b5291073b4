"""Replicas of the bot as real processes on one database, in a practice world that the test process holds."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import urlopen

from bot.app import Application
from bot.drill.client.place import BOT, FRONT
from bot.drill.fakes.serving import free_port
from bot.drill.fakes.slack import SlackDriver
from bot.drill.personas import DANA
from bot.drill.practice_world import PracticeWorld
from bot.drill.providers.openai.fixture import OpenAIFixture
from bot.drill.providers.sendgrid.fixture import SendGridFixture
from bot.inbox import Declaration, SecretChoice
from bot.incident.events import ClaimLost, OperationStarted, OutcomeRefused
from bot.incident.model import Strategy
from tests.support.bots import Bot, start_anew, start_bot

START_SECONDS = 60.0
COMMAND_KEY = "c0" * 32
"""By which a front vouches for what Slack asked of it. A worker finds it in its parameter."""


def until(holds, seconds, *, every=0.02, why=lambda: ""):
    """Waits until `holds()` is true; gives what it gave, and after how many seconds."""
    begun = time.monotonic()
    while not (found := holds()):
        assert time.monotonic() - begun < seconds, f"not within {seconds} s. {why()}"
        time.sleep(every)
    return found, time.monotonic() - begun


def openai(practice_world):
    return practice_world.fixture(OpenAIFixture).fake


def sendgrid(practice_world):
    return practice_world.fixture(SendGridFixture).fake


@dataclass
class Replica:
    """One process of the bot. Its log is JSON lines, as nobody watches its standard error."""

    command: tuple[str, ...]
    environ: dict[str, str]
    log: Path
    anew: bool = False
    """Whether the program is started as an operator would, for what the system shows of its process."""
    process: Bot | subprocess.Popen | None = None

    def start(self):
        self.process = (start_anew if self.anew else start_bot)(self.command, self.environ, self.log)
        return self

    @property
    def pid(self):
        return self.process.pid

    @property
    def port(self):
        return int(self.environ["BOT_PORT"])

    @property
    def health_port(self):
        return int(self.environ["BOT_HEALTH_ADDRESS"].rpartition(":")[2])

    @property
    def health(self):
        return f"http://{self.environ['BOT_HEALTH_ADDRESS']}"

    @property
    def said(self):
        return self.log.read_text()

    @property
    def lines(self):
        return [json.loads(line) for line in self.said.splitlines() if line.startswith("{")]

    @property
    def worker(self):
        """The id under which its worker is enlisted now; empty before it is."""
        return next((line["worker"] for line in reversed(self.lines) if line.get("event") == "worker enlisted"), "")

    @property
    def ready(self):
        try:
            with urlopen(f"{self.health}/readyz", timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False

    @property
    def serves(self):
        try:
            with urlopen(f"{self.health}/healthz", timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False

    def signal(self, number):
        os.kill(self.pid, number)

    def wait(self, seconds=90.0):
        return self.process.wait(seconds)

    def end(self):
        if self.process is not None and self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGCONT)
                self.process.kill()
            self.process.wait()


@dataclass
class Fleet:
    """The replicas of one test. `application` is the test's own view of their log; `driver` plays Slack's side."""

    practice_world: PracticeWorld
    database: str
    folder: Path
    anew: bool = False
    replicas: list[Replica] = field(default_factory=list)
    application: Application | None = None

    def environ(self, role=BOT, database=None, **changes):
        surroundings = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "BOT_", "SLACK_"))}
        surroundings["COLUMNS"] = "200"
        given = self.practice_world.environment(role) | {
            "BOT_DATABASE_URL": database or self.database,
            "BOT_PORT": str(free_port()),
            "BOT_HEALTH_ADDRESS": f"127.0.0.1:{free_port()}",
            "BOT_DATA": str(self.folder / "data"),
        }
        if role == FRONT:
            given |= {"BOT_COMMAND_KEY": COMMAND_KEY}
        return {name: value for name, value in (surroundings | given | changes).items() if value}

    def start(self, *command, role=BOT, database=None, wait=True, **changes):
        """Starts a process; waits until it is ready: serves, or where it does not serve, works."""
        command = command or ("serve",)
        log = self.folder / f"replica-{len(self.replicas)}.log"
        replica = Replica(command, self.environ(role, database, **changes), log, self.anew)
        self.replicas.append(replica.start())
        return self.await_ready(replica) if wait else replica

    def await_ready(self, replica):
        def ready():
            assert replica.process.poll() is None, replica.said
            return replica.ready if "serve" in replica.command else replica.worker

        until(ready, START_SECONDS, every=0.1, why=lambda: replica.said)
        return replica

    @property
    def app(self):
        if self.application is None:
            self.application = Application.from_environment(self.environ(FRONT))
        return self.application

    def driver(self, replica):
        """People's side of Slack, whose requests Slack happens to send to this replica."""
        slack = self.practice_world.served["slack"].url
        return SlackDriver(slack, f"http://127.0.0.1:{replica.port}", self.practice_world.signing_secret)

    def revive(self, replica):
        """Starts a replica that has ended again, in its old place."""
        replica.end()
        replica.start()
        return self.await_ready(replica)

    # --- the incident -----------------------------------------------------------------------------------------------

    def declare(self, *names, environment="production"):
        """Dana declares these secrets: revoke first; the incident's id. No two tests have the same: the world that they
        share would still hold the keys of the first.
        """
        choices = tuple(SecretChoice(name, Strategy.KILL_FIRST) for name in names)
        declaration = Declaration(
            environment=environment, secrets=choices, how_noticed="seen in a public gist", public=True
        )
        dana = self.app.askers.by_slack(self.practice_world.slack_ids[DANA.name])
        return self.app.client.declare(declaration, dana, uuid.uuid4().hex).incident.id

    def state(self, incident):
        return self.app.incidents.load(incident)

    def events(self, incident, kind=object):
        return [each for each in self.app.incidents.events(incident) if isinstance(each.event, kind)]

    def held(self, incident, op):
        """The claim of the operation that runs, if it does."""
        claims = [lane.claim for lane in self.state(incident).lanes.values() if lane.claim is not None]
        return next((claim for claim in claims if claim.op is op), None)

    def await_held(self, incident, op, seconds=90.0):
        return until(lambda: self.held(incident, op), seconds, why=lambda: self.told(incident))[0]

    def holder(self, claim):
        """The replica whose worker has the claim."""
        return next(replica for replica in self.replicas if replica.worker == claim.worker)

    def await_taken_over(self, incident, claim, seconds=90.0):
        """Waits until a dead worker's claim is another's; the seconds from now until then."""

        def taken():
            return [r for r in self.events(incident, ClaimLost) if r.event.claim == claim.number]

        return until(taken, seconds, why=lambda: self.told(incident))[1]

    def await_settled(self, incident, seconds=90.0):
        """Waits until every old key is dead and every new one in place."""

        def settled():
            state = self.state(incident)
            return state if all(s.gone and s.in_place for s in state.secrets.values()) else None

        return until(settled, seconds, every=0.05, why=lambda: self.told(incident))[0]

    def refused_outcomes(self, incident):
        return self.events(incident, OutcomeRefused)

    def workers(self, incident):
        """Who has worked on it."""
        return {each.event.claim.worker for each in self.events(incident, OperationStarted)}

    def told(self, incident):
        """For a failed test: the end of the timeline, and of every log."""
        events = [
            f"{r.at:%H:%M:%S.%f} {r.actor} {str(r.event)[:300]}" for r in self.app.incidents.events(incident)[-60:]
        ]
        logs = [f"--- {replica.log.name}\n{replica.said[-2000:]}" for replica in self.replicas]
        return "\n".join(["", *events, *logs])

    def stop(self):
        for replica in self.replicas:
            replica.end()
        if self.application is not None:
            self.application.close()
