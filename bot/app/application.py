"""The composition root: the only place where production, a drill and tests differ, and that by settings alone.

Each part is composed in a file of its own, which is imported when the part is first asked for: looking at an incident
at a terminal must not wait for what providers, Slack, PagerDuty and Lambda need.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from bot.data_files import digest_of_playbooks, named_folder
from bot.errors import BotError, ConfigurationError
from bot.eventlog import Database, Register, log_of, open_database, open_leadership
from bot.settings.model import Settings
from bot.worker.monotonic_clock import MonotonicClock

if TYPE_CHECKING:
    from bot.app.askers import Askers
    from bot.app.files import Files
    from bot.app.keys import WorkerKeys
    from bot.app.outside import Outside
    from bot.app.serving import Serving
    from bot.app.slack import SlackSide
    from bot.app.working import Working
    from bot.eventlog.sql import EventLog
    from bot.inbox import Client, Incidents
    from bot.metrics import Metrics
    from bot.settings.model import ReadParameters


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Application:
    """All parts of the bot, each made when it is first asked for. `close` it at the end."""

    settings: Settings
    clock: Callable[[], datetime] = utc_now
    """The time of the event log: never behind what a worker has read there. `machine_clock` is this machine's time,
    used for the times of commands and the age of proofs.
    """
    fronts: bool = False
    """Whether this process serves Slack alone: it puts commands into the inbox, and leaves the schema to the worker."""
    creates: bool = False
    """Whether this process may make a missing event log, and bring one up to date. In production few may: a person who
    looks in the wrong place must not read that there is no incident, and who reads must not change the schema.
    """

    def __post_init__(self) -> None:
        self.machine_clock = MonotonicClock(self.clock)
        self.log_clock = MonotonicClock(self.machine_clock)
        self.clock = self.log_clock
        if self.settings.providers:
            self.load_providers()

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Application:
        """Reads the settings; in production, what the environment lacks from the parameters under `/bot/`.

        ConfigurationError for a wrong one, and for variables that would lead calls elsewhere.
        """
        made = cls(settings := Settings.load(environ, _parameter_reader(environ)))
        if settings.host_urls:
            from bot.providers.building import check_addresses

            check_addresses(settings.host_urls, production=settings.production)
        return made

    def load_providers(self) -> None:
        """Loads the providers of other packages that the settings name. ConfigurationError for one that may not be
        loaded.
        """
        from bot.providers import PROVIDERS

        PROVIDERS.use(self.settings.providers or ())

    # --- the parts ----------------------------------------------------------------------------------------------------

    @cached_property
    def files(self) -> Files:
        """Catalog, playbooks, people."""
        from bot.app.files import Files

        return Files(self.settings)

    @cached_property
    def outside(self) -> Outside:
        """AWS, the vault, providers, the pager."""
        from bot.app.outside import Outside

        return Outside(self.settings, self.files, self.clock, self._open_secrets)

    @cached_property
    def keys(self) -> WorkerKeys:
        """The keys that make a process a worker."""
        from bot.app.keys import WorkerKeys

        return WorkerKeys(self)

    @cached_property
    def askers(self) -> Askers:
        """Who gives a command, and how that is proven."""
        from bot.app.askers import Askers

        return Askers(self)

    @cached_property
    def slack(self) -> SlackSide:
        from bot.app.slack import SlackSide

        return SlackSide(self)

    @cached_property
    def serving(self) -> Serving:
        """The listening servers."""
        from bot.app.serving import Serving

        return Serving(self)

    @cached_property
    def working(self) -> Working:
        """The parts of a worker. This process must be one."""
        from bot.app.working import Working

        return Working(self)

    @cached_property
    def metrics(self) -> Metrics:
        from bot.metrics import Metrics

        return Metrics()

    # --- the log and its incidents ------------------------------------------------------------------------------------

    @cached_property
    def database(self) -> Database:
        """The log's database. LogBehind if its schema waits for a worker, NoLog if it is missing and this process may
        not make it.
        """
        create = self.creates or not self.settings.production
        if self.settings.database_url is None and create:
            named_folder(self.settings.data_folder, "BOT_DATA")
        return open_database(self.settings.database.reveal(), migrate=create and not self.fronts, create=create)

    @cached_property
    def event_log(self) -> EventLog:
        """The log, to be read. `become_worker` makes it one that this process may write."""
        return log_of(self.database)

    @cached_property
    def register(self) -> Register:
        """The data about all incidents together. A caller that needs only these does not wait for the rules of
        incidents.
        """
        return self.event_log if "event_log" in self.__dict__ else Register(self.database)

    @property
    def log_name(self) -> str:
        """The event log in use; empty if there is none."""
        return self.database.name if "database" in self.__dict__ else ""

    @cached_property
    def incidents(self) -> Incidents:
        """The commands of responders."""
        from bot.inbox import Incidents

        files = self.files
        return Incidents(
            self.event_log,
            files.loaded.catalog,
            files.playbooks,
            self.settings.timings,
            files.freeze,
            self.clock,
            obligations=files.obligations,
            overlap=self.settings.rotation_overlap * 3600,
        )

    @cached_property
    def client(self) -> Client:
        """How this process asks for something: by the inbox."""
        from bot.inbox import Client

        return Client(
            self.incidents, self._installation_id, self.machine_clock,
            lambda: open_leadership(self.event_log.database).living(),
        )  # fmt: skip

    def unattended(self) -> int:
        """How many commands wait in the inbox while no worker runs."""
        waits = self.register.inbox.waits()
        return waits if waits and not open_leadership(self.database).living() else 0

    def mistake(self) -> str:
        """What is wrong with the catalog or a playbook, without stopping a look at incidents; empty if the last worker
        used the same files.
        """
        facts = self.register.installation.read()
        try:
            if facts is not None and facts.catalog != digest_of_playbooks(self.settings.playbooks):
                _ = self.files.loaded, self.files.playbooks, self.files.obligations
        except ConfigurationError as error:
            return str(error)
        return ""

    @property
    def takes_a_word(self) -> bool:
        """Whether commands are taken on someone's word: as the last worker said, or as this process would."""
        facts = self.register.installation.read()
        return facts.word if facts is not None else self.settings.environment == "development"

    def _installation_id(self) -> str:
        facts = self.register.installation.read()
        if facts is None:
            raise ConfigurationError(
                "No worker has run on this event log yet, so nothing can be decided. Start `bot serve` or `bot "
                "work` once."
            )
        return facts.id

    def _open_secrets(self, environment: str) -> frozenset[str]:
        return frozenset(secret for _, secret in self.event_log.taken_secrets(environment))

    def become_worker(self, *, serving: bool = False) -> None:
        """Takes the keys with which this process may write the log: as `WorkerKeys.become_worker`."""
        self.keys.become_worker(serving=serving)

    def warm(self) -> None:
        """Makes what several threads are about to use. What cannot be made is everyone's own finding."""
        outside = self.outside
        for make in (lambda: self.event_log, lambda: outside.vault, lambda: outside.provider, lambda: outside.tools):
            with suppress(BotError):
                make()

    def close(self) -> None:
        """Closes the log's connections, if it was opened."""
        for opened in ("event_log", "register", "database"):
            if opened in self.__dict__:
                self.__dict__[opened].close()


def _parameter_reader(environ: Mapping[str, str]) -> ReadParameters | None:
    if environ.get("BOT_ENVIRONMENT", "").strip() != "production":
        return None
    from bot.app.parameters import reader

    return reader(environ)
