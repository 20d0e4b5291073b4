"""Decisions on the channel."""

from __future__ import annotations

from bot.incident import events as e
from bot.incident.asked import Events
from bot.incident.paging.commands import PagingCommand
from bot.incident.state import Incident


def decide(incident: Incident, body: PagingCommand) -> Events:
    return (e.ChannelLost(body.channel, body.reason),) if body.channel == incident.channel else ()
