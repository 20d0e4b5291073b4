"""Decisions on the page and the channel."""

from __future__ import annotations

from collections.abc import Iterator

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.commands import Asked, Events, PagingCommand
from bot.incident.offer import POSSIBLE, RESPONDER, Offer
from bot.incident.refusals import clean, demand_open, demand_responder
from bot.incident.state import Incident


def decide(incident: Incident, body: PagingCommand, asked: Asked) -> Events:
    if isinstance(body, c.LoseChannel):
        return (e.ChannelLost(body.channel, body.reason),) if body.channel == incident.channel else ()
    demand_responder(incident, asked.actor)
    demand_open(incident)
    return (e.PagedAgain(clean(body.reason, "reason")),)


# The offer of paging again.


def page_again(incident: Incident) -> Iterator[Offer]:
    if incident.open:
        yield Offer(c.PageAgain, c.PageAgain(""), "", "pages on-call by hand", RESPONDER, POSSIBLE)
