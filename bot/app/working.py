"""A worker: the operations, and the tasks beside them."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING

from bot.app.alerts import AlertSide
from bot.app.askers import Authorization
from bot.app.inbox import InboxSide
from bot.app.policies import policies, schedule
from bot.data_files import template_folders
from bot.errors import BotError
from bot.eventlog import Leadership, open_leadership
from bot.inbox import InboxHandler
from bot.inbox.fingerprints import KnownValues
from bot.incident.closing.schedule import BUCKET, SLACK
from bot.logs import Logger
from bot.news.sources.catalogued import places, public_places
from bot.planned.ages.looks import PolicyLooks
from bot.planned.scheduler import Scheduler
from bot.report.bucket import ReportBucket
from bot.report.contract import Destination
from bot.report.filing import Evidence, FileArchive
from bot.rotation import HANDLERS
from bot.worker.alarm import Alarm
from bot.worker.background import Background
from bot.worker.card_publisher import CardPublisher
from bot.worker.due_rotations import DueRotations
from bot.worker.operations import IncidentOperations
from bot.worker.runner import Runner
from bot.worker.trust import Informer
from bot.worker.worker import Worker

if TYPE_CHECKING:
    from bot.app.application import Application

_log = Logger(__name__)


@dataclass
class Working:
    """A worker's side of the bot, on this log."""

    app: Application

    @cached_property
    def authorization(self) -> Authorization:
        """Who may command this worker."""
        return Authorization(self.app)

    @cached_property
    def commands(self) -> InboxHandler:
        """Answers what waits in the inbox. This process must be a worker."""
        self.informer.recall()
        return InboxSide(self.app).handler

    @cached_property
    def policy(self) -> PolicyLooks:
        """How old everything is, and when it is due."""
        return policies(self.app)

    @property
    def _beside(self) -> tuple[Background, ...]:
        """The tasks in threads of their own while a worker serves."""
        begun = schedule(self.app, lambda: self.due_rotations.latest or self.policy.look())
        scheduler = Scheduler(self.app.event_log, self.app.log_clock, begun, self.app.incidents)
        return self.due_rotations, scheduler, self.alerts.intake

    @cached_property
    def alerts(self) -> AlertSide:
        """News from outside."""
        return AlertSide(self.app)

    @cached_property
    def values(self) -> KnownValues:
        """The values that no text may contain: of the whole catalog, the admin credentials, and the bot's own. Reads
        the fingerprint key; without it nothing is compared, which the log says.
        """
        catalog = self.app.files.loaded.catalog
        try:
            self.app.outside.use_fingerprints()
        except BotError as error:
            _log.warning("texts are not compared with the catalog's values", error=str(error))
        return KnownValues(
            self.app.outside.vault, places(catalog.entries), dict(self.app.settings.credentials()), catalog.vocabulary,
            public=public_places(catalog.entries),
        )  # fmt: skip

    @cached_property
    def informer(self) -> Informer:
        """Tells incidents whom not to trust."""
        return Informer(self.app.event_log, self.app.log_clock)

    def worker(self, *, insistent: bool = False) -> Worker:
        """A worker on this log. `insistent`: one that a terminal's worker gives way to (serve, work).

        Raises as `become_worker`.
        """
        app, log, clock, board = self.app, self.app.event_log, self.app.log_clock, self.app.slack.board
        _ = app.files.loaded  # without a catalog there is no work, and no question to AWS
        app.become_worker(serving=insistent)
        leadership: Leadership = open_leadership(log.database, insistent=insistent)
        operations = IncidentOperations(
            log, board, app.outside.pager, self.archive, template_folders(app.settings.templates), clock,
            app.outside.fallback_pager, lambda: app.files.people.meeting, lambda: self.values.fingerprints,
            destinations=self.destinations,
        )  # fmt: skip
        runner = Runner(
            log, leadership, {**HANDLERS, **operations.handlers},
            replace(app.outside.tools, elsewhere=self.values.elsewhere, keep=self.evidence.keep),
            clock, threading.Event(), app.metrics, self.authorization.entitled, self.informer.inform,
        )  # fmt: skip
        publisher = CardPublisher(log, board, clock, asks=app.slack.asks) if app.settings.slack_bot_token else None
        return Worker(
            log, leadership, runner, publisher, clock,
            commands=self.commands,
            alarm=Alarm(log, app.outside.pager, board, clock),
            informer=self.informer,
            beside=self._beside if insistent else (),
            publish=self._maintain if insistent else None,
            reached=clock.reached,
        )  # fmt: skip

    @cached_property
    def due_rotations(self) -> DueRotations:
        """Keeps in view which rotations are due, and reminds people of them."""
        app, slack = self.app, self.app.slack
        made = DueRotations(
            app.event_log, app.log_clock, self.policy.look, slack.people, app.settings.timings,
            slack.board if app.settings.slack_bot_token is not None else None,
            app.settings.rotation_channel or "", lambda: slack.trusted,
        )  # fmt: skip
        self.app.metrics.watch(made.facts)
        return made

    @cached_property
    def destinations(self) -> dict[str, Destination]:
        """Where reports arrive, as the settings say."""
        found: dict[str, Destination] = {}
        if self.app.settings.slack_bot_token is not None:
            found[SLACK] = self.app.slack.uploads
        if self.app.settings.reports_bucket is not None:
            found[BUCKET] = ReportBucket(self.app.settings.reports_bucket, partial(self.app.outside.aws.client, "s3"))
        return found

    @cached_property
    def evidence(self) -> Evidence:
        """Where the rows behind findings are kept."""
        return Evidence(self.archive, lambda: self.values.fingerprints, self.destinations.get(BUCKET))

    def _maintain(self) -> None:
        """Publishes which files this worker uses, and deletes evidence on its disk that is past its time."""
        self.app.keys.publish_facts()
        if (days := self.app.settings.evidence_days) is not None:
            self.archive.forget_rows(days, self.app.log_clock(), self.app.event_log.load)

    @cached_property
    def archive(self) -> FileArchive:
        """Where reports are kept."""
        return FileArchive(self.app.settings.data_folder / "reports", self.app.settings.decisions_file)
