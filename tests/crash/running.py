"""One incident from the declaration to the close, with workers that die on the way and people who do their part."""

from __future__ import annotations

import itertools
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import psycopg
import yaml

from bot.app import Application, utc_now
from bot.drill.fakes.aws_trail import Trail
from bot.drill.fakes.aws_world import Person
from bot.drill.fakes.serving import Served
from bot.drill.fakes.slack import FakeSlack
from bot.drill.providers.elevenlabs.fake import FakeElevenLabs
from bot.errors import Misuse
from bot.eventlog import Seal, open_event_log
from bot.eventlog.sql import EventLog
from bot.inbox import Asker, Client, Declaration, Incidents, SecretChoice
from bot.incident.commands import ApprovePlan
from bot.incident.events import OperationStarted
from bot.incident.model import Right, Strategy
from bot.incident.old_value.schedule import unstaged
from bot.incident.overlap.strategy import incident_id
from bot.incident.state import Incident
from bot.incident.updates.rules import audiences, new_milestones, state_of
from bot.model.playbooks import Audience
from bot.proofs.aws import AwsSigner
from bot.proofs.aws_request import Sts
from bot.proofs.statement import ProofKind
from bot.vault.own import COMMAND_KEY, WORKER_KEY
from bot.vault.ssm import SsmVault
from bot.worker.card_publisher import KEY, SURFACE
from tests.conftest import FINGERPRINT_KEY
from tests.crash.harness import Harness, harness
from tests.crash.people import People
from tests.crash.setting import (
    ELEVENLABS,
    SIBLING,
    Setting,
    add_elevenlabs,
    add_sibling,
    bring_stray,
    elevenlabs_environ,
    slack_environ,
    unreadable,
    with_entry,
)
from tests.support import crash
from tests.support.newest import Newest
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

KEYS = {"/bot/fingerprint-key": FINGERPRINT_KEY.hex(), WORKER_KEY: "5e" * 32, COMMAND_KEY: "c0" * 32}
"""A process that finds them makes none."""
LONGEST = 120.0
"""Seconds that an incident may take, deaths included, on a machine that has other things to do."""
LOOK = 0.025
REST, LONG_REST = 0.06, 1.0
"""Seconds in which nothing more comes. Where a death has not come yet, a busy worker may be late for its last point."""
OVERLAP = 0.5
"""Seconds for which both values of a planned rotation work."""
WEEK = 0.6
"""Seconds that the week after the close takes where it is waited for."""
TAKE_OVER = 5.0
"""Seconds from a restart to the first claim."""


class Door(StrEnum):
    """How people's commands come: vouched for by a front that Slack asked, or signed for STS by a terminal."""

    SLACK = "slack"
    AWS = "aws"


@dataclass(frozen=True)
class Scenario:
    """What leaks. Workers die at `deaths` one after the other before the point in question comes."""

    name: str
    secrets: tuple[str, ...]
    strategy: Strategy = Strategy.KILL_FIRST
    deaths: tuple[str, ...] = ()
    setting: Setting = Setting.PLAIN
    door: Door = Door.SLACK
    pressed: bool = False
    """Whether someone presses Revoke now, once the old key has been seen alive."""

    @property
    def routine(self) -> bool:
        """Whether nothing leaked."""
        return self.setting is Setting.ROTATION

    @property
    def returns(self) -> bool:
        """Whether every secret is rolled back and promoted again."""
        return self.setting is Setting.RETURN


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
    event_log: EventLog | None = None
    asked: list[str] = field(default_factory=list)
    made: int = 0
    ended: int = 0

    @property
    def reached(self) -> bool:
        return bool(self.lives) and [life.died for life in self.lives if life.job.point] == [True] * self.wanted

    @property
    def wanted(self) -> int:
        return len(self.scenario.deaths) + bool(self.point)

    @property
    def deaths(self) -> int:
        return sum(life.died for life in self.lives)

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
            for recorded in self.event_log.events(self.incident, after=life.seq):
                if isinstance(recorded.event, OperationStarted):
                    found.append((recorded.at - life.started_at).total_seconds())
                    break
        return found


