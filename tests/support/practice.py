"""A whole practice installation in one process: fakes, the application over real HTTP, and a worker thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import redis as redis_client

from bot.app import Application
from bot.aws import lookups
from bot.data_files import PLAYBOOK, find_playbook
from bot.drill.fakes.allowance import Allowance
from bot.drill.fakes.aws import REGION, AwsFront
from bot.drill.fakes.aws_world import AwsWorld
from bot.drill.fakes.lambda_app import LambdaApps, Reader
from bot.drill.fakes.serving import Served
from bot.drill.providers.openai.fake import FakeOpenAI
from bot.drill.providers.pagerduty.fake import FakePagerDuty
from bot.drill.providers.sendgrid.fake import FakeSendGrid
from bot.drill.providers.stripe.fake import FakeStripe
from bot.inbox import CommandReply, Declaration, SecretChoice
from bot.incident.closing.open_items import acceptable
from bot.incident.commands import (
    Close,
    Command,
    CompleteStep,
    EndCheck,
    FinishTask,
    RecordFinding,
    RequestReport,
)
from bot.incident.lanes import access_lane
from bot.incident.model import Actor, CheckOutcome, Right, Strategy, Target
from bot.incident.state import Incident
from bot.secrets.secret import Secret
from tests.providers.redis.harness import redis_server
from tests.support.consents import shown
from tests.support.newest import Newest

PROJECT, ACCOUNT = "proj_practice", "svc_practice"
OPENAI, SENDGRID, REDIS, STRIPE = "openai-api-key", "sendgrid-api-key", "redis-url", "stripe-secret-key"
NAMES = (OPENAI, SENDGRID, REDIS, STRIPE)
OLD_PASSWORD, OLDER_PASSWORD, ADMIN_PASSWORD = "nR4wTq82Lx05vBz7", "cM9pYf36Hk71sJd2", "gV5eXa48Nu93tKw6"
CATALOG = """
schema: 1
environments: [production, staging]
secrets:
  - name: openai-api-key
    title: OpenAI API key
    provider: openai
    parts: {{ key: {{ parameter: "/{{environment}}/openai-api-key", variable: OPENAI_API_KEY }} }}
    options: {{ project: proj_practice, service_account: svc_practice }}
    admin: /bot/admin/openai
    consumers:
      - {{ lambda: api, health: "{health}/health/api" }}
      - {{ lambda: worker, health: "{health}/health/worker" }}
    policy: {{ rotate_after_days: 90 }}
    owner: AI team
    if_killed: Answers stop.
    outage: degraded
    kill: irreversible
    data: personal
  - name: sendgrid-api-key
    title: SendGrid API key
    provider: sendgrid
    parts: {{ key: {{ parameter: "/{{environment}}/sendgrid-api-key", variable: SENDGRID_API_KEY }} }}
    admin: /bot/admin/sendgrid
    consumers: [ {{ lambda: notifications, health: "{health}/health/notifications" }} ]
    policy: {{ rotate_after_days: 90 }}
    owner: Growth team
    if_killed: Mail stops.
    outage: degraded
    kill: irreversible
    data: personal
  - name: redis-url
    title: Redis password
    provider: redis
    parts: {{ key: {{ parameter: "/{{environment}}/redis-url", variable: REDIS_URL }} }}
    admin: /bot/admin/redis
    consumers: [ {{ lambda: api, health: "{health}/health/api" }} ]
    policy: {{ rotate_after_days: 180 }}
    owner: Platform team
    if_killed: Sessions are lost.
    outage: down
    kill: reversible
    data: personal
  - name: stripe-secret-key
    title: Stripe secret key
    provider: stripe
    parts: {{ key: {{ parameter: "/{{environment}}/stripe-secret-key", variable: STRIPE_SECRET_KEY }} }}
    consumers: [ {{ lambda: api, health: "{health}/health/api" }} ]
    policy: {{ rotate_after_days: 90 }}
    owner: Payments team
    if_killed: Payments fail.
    outage: degraded
    kill: irreversible
    data: payment
