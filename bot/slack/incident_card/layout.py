"""The order of the card's parts, and what gives way when an incident is larger than one Slack message."""

from __future__ import annotations

from datetime import datetime

from slack_sdk.models.blocks import Block

from bot.incident.offers import available
from bot.incident.state import Incident
from bot.slack.blocks import MESSAGE_BLOCKS, divider
from bot.slack.incident_card.consents import consents
from bot.slack.incident_card.footer import footer
from bot.slack.incident_card.many import many
from bot.slack.incident_card.secrets import few
from bot.slack.incident_card.steps import steps
from bot.slack.incident_card.top import top


def incident_card(incident: Incident, now: datetime, head: str, *, word: bool = False) -> list[Block]:
    """At most 50 blocks. `head` is the log's ``seq:digest``. Times are shown as moments, so that a card drawn again a
    second later is the same card. `word`: nobody proves who they are.
    """
    offers = available(incident, now)
    first = [*top(incident, offers), *consents(incident, offers, now)]
    last = [divider(), *steps(incident, offers), divider(), *footer(incident, offers, now, head, word=word)]
    room = MESSAGE_BLOCKS - len(first) - len(last)
    secrets = few(incident, offers, now, room)
    return [*first, *(many(incident, offers, now, room) if secrets is None else secrets), *last]
