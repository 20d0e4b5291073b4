"""Answers a worker's inbox: its decisions, the parts that decide about the whole installation, and their words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from bot.app.files import Files
from bot.app.messages import Messages
from bot.app.outside import Outside
from bot.app.slack import SlackSide
from bot.data_files import template_folders
from bot.eventlog.sql import EventLog
from bot.inbox import InboxHandler, Incidents
from bot.inbox.decide import CommandDecider
from bot.inbox.fingerprints import KnownValues
from bot.inbox.forgotten import clear_forgotten
from bot.inbox.installation import Apart, StopDecisions, TrustDecisions
from bot.inbox.message_handler import MessageHandler
from bot.inbox.notice_drafts import NoticeDrafts
from bot.inbox.proving import Proofs
from bot.news.handling.decisions import AlertDecisions
from bot.settings.model import Settings
from bot.slack.files import SlackFiling
from bot.slack.messages import SlackMessages
from bot.worker.trust import Informer


@dataclass
class InboxSide:
    """`values` are the ones that no text may contain."""

    settings: Settings
    clock: Callable[[], datetime]
    files: Files
    outside: Outside
    slack: SlackSide
    event_log: EventLog
    incidents: Incidents
    proofs: Proofs
    values: KnownValues
    informer: Informer

    @property
    def handler(self) -> InboxHandler:
        """A new one at each call. This process must be a worker."""
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
            StopDecisions(self.event_log),
            AlertDecisions(self.event_log),
        )

    @property
    def _drafts(self) -> NoticeDrafts:
        """Files counsel's drafts into the incident's channel."""
        folders = template_folders(self.settings.templates)
        return NoticeDrafts(self.event_log, folders, SlackFiling(self.slack.gateway), lambda: self.values.fingerprints)

    @property
    def _reader(self) -> MessageHandler | None:
        """Reads the messages that people point at; None without Slack."""
        if self.settings.slack_bot_token is None:
            return None
        slack = SlackMessages(self.slack.gateway)
        return MessageHandler(self.event_log, self.values, slack)

    @cached_property
    def messages(self) -> Messages:
        return Messages(self.event_log, self.slack, lambda: self.outside.pager)
