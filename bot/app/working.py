"""A worker: who may command it, what answers the inbox, and what runs the operations."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial

from bot.app.alerts import AlertSide
from bot.app.askers import sts_of
from bot.app.files import Files
from bot.app.keys import WorkerKeys
from bot.app.messages import Messages
from bot.app.outside import Outside
from bot.app.policies import policy_looks
from bot.app.slack import SlackSide
from bot.app.standing import why_withdrawn
from bot.errors import BotError, ConfigurationError, Misuse
from bot.eventlog import Damaged, Leadership, TrustDamaged, open_leadership
from bot.eventlog.rights import RightsDamaged
from bot.eventlog.sql import EventLog
from bot.http import Http
from bot.incident.closing.schedule import GITHUB, S3, SLACK
from bot.incident.model import BOT, OPERATOR, Right
from bot.intake.catalogued import places
from bot.logs import Logger
from bot.metrics import Metrics
from bot.playbook import template_folders
from bot.policy.looks import PolicyLooks
from bot.proofs.aws import AwsCaller, AwsProofs
from bot.proofs.keyed import KeyedProofs
from bot.proofs.ssh import SshProofs
from bot.report.delivery import Destination
from bot.report.filing import FileArchive
from bot.report.github import DecisionsRepository
from bot.report.s3 import ReportBucket
from bot.response import InboxHandler, Incidents
from bot.response.alerts import AlertDecisions
from bot.response.apart import Apart, TrustDecisions
from bot.response.decide import CommandDecider
from bot.response.forgotten import clear_forgotten
from bot.response.hiding import hidden
from bot.response.known import KnownValues
from bot.response.message_handler import MessageHandler
from bot.response.notice_drafts import NoticeDrafts
from bot.response.programme import ProgrammeDecisions
from bot.response.proving import Proofs
from bot.response.scheduler import Schedule, Scheduler
from bot.rights import found, news
from bot.rotation import HANDLERS
from bot.settings import Settings
from bot.slack.files import SlackFiling
from bot.slack.messages import SlackMessages
from bot.workflow.alarm import Alarm
from bot.workflow.card_publisher import CardPublisher
from bot.workflow.due_rotations import DueRotations
from bot.workflow.operations import IncidentOperations
from bot.workflow.ports import Looks
from bot.workflow.runner import Runner
from bot.workflow.trust import Informer
from bot.workflow.worker import Worker

_log = Logger(__name__)


@dataclass
class Working:
    """A worker's side of the bot, on this log."""

    settings: Settings
    clock: Callable[[], datetime]
    files: Files
    outside: Outside
    keys: WorkerKeys
    slack: SlackSide
    event_log: EventLog
    incidents: Incidents
    metrics: Metrics

    def entitled(self, name: str, right: Right) -> bool:
        """Whether somebody who consented to a kill may still do so. A process without a people file cannot tell, and
        goes by what was recorded; but nobody who is not trusted may. TrustDamaged if nobody can tell who that is.
        """
        if name == OPERATOR:
            return right is Right.RESPOND  # who breaks glass at the worker's host is nobody of the file
        person = self.files.people.named(name)
        if self.event_log.trust.current().against(name, person.accounts if person is not None else ()) is not None:
            return False
        return self.settings.people is None or self.files.people.may(name, right)

    def _by_email(self, email: str) -> str:
        person = self.files.people.by_email(email)
        return person.name if person is not None else ""

    @cached_property
    def proofs(self) -> Proofs:
        """How this worker tells who gives a command."""
        current, *previous = self.keys.command_keys
        return Proofs(
            installation=lambda: self.keys.installation,
            people=self.files.people,
            slack=KeyedProofs.slack(current, tuple(previous)),
            at_worker=KeyedProofs.at_worker(self.keys.worker_keys[0]),
            aws=AwsProofs(self.outside.vault, sts_of(self.settings), compromised=self._compromised),
            ssh=SshProofs(self.files.people),
            word=self.settings.environment == "development",
            trust=self.event_log.trust.current,
            hidden=partial(hidden, self.event_log),
        )

    def _compromised(self, caller: AwsCaller) -> str:
        """Why a proof by these AWS credentials counts for nothing; empty if nothing speaks against them."""
        for incident in self.event_log.open_incidents():
            with suppress(Damaged, Misuse):
                # Of a damaged one what could last be read counts: nothing is unsaid by that.
                for secret in self.event_log.look(incident).incident.secrets.values():
                    if caller.key_id in {secret.old.key_id, *(ref.id for ref in secret.old.candidates)}:
                        return f"It is signed with the access key that {incident} deals with."
                    user = secret.entry.options.get("user", "")
                    if secret.entry.provider == "aws-iam" and user and caller.arn.endswith(f":user/{user}"):
                        return f"It is signed by the user whose key {incident} deals with."
        return ""

    @cached_property
    def commands(self) -> InboxHandler:
        """Answers what waits in the inbox. This process must be a worker."""
        self.informer.recall()
        decider = CommandDecider(
            self.incidents,
            self.proofs,
            self.clock,
            self.messages.tell_sender,
            self.messages.tell_channel,
            self.values,
            self._reader,
            self._apart,
        )
        return InboxHandler(
            decider,
            self.messages.page_sender,
            lambda now: clear_forgotten(self.outside.vault, self.event_log, now, self.messages.say),
        )

    @property
    def _apart(self) -> tuple[Apart, ...]:
        """The parts that take commands about the whole installation."""
        drafts = (self._drafts,) if self.settings.slack_bot_token is not None else ()
        return (
            *drafts,
            TrustDecisions(self.event_log, self.proofs, self.informer.inform_all),
            ProgrammeDecisions(self.event_log, self.files.loaded.catalog, self.proofs.entitled, self.policy.due),
            AlertDecisions(self.event_log),
        )

    @property
    def _drafts(self) -> NoticeDrafts:
        """Files counsel's drafts into the incident's channel."""
        folders = template_folders(self.settings.templates)
        return NoticeDrafts(self.event_log, folders, SlackFiling(self.slack.gateway), lambda: self.values.fingerprints)

    @cached_property
    def policy(self) -> PolicyLooks:
        """How old everything is, and when it is due."""
        return policy_looks(self.files, self.outside, self.event_log, self.clock, self.proofs.entitled)

    @cached_property
    def schedule(self) -> Schedule:
        """Which rotations are begun when."""
        catalog, overlap = self.files.loaded.catalog, self.settings.rotation_overlap * 3600
        return Schedule(
            self.event_log, catalog, lambda: self.due_rotations.latest or self.policy.look(), overlap, self.clock
        )

    @property
    def _beside(self) -> tuple[Looks, ...]:
        """What runs in threads of its own for as long as a worker serves."""
        return Scheduler(self.schedule, self.incidents), self.alerts.intake

    @cached_property
    def alerts(self) -> AlertSide:
        """What comes of news from outside."""
        return AlertSide(
            self.settings, self.clock, self.files, self.outside, self.slack, self.event_log, self.incidents, self.values
        )

    @property
    def _reader(self) -> MessageHandler | None:
        """Reads the messages that people point at; None without Slack."""
        if self.settings.slack_bot_token is None:
            return None
        slack = SlackMessages(self.slack.gateway)
        return MessageHandler(self.event_log, self.values, slack, lambda user: self.files.people.by_slack(user).name)

    @cached_property
    def values(self) -> KnownValues:
        """What no text may hold: the values of the whole catalog, the admin credentials, and the bot's own. Reads the
        fingerprint key; where that cannot be read nothing is compared, which the log says.
        """
        catalog = self.files.loaded.catalog
        try:
            self.outside.use_fingerprints()
        except BotError as error:
            _log.warning("texts are not compared with the catalog's values", error=str(error))
        return KnownValues(
            self.outside.vault, places(catalog.entries), dict(self.settings.credentials()), catalog.vocabulary
        )

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
        archive = FileArchive(self.settings.data_folder / "reports", self.settings.decisions_file)
        operations = IncidentOperations(
            self.event_log, self.slack.board, self.outside.pager, archive,
            template_folders(self.settings.templates), self.clock, self.outside.fallback_pager,
            lambda: self.files.people.meeting, lambda: self.values.fingerprints, self._by_email,
            destinations=self.destinations, tracker=self.outside.tracker,
        )  # fmt: skip
        runner = Runner(
            self.event_log,
            leadership,
            {**HANDLERS, **operations.handlers},
            self.outside.tools,
            self.clock,
            threading.Event(),
            self.metrics,
            self.entitled,
            self.informer.inform,
            withdrawn=why_withdrawn(self.event_log, self.entitled, self.clock),
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
            publish=self._publish if insistent else None,
            due_rotations=self.due_rotations if insistent else None,
        )

    def _publish(self) -> None:
        """Says what this worker goes by, and who has which rights, where that has changed."""
        self.keys.publish_facts(self.event_log)
        now_found = found(self.files.people, self.files.people.digest)
        try:
            if news(self.event_log.rights.current(), now_found):
                self.event_log.rights.append(
                    lambda state: news(state, now_found), at=self.clock(), actor=BOT.name, command_id=uuid.uuid4().hex
                )
        except RightsDamaged as damaged:
            _log.error("who has which rights is not recorded", what=damaged.what)  # nothing rests on that record

    @cached_property
    def due_rotations(self) -> DueRotations:
        """Keeps in view which rotations are due, and reminds people of them."""
        made = DueRotations(
            self.policy.look, self.event_log, self.slack.people, self.settings.timings, self.clock,
            self.slack.board if self.settings.slack_bot_token is not None else None,
            self.settings.rotation_channel or "", self._slack_trusted,
        )  # fmt: skip
        self.metrics.watch_labelled(made.facts)
        return made

    def _slack_trusted(self) -> bool:
        try:
            return self.event_log.trust.current().slack
        except TrustDamaged:
            return False

    @cached_property
    def destinations(self) -> dict[str, Destination]:
        """Where reports arrive, as the settings say. ConfigurationError for half a setting."""
        settings, found = self.settings, dict[str, Destination]()
        if settings.slack_bot_token is not None:
            found[SLACK] = self.slack.uploads
        if settings.reports_bucket:
            aws = self.outside.aws
            found[S3] = ReportBucket(settings.reports_bucket, settings.reports_prefix, lambda: aws.client("s3"))
        if settings.decisions_repository:
            if settings.decisions_token is None:
                raise ConfigurationError("BOT_DECISIONS_REPOSITORY is set, and BOT_DECISIONS_TOKEN is not.")
            http = Http(GITHUB, settings.decisions_api, timeout=settings.timings.http_timeout)
            found[GITHUB] = DecisionsRepository(
                settings.decisions_repository, settings.decisions_path, settings.decisions_token, http
            )
        return found

    @cached_property
    def messages(self) -> Messages:
        return Messages(self.event_log, self.slack, lambda: self.outside.pager)
