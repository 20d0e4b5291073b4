"""A worker's messages about a command that it could not carry out at once: to its sender, in the
channel, to on-call.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from bot.app.slack import SlackSide
from bot.errors import BotError
from bot.eventlog import InboxRow
from bot.eventlog.sql import EventLog
from bot.inbox.hiding import kept_from_slack
from bot.inbox.wire import KINDS
from bot.pager.contract import Page, Pager
from bot.phrases.marks import literal


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
