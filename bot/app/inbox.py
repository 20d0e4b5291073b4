"""Answers a worker's inbox: its decisions, the parts that decide about the whole installation, and their words."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from bot.app.files import Files
from bot.app.outside import Outside
from bot.app.slack import SlackSide
from bot.data_files import template_folders
from bot.errors import BotError
from bot.eventlog import InboxRow
from bot.eventlog.sql import EventLog
from bot.inbox import InboxHandler, Incidents
from bot.inbox.decide import CommandDecider
from bot.inbox.fingerprints import KnownValues
from bot.inbox.forgotten import clear_forgotten
from bot.inbox.hiding import kept_from_slack
from bot.inbox.installation import Apart, StopDecisions, TrustDecisions
from bot.inbox.message_handler import MessageHandler
from bot.inbox.notice_drafts import NoticeDrafts
from bot.inbox.proving import Proofs
from bot.inbox.wire import KINDS
from bot.news.handling.decisions import AlertDecisions
from bot.pager.contract import Page, Pager
from bot.phrases.marks import literal
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


@dataclass(frozen=True)
class Messages:
    """None of them raises: what cannot be said must not keep the worker from its work."""

    event_log: EventLog
    slack: SlackSide
    pager: Callable[[], Pager]

    def tell_sender(self, row: InboxRow, sentence: str) -> None:
        user = row.claims.removeprefix("slack:")
        if user != row.claims and self.slack.settings.slack_bot_token is not None:
            with suppress(BotError):
                if not self.event_log.trust.current().slack or kept_from_slack(self.event_log, row.incident):
                    return
                self.slack.gateway.post(user, literal(f"{row.command.replace('-', ' ')}: {sentence}"))

    def say(self, incident_id: str, sentence: str) -> None:
        """In the incident's channel, if it has one that may know."""
        with suppress(BotError):
            incident = self.event_log.look(incident_id).incident
            if incident.channel and not incident.slack_untrusted:
                self.slack.board.say(incident.channel, sentence)

    def tell_channel(self, row: InboxRow, sentence: str) -> None:
        """Reveals only that such a row exists: its author is not proven."""
        with suppress(BotError):
            incident = self.event_log.look(row.incident).incident
            channel = incident.channel
            if channel and not incident.slack_untrusted:
                self.slack.board.say(channel, f"⏳ A command from a terminal waits: {sentence}")

    def page_sender(self, row: InboxRow, sentence: str) -> None:
        # The proof may be what could not be checked, so nothing that the row says is repeated but names that we know.
        known = row.command in KINDS and self.event_log.summary(row.incident) is not None
        which = f" of {row.incident} ({row.command.replace('-', ' ')})" if known else ""
        with suppress(BotError):
            self.pager().trigger(
                Page("commands-waiting", f"A command{which} was not carried out. {sentence}", "critical", "", "")
            )
