"""Answers a worker's inbox: its decisions, the parts that decide about the whole installation, and their words."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from bot.data_files import template_folders
from bot.errors import BotError
from bot.eventlog import InboxRow
from bot.inbox import InboxHandler
from bot.inbox.decide import CommandDecider
from bot.inbox.forgotten import clear_forgotten
from bot.inbox.hiding import kept_from_slack
from bot.inbox.installation import Apart, decisions
from bot.inbox.message_handler import MessageHandler
from bot.inbox.notice_drafts import NoticeDrafts
from bot.inbox.wire import KINDS
from bot.pager.contract import Page
from bot.phrases.marks import literal
from bot.slack.files import SlackFiling
from bot.slack.messages import SlackMessages

if TYPE_CHECKING:
    from bot.app.application import Application


@dataclass
class InboxSide:
    """A worker's answers to commands."""

    app: Application

    @property
    def handler(self) -> InboxHandler:
        """A new one at each call. This process must be a worker."""
        app, working = self.app, self.app.working
        decider = CommandDecider(
            app.incidents, working.authorization.proofs, app.machine_clock, self._tell_sender, self._tell_channel,
            working.values, self._reader, self._apart,
        )  # fmt: skip
        forget = partial(clear_forgotten, app.outside.vault, app.event_log)
        return InboxHandler(decider, self._page_sender, lambda now: forget(now, self._say))

    @property
    def _apart(self) -> tuple[Apart, ...]:
        """The parts that take commands about the whole installation."""
        app, working = self.app, self.app.working
        apart = decisions(app.event_log, working.authorization.proofs, working.informer.inform_all)
        if app.settings.slack_bot_token is None:
            return apart
        folders, filing = template_folders(app.settings.templates), SlackFiling(app.slack.gateway)
        return (NoticeDrafts(app.event_log, folders, filing, lambda: working.values.fingerprints), *apart)

    @property
    def _reader(self) -> MessageHandler | None:
        """Reads the messages that people point at; None without Slack."""
        if self.app.settings.slack_bot_token is None:
            return None
        return MessageHandler(self.app.event_log, self.app.working.values, SlackMessages(self.app.slack.gateway))

    # What people are told. None of it raises: what cannot be said must not keep the worker from its work.

    def _tell_sender(self, row: InboxRow, sentence: str) -> None:
        user = row.claims.removeprefix("slack:")
        if user != row.claims and self.app.settings.slack_bot_token is not None:
            with suppress(BotError):
                if not self.app.event_log.trust.current().slack or kept_from_slack(self.app.event_log, row.incident):
                    return
                self.app.slack.gateway.post(user, literal(f"{row.command.replace('-', ' ')}: {sentence}"))

    def _say(self, incident_id: str, sentence: str) -> None:
        """In the incident's channel, if it has one that may know."""
        with suppress(BotError):
            incident = self.app.event_log.look(incident_id).incident
            if incident.channel and not incident.slack_untrusted:
                self.app.slack.board.say(incident.channel, sentence)

    def _tell_channel(self, row: InboxRow, sentence: str) -> None:
        """Reveals only that such a row exists: its author is not proven."""
        self._say(row.incident, f"⏳ A command from a terminal waits: {sentence}")

    def _page_sender(self, row: InboxRow, sentence: str) -> None:
        # The proof may be what could not be checked, so nothing that the row says is repeated but names that we know.
        known = row.command in KINDS and self.app.event_log.summary(row.incident) is not None
        which = f" of {row.incident} ({row.command.replace('-', ' ')})" if known else ""
        with suppress(BotError):
            self.app.outside.pager.trigger(
                Page("commands-waiting", f"A command{which} was not carried out. {sentence}", "critical", "", "")
            )