# --- the database ---------------------------------------------------------------------------------------------------


class SqliteFiles:
    """A fresh file for each incident, copied from an empty log."""

    name = "SQLite"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._empty = folder / "empty.sqlite"
        self._count = 0
        open_event_log(f"sqlite:///{self._empty}").close()

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
        open_event_log(url).close()

    def fresh(self) -> str:
        with psycopg.connect(self._url, autocommit=True) as connection:
            rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
            names = ", ".join(name for (name,) in rows if name != "alembic_version")
            connection.execute(f"TRUNCATE {names}")
        return self._url


# --- the world ------------------------------------------------------------------------------------------------------


@dataclass
class Stage:
    """A practice world that is furnished again for each incident, and the processes that play in it."""

    world: Practice
    harness: Harness
    folder: Path
    slack: FakeSlack
    elevenlabs: FakeElevenLabs
    environs: dict[Setting, dict[str, str]]
    careless: str = ""
    runs: Iterator[int] = field(default_factory=itertools.count)
    older: dict[str, str] = field(default_factory=dict)
    apps: dict[Setting, Application] = field(default_factory=dict)
    persons: Mapping[str, Person] = field(default_factory=dict)
    askers: dict[Door, dict[str, Asker]] = field(default_factory=dict)

    @property
    def seal(self) -> Seal:
        """What the log is read with here: nothing is believed that no worker wrote."""
        return Seal(self.app.keys.worker_keys)

    def by_door(self, door: Door) -> dict[str, Asker]:
        """Ada and Ben by name. Each is the same person by either door."""
        return self.askers[door]

    @property
    def app(self) -> Application:
        return self.world.app

    def app_of(self, setting: Setting) -> Application:
        """One that knows what is in this setting's catalog."""
        if setting not in self.apps:
            self.apps[setting] = Application.from_environment({**self.world.environ, **self.environs.get(setting, {})})
        return self.apps[setting]

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
        for fake in (world.openai, world.stripe):
            fake._keys.clear()
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

    def client(self, event_log: EventLog, app: Application | None = None) -> Client:
        """Gives commands to the incidents of this log, by the catalog of one of the applications."""
        files, settings = (app or self.app).files, (app or self.app).settings
        incidents = Incidents(event_log, files.loaded.catalog, files.playbooks, settings.timings, files.freeze, utc_now)
        return Client(incidents, lambda: self.app.keys.facts.id, utc_now)

    def run(self, scenario: Scenario, database, point: str = "", **more) -> Run:
        """One incident to its end; AssertionError if it does not come to it. The event_log in the answer stays open."""
        number = next(self.runs)
        self.furnish()
        folder = self.folder / f"run-{number}"
        folder.mkdir()
        url = database.fresh()
        event_log = open_event_log(url, seal=self.seal)
        app = self.app_of(scenario.setting)
        client = self.client(event_log, app)
        incidents = client.incidents
        command_id = f"declare-{self.folder.name}-{number}"
        incident = incident_id(command_id)
        choices = self._choices(scenario, incident)
        declaration = Declaration(
            environment="production", secrets=choices, how_noticed="seen in a public gist", public=not scenario.returns
        )
        if scenario.routine:
            declaration = replace(declaration, playbook="rotation", public=False, overlap=OVERLAP)
        environ = {
            **self.world.environ,
            **self.environs.get(scenario.setting, {}),
            "BOT_DATABASE_URL": url,
            "BOT_DATA": str(folder),
            "BOT_DECISIONS": str(folder / "DECISIONS.md"),
        }
        play = Play(
            self, client, incidents, Run(scenario, incident, point, event_log=event_log), environ, folder, **more
        )
        try:
            play.people.ask(incident, declaration, command_id)
            with self._set(scenario, lambda: incidents.load(incident)):
                play.to_the_end()
        except BaseException:
            event_log.close()
            raise
        finally:
            self.harness.kill()
        return play.run

    def _choices(self, scenario: Scenario, incident: str) -> tuple[SecretChoice, ...]:
        match scenario.setting:
            case Setting.STRAY:
                self.older[OPENAI] = self.world.old[OPENAI]
                target = bring_stray(self.world, self.app.outside.vault, incident)
                return (SecretChoice(OPENAI, scenario.strategy, target=target, replace=False),)
            case Setting.SIBLING:
                self.older[SENDGRID] = add_sibling(self.world)
            case Setting.ELEVENLABS:
                self.older[ELEVENLABS] = add_elevenlabs(self.world, self.elevenlabs)
        return tuple(SecretChoice(name, scenario.strategy) for name in scenario.secrets)

    def _set(self, scenario: Scenario, incident: Callable[[], Incident]) -> AbstractContextManager[None]:
        if scenario.setting is Setting.UNREADABLE:
            return unreadable(self.world.sendgrid, incident)
        return nullcontext()


