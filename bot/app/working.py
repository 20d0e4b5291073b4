"""A worker: the operations, and the tasks beside them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property, partial

from bot.app.alerts import AlertSide
from bot.app.authorization import Authorization
from bot.app.files import Files
from bot.app.inbox import InboxSide
from bot.app.keys import WorkerKeys
from bot.app.outside import Outside
from bot.app.policies import policy_looks
from bot.app.slack import SlackSide
from bot.data_files import template_folders
from bot.errors import BotError
from bot.eventlog import Leadership, open_leadership
from bot.eventlog.sql import EventLog
from bot.inbox import InboxHandler, Incidents
from bot.inbox.fingerprints import KnownValues
from bot.inbox.proving import Proofs
from bot.incident.closing.schedule import BUCKET, SLACK
from bot.logs import Logger
from bot.metrics import Metrics
from bot.news.sources.catalogued import places, public_places
from bot.planned.ages.looks import PolicyLooks
from bot.planned.scheduler import Schedule, Scheduler
from bot.report.bucket import ReportBucket
from bot.report.contract import Destination
from bot.report.filing import FileArchive
from bot.report.rows import Evidence
from bot.rotation import HANDLERS
from bot.settings.model import Settings
from bot.worker.alarm import Alarm
from bot.worker.background import Background
from bot.worker.card_publisher import CardPublisher
from bot.worker.due_rotations import DueRotations
from bot.worker.monotonic_clock import MonotonicClock
from bot.worker.operations import IncidentOperations
from bot.worker.runner import Runner
from bot.worker.trust import Informer
from bot.worker.worker import Worker

_log = Logger(__name__)


@dataclass
class Working:
    """A worker's side of the bot, on this log."""

    settings: Settings
    clock: MonotonicClock
    machine_clock: Callable[[], datetime]
    files: Files
    outside: Outside
    keys: WorkerKeys
    slack: SlackSide
    event_log: EventLog
    incidents: Incidents
    metrics: Metrics

    @cached_property
    def authorization(self) -> Authorization:
        """Who may command this worker."""
        return Authorization(self.settings, self.files, self.outside, self.keys, self.event_log)

    @property
    def proofs(self) -> Proofs:
        """As `Authorization.proofs`."""
        return self.authorization.proofs

    @cached_property
    def commands(self) -> InboxHandler:
        """Answers what waits in the inbox. This process must be a worker."""
        self.informer.recall()
        return InboxSide(
            self.settings, self.machine_clock, self.files, self.outside, self.slack, self.event_log, self.incidents,
            self.proofs, self.values, self.informer,
        ).handler  # fmt: skip

    @cached_property
    def policy(self) -> PolicyLooks:
        """How old everything is, and when it is due."""
        return policy_looks(self.files, self.outside, self.event_log, self.clock)

    @cached_property
    def schedule(self) -> Schedule:
        """Which rotations are begun when."""
        catalog, overlap = self.files.loaded.catalog, self.settings.rotation_overlap * 3600
        return Schedule(
            self.event_log, catalog, lambda: self.due_rotations.latest or self.policy.look(), overlap, self.clock
        )

    @property
    def _beside(self) -> tuple[Background, ...]:
        """The tasks in threads of their own while a worker serves."""
        return self.due_rotations, Scheduler(self.schedule, self.incidents), self.alerts.intake

    @cached_property
    def alerts(self) -> AlertSide:
        """News from outside."""
        return AlertSide(
            self.settings, self.clock, self.files, self.outside, self.slack, self.event_log, self.incidents, self.values
        )

    @cached_property
    def values(self) -> KnownValues:
        """The values that no text may contain: of the whole catalog, the admin credentials, and the bot's own. Reads
        the fingerprint key; without it nothing is compared, which the log says.
        """
        catalog = self.files.loaded.catalog
        try:
            self.outside.use_fingerprints()
        except BotError as error:
            _log.warning("texts are not compared with the catalog's values", error=str(error))
        return KnownValues(
            self.outside.vault, places(catalog.entries), dict(self.settings.credentials()), catalog.vocabulary,
            public=public_places(catalog.entries),
        )  # fmt: skip

    @cached_property
    def informer(self) -> Informer:
        """Tells incidents whom not to trust."""
        return Informer(self.event_log, self.clock)

    def worker(self, *, insistent: bool = False) -> Worker:
        """A worker on this log. `insistent`: one that a terminal's worker gives way to (serve, work).

        Raises as `become_worker`.
        """
        self.keys.become_worker(self.event_log, serving=insistent)
        leadership: Leadership = open_leadership(self.event_log.database, insistent=insistent)
        operations = IncidentOperations(
            self.event_log, self.slack.board, self.outside.pager, self.archive,
            template_folders(self.settings.templates), self.clock, self.outside.fallback_pager,
            lambda: self.files.people.meeting, lambda: self.values.fingerprints,
            destinations=self.destinations,
        )  # fmt: skip
        runner = Runner(
            self.event_log,
            leadership,
            {**HANDLERS, **operations.handlers},
            replace(self.outside.tools, elsewhere=self.values.elsewhere, keep=self.evidence.keep),
            self.clock,
            threading.Event(),
            self.metrics,
            self.authorization.entitled,
            self.informer.inform,
        )
        publisher = (
            CardPublisher(self.event_log, self.slack.board, self.clock, asks=self.slack.asks)
            if self.settings.slack_bot_token
            else None
        )
        return Worker(
            self.event_log,
            leadership,
            runner,
            publisher,
            self.clock,
            commands=self.commands,
            alarm=Alarm(self.event_log, self.outside.pager, self.slack.board, self.clock),
            informer=self.informer,
            beside=self._beside if insistent else (),
            publish=self._maintain if insistent else None,
            reached=self.clock.reached,
        )

    @cached_property
    def due_rotations(self) -> DueRotations:
        """Keeps in view which rotations are due, and reminds people of them."""
        made = DueRotations(
            self.policy.look, self.event_log, self.slack.people, self.settings.timings, self.clock,
            self.slack.board if self.settings.slack_bot_token is not None else None,
            self.settings.rotation_channel or "", lambda: self.slack.trusted,
        )  # fmt: skip
        self.metrics.watch(made.facts)
        return made

    @cached_property
    def destinations(self) -> dict[str, Destination]:
        """Where reports arrive, as the settings say."""
        found: dict[str, Destination] = {}
        if self.settings.slack_bot_token is not None:
            found[SLACK] = self.slack.uploads
        if self.settings.reports_bucket is not None:
            client = partial(self.outside.aws.client, "s3")
            found[BUCKET] = ReportBucket(self.settings.reports_bucket, client)
        return found

    @cached_property
    def evidence(self) -> Evidence:
        """Where the rows behind findings are kept."""
        return Evidence(self.archive, lambda: self.values.fingerprints, self.destinations.get(BUCKET))

    def _maintain(self) -> None:
        """Publishes which files this worker uses, and deletes evidence on its disk that is past its time."""
        self.keys.publish_facts(self.event_log)
        if (days := self.settings.evidence_days) is not None:
            self.archive.forget_rows(days, self.clock(), self.event_log.load)

    @cached_property
    def archive(self) -> FileArchive:
        """Where reports are kept."""
        return FileArchive(self.settings.data_folder / "reports", self.settings.decisions_file)
