"""The practice world of the benchmarks, a process of its own: `python -m tests.bench.world FOLDER PRODUCT`.

Four providers, AWS, Slack and PagerDuty, each behind the delays of `delays.yaml`, and the secrets of a staging
environment: staging, because there one responder may kill them all, and a second person's thinking is not measured.
Prints one line of JSON (the bot's environment, Slack ids) when it is ready, and ends with its standard input.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import redis
import yaml

from bot.data_files import PLAYBOOK, find_playbook
from bot.drill.fakes.aws import REGION, AwsFront
from bot.drill.fakes.aws_world import AwsWorld
from bot.drill.fakes.lambda_app import LambdaApps, Reader
from bot.drill.fakes.serving import Served
from bot.drill.fakes.slack import TOKEN, FakeSlack
from bot.drill.providers.openai.fake import FakeOpenAI
from bot.drill.providers.pagerduty.fake import FakePagerDuty
from bot.drill.providers.sendgrid.fake import FakeSendGrid
from bot.drill.providers.stripe.fake import FakeStripe
from bot.vault.own import COMMAND_KEY, WORKER_KEY
from tests.bench.delays import Delayed, Delays, ProofsCounted, SlowDoor, aws_service
from tests.bench.past import PAST_KEY
from tests.bench.people import ADA, people_of
from tests.bench.product import FRONT_KEY, FUNCTIONS, SIGNING_SECRET, Product, provider_of
from tests.providers.redis.harness import redis_server

OLD, OLDER, ADMIN = "nR4wTq82Lx05vBz7", "cM9pYf36Hk71sJd2", "gV5eXa48Nu93tKw6"
RIGHTS = ("~*", "&*", "+@all")


@dataclass
class World:
    folder: Path
    delays: Delays
    product: Product
    openai: FakeOpenAI = field(init=False)
    sendgrid: FakeSendGrid = field(init=False)
    stripe: FakeStripe = field(init=False)

    def __post_init__(self) -> None:
        spread = self.delays.propagation
        self.openai = FakeOpenAI(propagation=spread)
        self.sendgrid = FakeSendGrid(propagation=spread)
        self.stripe = FakeStripe(propagation=spread)
        self.pagerduty, self.slack = FakePagerDuty(), FakeSlack(rate_limited=False)
        self.front = AwsFront(
            put_rate=self.delays.ssm_puts_a_second,
            put_burst=self.delays.ssm_put_burst,
            update_seconds=self.delays.lambda_update,
        )
        self.aws = AwsWorld(self.front)
        self.redis = redis.Redis(port=redis_server().port, decode_responses=True)
        self.door = SlowDoor(self.redis.connection_pool.connection_kwargs["port"], self.delays.of("redis"))
        self._store()
        self.urls = self._serve()

    def _serve(self) -> dict[str, str]:
        slow = {"openai": self.openai, "sendgrid": self.sendgrid, "stripe": self.stripe, "pagerduty": self.pagerduty}
        wait = self.delays.provider_call
        urls = {name: Served(Delayed(one.application, lambda _: wait)).url for name, one in slow.items()}
        counted = ProofsCounted(self.front.application)
        aws = Delayed(counted, lambda environ: self.delays.of(aws_service(environ)))
        health = LambdaApps(self.aws, tuple(Reader(name, self._parameters(name)) for name in FUNCTIONS))
        return urls | {
            "aws": Served(aws).url,
            "slack": Served(self.slack.application).url,
            "health": Served(health.application).url,
        }

    def _store(self) -> None:
        self.aws.create_key("staging")
        for user, password in (
            ("bot", ADMIN),
            *((name, _password(name, OLD)) for name in self.product.names if provider_of(name) == "redis"),
        ):
            self.redis.execute_command("ACL", "SETUSER", user, "reset", "on", f">{password}", *RIGHTS)
        for name in self.product.names:
            self.aws.store(f"/staging/{name}", *self._values(name))
        self.aws.store(WORKER_KEY, PAST_KEY)
        self.aws.store(COMMAND_KEY, FRONT_KEY)
        self.aws.store("/bot/admin/openai", self.openai.admin_key)
        self.aws.store("/bot/admin/sendgrid", self.sendgrid.admin_key)
        self.aws.store("/bot/admin/redis", f"redis://bot:{ADMIN}@127.0.0.1:{self.door.port}/0")
        for function in FUNCTIONS:
            self.aws.create_function(function)

    def _values(self, name: str) -> list[str]:
        """Two versions of a secret, the newer one in use."""
        match provider_of(name):
            case "openai":
                make = lambda: self.openai.add_key(f"proj_{name}", "app", service_account=f"svc_{name}").value  # noqa: E731
            case "sendgrid":
                make = lambda: self.sendgrid.add_key(name).value  # noqa: E731
            case "stripe":
                make = lambda: self.stripe.add_key(name).value  # noqa: E731
            case _:
                return [f"redis://{name}:{_password(name, word)}@127.0.0.1:{self.door.port}/0" for word in (OLDER, OLD)]
        return [make(), make()]

    def describe(self) -> dict[str, object]:
        """What whoever started this needs to run bots in it."""
        person = self.aws.create_person("bot")
        ada = self.aws.create_person(ADA)
        slack, everyone = people_of(self.slack.workspace, {ADA: ada.arn})
        people = self.folder / "people.yaml"
        people.write_text(yaml.safe_dump(everyone))
        playbooks = self.folder / "playbooks"
        playbooks.mkdir()
        (playbooks / "secrets.yaml").write_text(yaml.safe_dump(self._catalog(), sort_keys=False))
        (playbooks / "secret-compromise.yaml").write_text(find_playbook(PLAYBOOK).read_text())
        environ = {
            "AWS_ACCESS_KEY_ID": person.key_id,
            "AWS_SECRET_ACCESS_KEY": person.secret.reveal(),
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": self.urls["aws"],
            "BOT_ENVIRONMENT": "drill",
            "BOT_PLAYBOOKS": str(playbooks),
            "BOT_PEOPLE": str(people),
            "BOT_STAGING_KMS_KEY": "alias/staging",
            "BOT_OPENAI_API_URL": self.urls["openai"] + "/v1",
            "BOT_SENDGRID_API_URL": self.urls["sendgrid"],
            "BOT_STRIPE_API_URL": self.urls["stripe"],
            "BOT_PAGERDUTY_EVENTS_URL": self.urls["pagerduty"],
            "BOT_PAGERDUTY_ROUTING_KEY": self.pagerduty.routing_key,
            "SLACK_BOT_TOKEN": TOKEN,
            "SLACK_SIGNING_SECRET": SIGNING_SECRET,
            "SLACK_API_URL": self.urls["slack"] + "/api",
        }
        return {
            "environ": environ,
            "urls": self.urls,
            "providers": [provider for provider in self.product.counts if provider != "redis"],
            "environment": "staging",
            "secrets": list(self.product.names),
            "pace": {
                "lambda_update": self.delays.lambda_update,
                "spread": dict.fromkeys(("openai", "sendgrid", "stripe"), self.delays.propagation),
            },
            "people": slack,
            "terminal": {"AWS_ACCESS_KEY_ID": ada.key_id, "AWS_SECRET_ACCESS_KEY": ada.secret.reveal()},
        }

    def _catalog(self) -> Mapping[str, object]:
        return {"schema": 1, "environments": ["staging"], "secrets": [self._entry(name) for name in self.product.names]}

    def _entry(self, name: str) -> Mapping[str, object]:
        provider = provider_of(name)
        part = {"parameter": f"/{{environment}}/{name}", "variable": name.upper().replace("-", "_")}
        more: dict[str, object] = {} if provider == "stripe" else {"admin": f"/bot/admin/{provider}"}
        if provider == "openai":
            more["options"] = {"project": f"proj_{name}", "service_account": f"svc_{name}"}
        return {
            "name": name,
            "title": name.replace("-", " ").capitalize(),
            "provider": provider,
            "parts": {"key": part},
            **more,
            "consumers": [
                {"lambda": function, "health": f"{self.urls['health']}/health/{function}"}
                for function in self.product.consumers_of(name)
            ],
            "policy": {"rotate_after_days": 90},
            "owner": "Platform team",
            "if_killed": "Something stops.",
            "outage": "degraded",
            "kill": "irreversible",
            "data": "none",
        }

    def _parameters(self, function: str) -> tuple[str, ...]:
        return tuple(f"/staging/{name}" for name in self.product.names if function in self.product.consumers_of(name))


def _password(name: str, word: str) -> str:
    """Each user's own: a value that another secret has too is revoked on two people's word, who would be waited for."""
    return f"{word}{name.rpartition('-')[2]:0>4}"


if __name__ == "__main__":
    print(json.dumps(World(Path(sys.argv[1]), Delays.load(), Product.from_json(sys.argv[2])).describe()), flush=True)
    sys.stdin.read()