@dataclass
class Play:
    """One incident being played."""

    stage: Stage
    client: Client
    incidents: Incidents
    run: Run
    environ: dict[str, str]
    folder: Path
    trouble: str = ""
    meanwhile: Callable[[Play, Incident], None] = lambda _play, _incident: None
    people: People = field(init=False)
    newest: Newest = field(init=False)

    def __post_init__(self) -> None:
        self.newest = Newest(self.incidents, self.run.event_log.database)
        door = self.run.scenario.door
        askers = self.stage.by_door(door)
        self.people = People(
            self.stage.world,
            self.client,
            self.stage.app,
            askers,
            singly=door is Door.AWS,
            kills=self.run.scenario.pressed,
            returns=self.run.scenario.returns,
            asked=self.run.asked,
        )

    @property
    def incident(self) -> Incident | None:
        """None until a worker has taken the declaration."""
        try:
            return self.newest.load(self.run.incident)
        except Misuse:
            return None

    def to_the_end(self) -> None:
        points = [*self.run.scenario.deaths, *([self.run.point] if self.run.point else [])]
        until = time.monotonic() + LONGEST
        self.start(None, points)
        while True:
            if self.stage.harness.ended() is not None:
                self.run.lives[-1].died = True
                assert self.run.lives[-1].job.point, f"the worker ended by itself: {self.log()}"
                self.start(self.incident, points)
            incident = self.incident
            if incident is None:
                self.people.listen()
            else:
                self._act(incident)
                self.meanwhile(self, incident)
                if over(incident) and self.people.listen() and self.rested(incident):
                    return
            assert time.monotonic() < until, f"not over: {_told(incident)} {self.log()}"
            time.sleep(LOOK)

    def _act(self, incident: Incident) -> None:
        """In a planned rotation people agree to the kill, and do nothing else."""
        if not self.run.scenario.routine:
            self.people.act(incident)
            return
        self.people.listen()
        if incident.request is not None and self.people._once(f"agree {incident.request.at}"):
            self.people._do(incident, ApprovePlan(incident.request.digest), BEN)

    def rested(self, incident: Incident) -> bool:
        """Whether nothing more comes, the death at the very last point included."""
        if incident.channel and not self.shown(incident):
            return False
        until = time.monotonic() + (REST if self.run.reached else LONG_REST)
        while self.stage.harness.works and time.monotonic() < until:
            time.sleep(LOOK)
        return self.stage.harness.works and self.incidents.load(self.run.incident).seq == incident.seq

    def shown(self, incident: Incident) -> bool:
        cursor = self.run.event_log.cursors.get(incident.id, SURFACE, KEY)
        return cursor is not None and cursor.seq >= incident.seq

    def start(self, incident: Incident | None, points: list[str]) -> None:
        number = len(self.run.lives)
        job = crash.Job(
            environ=self.environ,
            log=str(self.folder / f"worker-{number}.log"),
            notes=str(self.folder / f"worker-{number}.points"),
            point=points[number] if number < len(points) else "",
            careless=self.stage.careless,
            trouble=self.trouble,
            week=WEEK if self.run.scenario.setting is Setting.STRAY else 0.0,
        )
        self.run.lives.append(Life(job, datetime.now(UTC), incident.seq if incident is not None else 0))
        self.stage.harness.start(job)

    def log(self) -> str:
        return "".join(Path(life.job.log).read_text() for life in self.run.lives if Path(life.job.log).exists())[-4000:]


