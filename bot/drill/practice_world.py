"""The practice world: AWS, a fixture for each provider, PagerDuty and Slack, all running."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, cast

from bot.drill import rehearsal
from bot.drill.account import STAGING_KEY, Account
from bot.drill.client.place import BOT, FRONT, MACHINES, WORKER
from bot.drill.client.sandbox import ISOLATED
from bot.drill.console import console_addresses, console_page
from bot.drill.fakes.faults import Faults
from bot.drill.fakes.scanning import FakeGithubScanning
from bot.drill.fakes.serving import LOOPBACK, Served, free_port
from bot.drill.fakes.slack import BOT_USER, FakeSlack
from bot.drill.faults import Fault
from bot.drill.inventory import Inventory
from bot.drill.leak_page import leak_page
from bot.drill.personas import ENVIRONMENTS, NAMES, PERSONAS, people_file
from bot.drill.providers import FIXTURES
from bot.drill.providers.contract import Console, Environment, Fixture
from bot.drill.providers.own_server import SERVERS, note_started
from bot.drill.providers.pagerduty.fake import FakePagerDuty
from bot.drill.stories import LEAKED, Story, play, undo
from bot.private import write_file
from bot.secrets.secret import Secret
from bot.slack.actions import SHORTCUTS

FEW = ("openai-api-key", "sendgrid-api-key", "redis-url", "stripe-secret-key")
"""What leaks unless all secrets of the practice world are asked for."""
SECURITY, LEAKS, ROTATIONS = "security", "leaks", "rotations"
OVERLAP = 4.0
"""Seconds for which both values of a planned rotation work."""
"""The channels in which the security team reads how things stand, and what was reported from outside."""
REPOSITORY = "practice/app"
"""Where GitHub's secret scanning finds leaks: a public repository."""

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class PracticeWorld:
    """All fakes, running. `folder` is the drill's; files below it hold no values.

    `only` names the providers that there are; all of them if it is None. `every`: all secrets have leaked, and not a
    few. In a `story` its own have leaked too. `told` hears what has started.
    """

    def __init__(
        self,
        folder: Path,
        only: Collection[str] | None = None,
        *,
        every: bool = True,
        story: Story | None = None,
        told: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.folder = folder
        self._told = told
        self.pagerduty = FakePagerDuty()
        self.scanning = FakeGithubScanning({REPOSITORY: False}, {REPOSITORY.partition("/")[0]})
        self.slack = FakeSlack(token=f"xoxb-{secrets.randbelow(10**12)}-{secrets.token_urlsafe(18)}")
        self.signing_secret = secrets.token_hex(16)
        self.account = Account()
        told("AWS, PagerDuty and Slack")
        self.fixtures = self._open(only)
        here = {name for fixture in self.fixtures.values() for name in fixture.secrets}
        self.own = rehearsal.kept(folder)
        self.inventory = Inventory.read(here, self.own.entries)
        self.left_out = tuple(
            name
            for fixture in FIXTURES
            if (only is None or fixture.name in only) and fixture.name not in self.fixtures
            for name in fixture.secrets
        )
        told("PostgreSQL, Redis and the providers")
        few = {*FEW, *LEAKED} if story is not None else set(FEW)
        leaking = here if every else self.inventory.plays if self.own.entries else few
        self.leaks = tuple(name for name in sorted(here) if name in leaking)
        self.account.employ(self.inventory.functions(), self.works)
        self.bot_port = free_port()
        self.health_port = free_port()
        self.old: dict[str, dict[str, str]] = {}
        self.leaked: dict[str, str] = {}
        self.served = {name: Served(application) for name, application in self._applications().items()}
        self._furnish()
        self._attackers = play(story, self) if story is not None else []

    def _open(self, only: Collection[str] | None) -> dict[str, Fixture]:
        """All at the same time, since real servers need a second or two."""
        environment = Environment(self.folder, self.account, self.pagerduty)
        kinds = [kind for kind in FIXTURES if only is None or kind.name in only]
        with ThreadPoolExecutor() as pool:
            made = zip(kinds, pool.map(lambda kind: kind.opened(environment), kinds), strict=True)
            opened = {kind.name: fixture for kind, fixture in made if fixture is not None}
        for fixture in opened.values():
            if (pid := fixture.pid()) is not None:
                note_started(self.folder, pid)
        return opened

    def _applications(self) -> dict[str, WSGIApplication]:
        fixtures = {name: made for fixture in self.fixtures.values() for name, made in fixture.applications().items()}
        return fixtures | {
            "pagerduty": self.pagerduty.application,
            "slack": self.slack.application,
            "functions": self.account.functions.application,
            "scanning": self.scanning.application,
            "leak": leak_page(lambda: self.leaked),
            "console": console_page(lambda: self.consoles, lambda name: self.old.get(name, {})),
        }

    # --- furnishing -------------------------------------------------------------------------------------------------

    def _furnish(self) -> None:
        for environment in ENVIRONMENTS:
            for fixture in self.fixtures.values():
                for seed in fixture.seeds(environment):
                    self._store(environment, seed.secret, seed.parts)
                for parameter, value in fixture.admins(environment).items():
                    self.account.store(parameter, value)
        self.account.open_for_business()
        self._invite()
        self._write_files()

    def _store(self, environment: str, secret: str, parts: Mapping[str, tuple[str, ...]]) -> None:
        for part in self.inventory.parts(secret, environment):
            values = parts[part.name]
            self.account.store(part.parameter, *values)
            if environment == ENVIRONMENTS[0]:
                if secret in self.leaks:
                    self.leaked[part.variable] = values[-1]
                self.old.setdefault(secret, {})[part.name] = values[-1]

    def _invite(self) -> None:
        with self.slack.workspace.lock:
            self.slack_ids = {
                person.name: self.slack.workspace.add_user(person.name, person.real_name, person.email).id
                for person in PERSONAS
            }
            made = {
                variable: self.slack.workspace.add_channel(name)
                for variable, name in (
                    ("BOT_SECURITY_CHANNEL", SECURITY),
                    ("BOT_INTAKE_CHANNEL", LEAKS),
                    ("BOT_ROTATION_CHANNEL", ROTATIONS),
                )
            }
            for channel in made.values():
                channel.members.append(BOT_USER)
            self._channels = {variable: channel.id for variable, channel in made.items()}

    def _write_files(self) -> None:
        """The drill's own catalog and people file, in the folder."""
        self.inventory.write(self.folder / "playbooks", self.served["functions"].url)
        self.own.write(self.folder / "playbooks", self._channels["BOT_SECURITY_CHANNEL"])
        principals = {name: self.account.identities[name].arn for name in NAMES}
        people = people_file(self.slack_ids, principals, self.own.given)
        write_file(self.folder / "people.yaml", people)

    # --- what the world is asked ------------------------------------------------------------------------------------

    def fixture[S: Fixture](self, kind: type[S]) -> S:
        """The fixture of this kind; KeyError if it is not here."""
        return cast("S", self.fixtures[kind.name])

    @property
    def consoles(self) -> dict[str, Console]:
        """By secret, where a person can make and end its values."""
        return {name: fixture for name, fixture in self._owners.items() if isinstance(fixture, Console)}

    @cached_property
    def _owners(self) -> Mapping[str, Fixture]:
        """The fixture of each secret."""
        return {name: fixture for fixture in self.fixtures.values() for name in fixture.secrets}

    def works(self, _function: str, values: Mapping[str, Secret]) -> bool:
        """Whether all values that a function holds are accepted where they belong."""
        held: dict[str, dict[str, str]] = {}
        for parameter, value in values.items():
            secret, part = self.inventory.holder(parameter)
            held.setdefault(secret, {})[part] = value.reveal()
        return all(self._owners[secret].accepts(secret, parts) for secret, parts in held.items())

    def environment(self, name: str) -> dict[str, str]:
        """What a process acting as `name` finds in its environment. KeyError for anyone else."""
        if name not in {*NAMES, *MACHINES}:
            raise KeyError(name)
        common = {**ISOLATED, **self._paths(), "BOT_ENVIRONMENT": "drill", "BOT_PORT": str(self.bot_port)}
        common |= {"BOT_HEALTH_ADDRESS": f"{LOOPBACK}:{self.health_port}"}
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
            "BOT_ROTATION_OVERLAP_HOURS": str(OVERLAP / 3600),
        }

    def _hosts(self) -> dict[str, str]:
        urls = {name: served.url for name, served in self.served.items()}
        fixtures = {
            name: value for fixture in self.fixtures.values() for name, value in fixture.variables(urls).items()
        }
        return {
            "BOT_PAGERDUTY_EVENTS_URL": urls["pagerduty"],
            "BOT_PAGERDUTY_API_URL": urls["pagerduty"],
            "BOT_PAGERDUTY_ROUTING_KEY": self.pagerduty.routing_key,
            "BOT_PAGERDUTY_API_KEY": self.pagerduty.api_key,
            "BOT_INTAKE_GITHUB_TOKEN": self.scanning.token.reveal(),
            "BOT_INTAKE_GITHUB_REPOSITORIES": REPOSITORY,
            "BOT_INTAKE_GITHUB_API_URL": urls["scanning"],
            **self._channels,
            **fixtures,
        }

    def values(self) -> list[tuple[str, str]]:
        """Every value that must be seen nowhere, with words for it: old and new ones, and the bot's own credentials."""
        own = [
            ("slack token", self.slack.token),
            ("slack signing secret", self.signing_secret),
            ("pagerduty routing key", self.pagerduty.routing_key),
            ("pagerduty API key", self.pagerduty.api_key),
            ("github scanning token", self.scanning.token.reveal()),
        ]
        made = [found for fixture in self.fixtures.values() for found in fixture.values()]
        stored = self.account.stored(self.inventory.plain(), self.inventory.plain_parts())
        found = [*stored, *made, *own, *self.account.own_keys]
        found += self._attackers
        return list({value: (words, value) for words, value in reversed(found)}.values())

    def undo(self) -> None:
        """A person deletes what the attacker made."""
        undo(self)

    def find(self, secret: str) -> None:
        """GitHub's secret scanning finds the leaked key of a secret. KeyError for a secret that is not here."""
        held = self.old[secret]
        name = next(part.name for part in self.inventory.parts(secret, ENVIRONMENTS[0]) if part.secret)
        self.scanning.find(REPOSITORY, held[name], path="notes/debugging.md", line=len(self.scanning.alerts) + 7)

    def inject(self, fault: Fault) -> None:
        """Puts a fault in force. KeyError if the place is not here."""
        self._faults()[fault.place].inject(fault.name)

    def _faults(self) -> Mapping[str, Faults]:
        fixtures = {name: faults for name, fixture in self.fixtures.items() if (faults := fixture.faults()) is not None}
        return fixtures | {
            "slack": self.slack.faults,
            "pagerduty": self.pagerduty.faults,
            "aws": self.account.front.faults,
            "functions": self.account.functions.faults,
        }

    def pids(self) -> Iterator[int]:
        """The processes of real servers that end with this world."""
        for fixture in self.fixtures.values():
            if (pid := fixture.pid()) is not None:
                yield pid

    def connect_page(self) -> None:
        """Tells the workspace's page where the bot is, so that people can act there in a browser."""
        from bot.drill.fakes.slack.delivery import direct_session  # noqa: PLC0415 - requests, only here

        bot = {
            "url": f"http://{LOOPBACK}:{self.bot_port}",
            "signing_secret": self.signing_secret,
            "folder": str(self.folder),
            "places": [
                {"name": "The leak", "url": f"{self.served['leak'].url}/leak"},
                {"name": "Consoles", "url": f"{self.served['console'].url}/console"},
            ],
            "consoles": {"addresses": console_addresses(), "page": f"{self.served['console'].url}/console"},
            "shortcuts": [{"callback_id": each.id, "name": each.name} for each in SHORTCUTS if each.type == "message"],
        }
        with direct_session() as session:
            session.post(f"{self.served['slack'].url}/_fake/bot", json=bot, timeout=5)

    def stop(self) -> None:
        for served in self.served.values():
            served.stop()
        self.account.stop()
        for fixture in self.fixtures.values():
            fixture.stop()
        (self.folder / SERVERS).unlink(missing_ok=True)
