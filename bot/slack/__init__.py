"""Slack's side of the bot: what people see and press, and the calls that draw it."""

from bot.slack.bolt_app import build_app
from bot.slack.gateway import SlackGateway, web_client
from bot.slack.guard import Guard
from bot.slack.incident_channel import SlackIncidentChannel
from bot.slack.manifest import manifest

__all__ = ["Guard", "SlackGateway", "SlackIncidentChannel", "build_app", "manifest", "web_client"]