def over(incident: Incident) -> bool:
    """Closed, written up, and nothing left to do for a quarter of an hour."""
    secrets = incident.secrets.values()
    return (
        incident.closed is not None
        and (incident.page.resolved_at is not None or incident.routine)
        and incident.report.decisions_at is not None
        and incident.report.requested_at is None
        and not any(delivery.owed for delivery in incident.report.deliveries.values())
        and not any(_update_owed(incident, audience) for audience in audiences(incident))
        and all(secret.new.sweep_at is None for secret in secrets)
        and all(secret.new.unstaged or not secret.new.staged for secret in secrets)
        and all(not secret.target.staged or unstaged(incident, secret) for secret in secrets)
        and not any(secret.kept_as_evidence for secret in secrets)
        and all(ended for secret in secrets for ended in secret.new.orphans.values())
        and all(lane.claim is None for lane in incident.lanes.values())
    )


def _update_owed(incident: Incident, audience: Audience) -> bool:
    state = state_of(incident, audience.name)
    sent = [state.sent.get(target) for target in audience.channels]
    return bool(new_milestones(incident, audience)) or state.draft is None or set(sent) != {state.draft.number}


def _told(incident: Incident | None) -> str:
    if incident is None:
        return "not declared"
    words = {
        n: (str(s.old_state), str(s.new_state), s.new.sweep_at, s.new.orphans) for n, s in incident.secrets.items()
    }
    lanes = {n: (lane.claim, lane.failure) for n, lane in incident.lanes.items() if lane.claim or lane.failure}
    return f"{words} {lanes} closed={incident.closed} {incident.page} {incident.report} halted={incident.halted!r}"


@contextmanager
def stage(folder: Path, monkeypatch) -> Iterator[Stage]:
    with practice(folder, monkeypatch) as world:
        for parameter, value in KEYS.items():
            world.aws.store(parameter, value)
        world.environ["BOT_CONFIRM_SECONDS"] = str(crash.QUICK["confirm"])
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
            world.environ[name] = os.environ[name]
        persons = {person.name: world.aws.create_person(person.name) for person in (ADA, BEN)}
        world.environ["BOT_PEOPLE"] = people_file(folder, {name: person.arn for name, person in persons.items()})
        slack, elevenlabs = FakeSlack(rate_limited=False), FakeElevenLabs()
        with (
            Served(slack.application) as board,
            Served(elevenlabs.application) as voices,
            harness() as made,
        ):
            environs = {
                Setting.SLACK: slack_environ(slack, board.url),
                Setting.SIBLING: with_entry(world, folder / "with-sibling", SIBLING, "sendgrid"),
                Setting.ELEVENLABS: elevenlabs_environ(world, elevenlabs, voices.url, folder / "with-elevenlabs"),
            }
            found = Stage(world, made, folder, slack, elevenlabs, environs, persons=persons)
            found.askers = {
                Door.SLACK: {name: found.app.askers.by_slack(slack_id(name)) for name in persons},
                Door.AWS: {name: by_aws(world, person) for name, person in persons.items()},
            }
            yield found


def slack_id(name: str) -> str:
    return f"U0{name.upper()}"


def people_file(folder: Path, principals: Mapping[str, str]) -> str:
    """Everyone may do everything."""
    path = folder / "people.yaml"
    rights = [str(right) for right in Right]
    path.write_text(
        yaml.safe_dump(
            {name: {"slack": slack_id(name), "principal": arn, "rights": rights} for name, arn in principals.items()}
        )
    )
    return str(path)


def by_aws(world: Practice, person: Person) -> Asker:
    """Someone at a terminal, signed in to AWS as this person."""
    aws = world.aws.session_of(person)
    vault = SsmVault(aws, staging_key=world.environ["BOT_STAGING_KMS_KEY"])
    signer = AwsSigner(aws, vault, Sts.of(world.front.url, production=False))
    actor = next(each for each in (ADA, BEN) if person.arn.endswith(f"/{each.name}"))
    return Asker(person.arn, actor, lambda statement: (ProofKind.AWS, signer.prove(statement, utc_now())))
