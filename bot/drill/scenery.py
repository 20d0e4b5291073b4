"""The practice world's stand-ins, started and furnished: AWS, Redis, OpenAI, SendGrid, Stripe, PagerDuty and Slack."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable, Iterator, Mapping
from importlib import resources
from pathlib import Path

from bot.drill.account import STAGING_KEY, Account, functions
from bot.drill.cast import BOT, CAST, ENVIRONMENTS, FRONT, MACHINES, NAMES, WORKER, people_file
from bot.drill.faults import Fault
from bot.drill.leak_page import leak_page
from bot.drill.sandbox import ISOLATED
from bot.drill.standins.faults import Faults
from bot.drill.standins.openai import OpenAIStandIn
from bot.drill.standins.pagerduty import PagerDutyStandIn
from bot.drill.standins.sendgrid import SendGridStandIn
from bot.drill.standins.serving import LOOPBACK, Served
from bot.drill.standins.slack import SlackStandIn
from bot.drill.standins.stripe import StripeStandIn
from bot.drill.valkey import start_valkey
from bot.secret import Secret

CATALOG = "secrets.yaml"
REDIS_FROM = "  # REDIS:"
READERS: Mapping[str, tuple[str, ...]] = {
    "api": ("openai-api-key", "stripe-secret-key", "redis-url"),
    "worker": ("openai-api-key", "stripe-secret-key", "redis-url"),
    "notifications": ("sendgrid-api-key",),
}
SHORTCUTS = ({"callback_id": "declare", "name": "Declare a compromise"},)
VARIABLES: Mapping[str, str] = {
    "openai-api-key": "OPENAI_API_KEY",
    "sendgrid-api-key": "SENDGRID_API_KEY",
    "stripe-secret-key": "STRIPE_SECRET_KEY",
    "redis-url": "REDIS_URL",
}


class Scenery:
    """All stand-ins, running. `folder` is the drill's; files below it hold no values."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.openai, self.sendgrid, self.stripe = OpenAIStandIn(), SendGridStandIn(), StripeStandIn()
        self.pagerduty = PagerDutyStandIn()
        self.slack = SlackStandIn(token=f"xoxb-{secrets.randbelow(10**12)}-{secrets.token_urlsafe(18)}")
        self.signing_secret = secrets.token_hex(16)
        self.valkey = start_valkey(folder / "valkey")
        self.left_out = () if self.valkey else ("redis-url",)
        readers = {name: tuple(end for end in ends if end not in self.left_out) for name, ends in READERS.items()}
        self.account = Account(functions(readers), self.works)
        self.bot_port = free_port()
        self.leaked: dict[str, str] = {}
        self.served = {
            "openai": Served(self.openai.application),
            "sendgrid": Served(self.sendgrid.application),
            "stripe": Served(self.stripe.application),
            "pagerduty": Served(self.pagerduty.application),
            "slack": Served(self.slack.application),
            "functions": Served(self.account.functions.application),
            "leak": Served(leak_page(lambda: self.leaked)),
        }
        self._furnish()

    # --- furnishing -------------------------------------------------------------------------------------------------

    def _furnish(self) -> None:
        for environment in ENVIRONMENTS:
            for parameter, values in self._parameters(environment):
                self.account.store(parameter, *values)
                if environment == ENVIRONMENTS[0] and not parameter.startswith("/bot/"):
                    self.leaked[VARIABLES[parameter.rpartition("/")[2]]] = values[-1]
        self.account.store("/bot/admin/openai", self.openai.admin_key)
        self.account.store("/bot/admin/sendgrid", self.sendgrid.admin_key)
        self.account.open_for_business()
        self._invite()
        self._write_files()

    def _parameters(self, environment: str) -> Iterator[tuple[str, list[str]]]:
        """Parameters with their versions, oldest first. The oldest was revoked when it was replaced. The one before
        the current was forgotten at OpenAI: it is still accepted, as people find out in real incidents.
        """
        project, account = f"proj_practice_{environment}", f"svc_acct_practice_{environment}"
        keys = [self.openai.add_key(project, f"app {year}", service_account=account) for year in (2024, 2025, 2026)]
        self.openai.revoke(keys[0])
        yield f"/{environment}/openai-api-key", [key.value for key in keys]
        mail = [self.sendgrid.add_key(f"{environment} {year}", ("mail.send",)) for year in (2024, 2025, 2026)]
        for sendgrid_key in mail[:-1]:
            self.sendgrid.revoke(sendgrid_key)
        yield f"/{environment}/sendgrid-api-key", [key.value for key in mail]
        paid = [self.stripe.add_key(f"{environment} {year}") for year in (2024, 2025, 2026)]
        for stripe_key in paid[:-1]:
            self.stripe.expire(stripe_key)
        yield f"/{environment}/stripe-secret-key", [key.value for key in paid]
        if self.valkey is not None:
            user = f"app-{environment}"
            yield f"/{environment}/redis-url", [self.valkey.add_user(user) for _ in range(3)]
            yield f"/bot/admin/{environment}/redis", [self.valkey.add_user(f"bot-{environment}")]

    def _invite(self) -> None:
        with self.slack.workspace.lock:
            self.slack_ids = {
                person.name: self.slack.workspace.add_user(person.name, person.real_name, person.email).id
                for person in CAST
            }

    def _write_files(self) -> None:
        """The drill's own catalog and people file, in the folder."""
        playbooks = self.folder / "playbooks"
        playbooks.mkdir(exist_ok=True)
        text = (resources.files("bot.drill") / "data" / CATALOG).read_text()
        if self.valkey is None:
            text = text.partition(REDIS_FROM)[0]
        (playbooks / CATALOG).write_text(text.replace("HEALTH", f"{self.served['functions'].url}/health"))
        principals = {name: self.account.identities[name].arn for name in NAMES}
        (self.folder / "people.yaml").write_text(people_file(self.slack_ids, principals))

    # --- what the world is asked ------------------------------------------------------------------------------------

    def works(self, _function: str, values: Mapping[str, Secret]) -> bool:
        """Whether all values that a function holds are accepted where they belong."""
        return all(self._accepts(parameter.rpartition("/")[2], value.reveal()) for parameter, value in values.items())

    def _accepts(self, end: str, value: str) -> bool:
        match end:
            case "openai-api-key":
                return self.openai.by_value(value) is not None
            case "sendgrid-api-key":
                return self.sendgrid.by_value(value) is not None
            case "stripe-secret-key":
                return any(key.value == value for key in self.stripe.live_keys())
            case _:
                return self.valkey is not None and self.valkey.accepts(value)

    def environment(self, name: str) -> dict[str, str]:
        """What a process acting as `name` finds in its environment. KeyError for somebody who is not in the cast."""
        if name not in {*NAMES, *MACHINES}:
            raise KeyError(name)
        common = {**ISOLATED, **self._paths(), "BOT_ENVIRONMENT": "drill", "BOT_PORT": str(self.bot_port)}
        common |= {"BOT_LOG_LEVEL": "DEBUG"}  # the canary search is to have all the logs that there can be
        slack = {"SLACK_BOT_TOKEN": self.slack.token, "SLACK_API_URL": f"{self.served['slack'].url}/api"}
        signing = {"SLACK_SIGNING_SECRET": self.signing_secret}
        outside = {**self._hosts(), "BOT_STAGING_KMS_KEY": f"alias/{STAGING_KEY}", **self.account.variables(name)}
        match name:
            case _ if name == FRONT:
                return common | slack | signing
            case _ if name == BOT:
                return common | slack | signing | outside
            case _ if name == WORKER:
                return common | slack | outside
            case _:
                # A terminal carries its own command through where no worker runs, so it can reach what a worker can.
                return common | slack | outside

    def _paths(self) -> dict[str, str]:
        return {
            "BOT_DATA": str(self.folder / "bot"),
            "BOT_PEOPLE": str(self.folder / "people.yaml"),
            "BOT_PLAYBOOKS": str(self.folder / "playbooks"),
        }

    def _hosts(self) -> dict[str, str]:
        url = {name: served.url for name, served in self.served.items()}
        return {
            "BOT_OPENAI_API_URL": f"{url['openai']}/v1",
            "BOT_SENDGRID_API_URL": url["sendgrid"],
            "BOT_SENDGRID_EU_URL": url["sendgrid"],
            "BOT_STRIPE_API_URL": url["stripe"],
            "BOT_PAGERDUTY_EVENTS_URL": url["pagerduty"],
            "BOT_PAGERDUTY_API_URL": url["pagerduty"],
            "BOT_PAGERDUTY_ROUTING_KEY": self.pagerduty.routing_key,
            "BOT_PAGERDUTY_API_KEY": self.pagerduty.api_key,
        }

    def values(self) -> list[tuple[str, str]]:
        """Every value that must be seen nowhere, with words for it: old and new ones, and the bot's own credentials."""
        keys = [(f"openai key {key.name}", key.value) for key in self.openai.all_keys()]
        keys += [(f"sendgrid key {key.name}", key.value) for key in self.sendgrid.all_keys()]
        keys += [(f"stripe key {key.name}", key.value) for key in self.stripe.all_keys()]
        own = [
            ("openai admin key", self.openai.admin_key),
            ("slack token", self.slack.token),
            ("slack signing secret", self.signing_secret),
            ("pagerduty routing key", self.pagerduty.routing_key),
            ("pagerduty API key", self.pagerduty.api_key),
        ]
        found = [*self.account.stored(), *keys, *own, *self.account.own_keys]
        return list({value: (words, value) for words, value in reversed(found)}.values())

    def inject(self, fault: Fault) -> None:
        self._faults()[fault.place]().inject(fault.name)

    def _faults(self) -> dict[str, Callable[[], Faults]]:
        return {
            "openai": lambda: self.openai.faults,
            "sendgrid": lambda: self.sendgrid.faults,
            "stripe": lambda: self.stripe.faults,
            "slack": lambda: self.slack.faults,
            "pagerduty": lambda: self.pagerduty.faults,
            "aws": lambda: self.account.front.faults,
            "functions": lambda: self.account.functions.faults,
        }

    def connect_page(self) -> None:
        """Tells the workspace's page where the bot is, so that people can act there in a browser."""
        from bot.drill.standins.slack.delivery import direct_session  # noqa: PLC0415 - requests, only here

        bot = {"url": f"http://{LOOPBACK}:{self.bot_port}", "signing_secret": self.signing_secret}
        with direct_session() as session:
            session.post(f"{self.served['slack'].url}/_standin/bot", json=bot | {"shortcuts": SHORTCUTS}, timeout=5)

    def stop(self) -> None:
        for served in self.served.values():
            served.stop()
        self.account.stop()
        if self.valkey is not None:
            self.valkey.stop()


def free_port() -> int:
    """A port of loopback that nobody listens on. The bot takes it, and takes it again after a crash."""
    with socket.create_server((LOOPBACK, 0)) as probe:
        return int(probe.getsockname()[1])
