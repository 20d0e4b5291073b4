"""A Slack workspace to practise and test in: Web API, people who press buttons, and a page to look at.

Not simulated: Socket Mode beyond the call that gives a connection's address, OAuth installation, Enterprise Grid,
events for messages and reactions.
"""

from bot.drill.fakes.slack.delivery import ProtocolError, Response, SentRequest
from bot.drill.fakes.slack.driver import Option, SlackDriver, Unfilled
from bot.drill.fakes.slack.reading import paragraphs, read
from bot.drill.fakes.slack.records import APP_ID, BOT_ID, BOT_USER, TEAM_DOMAIN, TEAM_ID
from bot.drill.fakes.slack.server import SCOPES, TOKEN, FakeSlack
from bot.drill.fakes.slack.workspace_reader import Button, buttons_of

__all__ = [
    "APP_ID",
    "BOT_ID",
    "BOT_USER",
    "SCOPES",
    "TEAM_DOMAIN",
    "TEAM_ID",
    "TOKEN",
    "Button",
    "FakeSlack",
    "Option",
    "ProtocolError",
    "Response",
    "SentRequest",
    "SlackDriver",
    "Unfilled",
    "buttons_of",
    "paragraphs",
    "read",
]  # fmt: skip