"""
LOOKUPS_A_SECOND = 10_000.0
"""Where CloudTrail answers two: whoever tells who has read a secret would wait for seconds."""
ALL_RIGHTS = frozenset(Right)
ADA, BEN = Actor("ada", ALL_RIGHTS), Actor("ben", ALL_RIGHTS)


@dataclass
class Practice:
    """The world and the bot in it. `old` holds the leaked keys by secret; `start` the worker before waiting."""

    folder: Path
    front: AwsFront
    aws: AwsWorld
    openai: FakeOpenAI
    sendgrid: FakeSendGrid
    stripe: FakeStripe
    pagerduty: FakePagerDuty
    functions: LambdaApps
    redis: redis_client.Redis
    environ: dict[str, str]
    old: dict[str, str]
    application: Application | None = None
    _workers: list[tuple[object, threading.Thread]] = field(default_factory=list)
    _commands: int = 0
    _newest: Newest | None = None

    @property
    def app(self) -> Application:
        if self.application is None:
            self.application = Application.from_environment(self.environ)
            self.application.become_worker(serving=True)
        return self.application

    def state(self, incident: str) -> Incident:
        """The newest, for those who look again and again."""
        if self._newest is None:
            self._newest = Newest(self.app.incidents, self.app.database)
        return self._newest.load(incident)

    def hurry(self, **timings: float) -> None:
        """Has incidents that are declared from now on wait less (seconds, see `Timings`)."""
        resolver = self.app.incidents.resolver
        resolver.timings = replace(resolver.timings, **timings)

    def start(self):
        """Starts a worker thread and gives the worker."""
        worker = self.app.working.worker()
        thread = threading.Thread(target=worker.run, daemon=True)
        thread.start()
        self._workers.append((worker, thread))
        return worker

    def stop(self) -> None:
        for worker, thread in self._workers:
            worker.stop()
            thread.join(15)
        self._workers.clear()
        if self.application is not None:
            self.application.close()
            self.application = self._newest = None

    def declare(
        self,
        *names: str,
        strategy: Strategy = Strategy.KILL_FIRST,
        targets: dict[str, Target] | None = None,
        replace: bool = True,
        environment: str = "production",
        by: Actor = ADA,
    ) -> str:
        choices = tuple(SecretChoice(n, strategy, target=(targets or {}).get(n), replace=replace) for n in names)
        self._commands += 1
        declaration = Declaration(
            environment=environment, secrets=choices, how_noticed="seen in a public gist", public=True
        )
        return self.app.incidents.declare(declaration, by, f"declare-{self._commands}-{self.folder.name}").incident.id

    def do(self, incident: str, body: Command, by: Actor = ADA) -> CommandReply:
        self._commands += 1
        body = shown(self.app.incidents.load(incident), body)
        return self.app.incidents.do(incident, body, by, f"do-{self._commands}")

    def finish(self, incident: str) -> None:
        """What people do from step to step until it is closed; they wait for the bot where it works."""
        for step in self.app.incidents.load(incident).steps:
            name = step.definition.id
            if name == "assess":
                self.wait(incident, lambda i: set(i.usage) == set(i.secrets))
            if name == "document":
                self.do(incident, RequestReport())
                self.wait(incident, lambda i: i.report.path)
            if name == "assess":
                assert not self.do(incident, RecordFinding("impact", "nothing was called with it")).refused
            if name == "investigate":
                assert not self.do(incident, RecordFinding("root-cause", "a .env was pasted")).refused
            if step.definition.by_itself:
                self.wait(incident, lambda i, name=name: i.step(name).over)
            else:
                assert not self.do(incident, CompleteStep(name)).refused
        for task in list(self.app.incidents.load(incident).tasks.values()):
            if task.open:
                self.do(incident, FinishTask(task.id))
        self.settle_checks(incident)
        left = acceptable(self.app.incidents.load(incident))
        assert not self.do(incident, Close("practice", tuple(item.key for item in left))).refused

    def settle_checks(self, incident: str) -> None:
        """What people do about what may outlive the keys, once the bot has looked: all of it is the account's own."""

        def looked(state: Incident) -> bool:
            lanes = {s.name: state.lane(access_lane(s.name)).failure for s in state.secrets.values()}
            return all(s.inspected_at or not s.entry.inspects or lanes[s.name] for s in state.secrets.values())

        for secret in self.wait(incident, looked).secrets.values():
            for check in secret.open_checks:
                assert not self.do(incident, EndCheck(secret.name, check.item, CheckOutcome.CLEAR, "all ours")).refused

    def wait(self, incident: str, holds: Callable[[Incident], object], seconds: float = 60.0) -> Incident:
        """The incident once `holds` is true of it. AssertionError with its states otherwise."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            state = self.state(incident)
            if holds(state):
                return state
            time.sleep(0.02)
        words = {n: (str(s.old_state), str(s.new_state)) for n, s in state.secrets.items()}
        failures = {n: lane.failure.message for n, lane in state.lanes.items() if lane.failure}
        raise AssertionError(f"not within {seconds} s: {words} {failures} halted={state.halted!r}")

    def submit(self, incident: str, secret: str, value: str) -> str:
        """Puts a value into the inbox, as `bot submit` does, and gives its token."""
        token = f"{self._commands:016x}"
        self.app.outside.vault.stage(f"/_compromise/inbox/{incident}/{secret}/{token}/key", Secret(value))
        return token

    def url(self, password: str) -> str:
        port = self.redis.connection_pool.connection_kwargs["port"]
        return f"redis://app:{password}@127.0.0.1:{port}/0"


@contextmanager
def practice(folder: Path, monkeypatch) -> Iterator[Practice]:
    """A furnished world with production secrets in two versions each, and a bot that has not been started."""
    openai, sendgrid, stripe, pagerduty = FakeOpenAI(), FakeSendGrid(), FakeStripe(), FakePagerDuty()
    front = AwsFront(update_seconds=0.05)
    front.lookups = Allowance(LOOKUPS_A_SECOND, int(LOOKUPS_A_SECOND), time.monotonic)
    monkeypatch.setattr(lookups, "A_SECOND", LOOKUPS_A_SECOND)
    served = [Served(fake.application) for fake in (openai, sendgrid, stripe, pagerduty)]
    server = redis_server()
    root = redis_client.Redis(port=server.port, decode_responses=True)
    apps = None
    try:
        world = AwsWorld(front)
        world.create_key("staging")
        old = _furnish(world, openai, sendgrid, stripe, root, server.port)
        readers = (
            Reader("api", ("/production/openai-api-key", "/production/redis-url", "/production/stripe-secret-key")),
            Reader("worker", ("/production/openai-api-key",)),
            Reader("notifications", ("/production/sendgrid-api-key",)),
        )
        functions = LambdaApps(world, readers, lambda _function, _values: True)
        apps = Served(functions.application)
        bot = world.create_person("bot")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", bot.key_id)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", bot.secret.reveal())
        monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
        playbooks = folder / "playbooks"
        playbooks.mkdir()
        (playbooks / "secrets.yaml").write_text(CATALOG.format(health=apps.url))
        (playbooks / "secret-compromise.yaml").write_text(find_playbook(PLAYBOOK).read_text())
        (playbooks / "rotation.yaml").write_text(find_playbook("rotation.yaml").read_text())
        environ = {
            "BOT_ENVIRONMENT": "drill",
            "BOT_DATA": str(folder / "data"),
            "BOT_DECISIONS": str(folder / "docs" / "DECISIONS.md"),
            "BOT_PLAYBOOKS": str(playbooks),
            "AWS_ENDPOINT_URL": front.url,
            "BOT_STAGING_KMS_KEY": "alias/staging",
            "BOT_CONFIRM_SECONDS": "0.3",
            "BOT_OPENAI_API_URL": served[0].url + "/v1",
            "BOT_SENDGRID_API_URL": served[1].url,
            "BOT_STRIPE_API_URL": served[2].url,
            "BOT_PAGERDUTY_EVENTS_URL": served[3].url,
            "BOT_PAGERDUTY_ROUTING_KEY": pagerduty.routing_key,
        }
        made = Practice(folder, front, world, openai, sendgrid, stripe, pagerduty, functions, root, environ, old)
        try:
            yield made
        finally:
            made.stop()
    finally:
        if apps is not None:
            apps.stop()
        for server_of_one in served:
            server_of_one.stop()
        front.stop()
        root.close()


def _furnish(
    world: AwsWorld,
    openai: FakeOpenAI,
    sendgrid: FakeSendGrid,
    stripe: FakeStripe,
    root: redis_client.Redis,
    port: int,
) -> dict[str, str]:
    for user, password in (("app", OLD_PASSWORD), ("bot", ADMIN_PASSWORD)):
        root.execute_command("ACL", "SETUSER", user, "reset", "on", f">{password}", "~*", "&*", "+@all")
    root.execute_command("ACL", "SETUSER", "app", f">{OLDER_PASSWORD}")
    openai.add_project(PROJECT, ACCOUNT)
    made = {
        OPENAI: [openai.add_key(PROJECT, "app", service_account=ACCOUNT).value for _ in range(2)],
        SENDGRID: [sendgrid.add_key("app").value for _ in range(2)],
        REDIS: [f"redis://app:{password}@127.0.0.1:{port}/0" for password in (OLDER_PASSWORD, OLD_PASSWORD)],
        STRIPE: [stripe.add_key("app").value for _ in range(2)],
    }
    for name, values in made.items():
        world.store(f"/production/{name}", *values)
    world.store("/bot/admin/openai", openai.admin_key)
    world.store("/bot/admin/sendgrid", sendgrid.admin_key)
    world.store("/bot/admin/redis", f"redis://bot:{ADMIN_PASSWORD}@127.0.0.1:{port}/0")
    for function in ("api", "worker", "notifications"):
        world.create_function(function)
    return {name: values[-1] for name, values in made.items()}
