"""Slack's side: the calls that the bot makes, and the way by which Slack's requests come in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from bot.app.files import Files
from bot.app.people import trusted
from bot.errors import ConfigurationError, LogError
from bot.people import People
from bot.settings.model import Settings
from bot.slack.approval_messages import ApprovalMessages
from bot.slack.gateway import SlackGateway, web_client
from bot.slack.incident_channel import SlackIncidentChannel
from bot.trust import TrustState
from bot.worker.ports import Asks, Board, NoBoard


@dataclass
class SlackSide:
    """`takes_a_word`: whether people are believed without proof; `trust`: the record of distrust."""

    settings: Settings
    files: Files
    takes_a_word: Callable[[], bool]
    trust: Callable[[], TrustState]

    @property
    def trusted(self) -> bool:
        """Whether the bot may post in Slack now: not while distrust is unknown."""
        try:
            return self.trust().slack
        except LogError:
            return False

    @cached_property
    def people(self) -> People:
        """Whom Slack's side tells, asks and believes."""
        return trusted(self.files.people, self.trust)

    @cached_property
    def gateway(self) -> SlackGateway:
        """Slack's API. ConfigurationError without a bot token."""
        token = self.settings.slack_bot_token
        if token is None:
            raise ConfigurationError(
                "SLACK_BOT_TOKEN is not set: `bot setup manifest` and docs/installation.md say how to get one."
            )
        return SlackGateway(web_client(token, self.settings.slack_api_url))

    @cached_property
    def board(self) -> Board:
        return NoBoard() if self.settings.slack_bot_token is None else self.uploads

    @cached_property
    def uploads(self) -> SlackIncidentChannel:
        """The same channel as the destination of reports. ConfigurationError without a bot token."""
        return SlackIncidentChannel(self.gateway, self.people, word=self.takes_a_word())

    @cached_property
    def asks(self) -> Asks:
        """How approvers are asked. ConfigurationError without a bot token."""
        return ApprovalMessages(self.gateway, self.people)
