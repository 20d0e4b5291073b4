"""The order of the card: is it over, what is alive, what is pressed next; then all the rest, as numbers.

Each part is a function of its own file, and draws only what there is to say: the card shrinks as things end. However
many secrets there are, the parts are the same, and none grows with their number.
"""

from __future__ import annotations

from datetime import datetime

from slack_sdk.models.blocks import Block

from bot.incident.offers import urged
from bot.incident.state import Incident
from bot.slack.blocks import MESSAGE_BLOCKS
from bot.slack.incident_card.access import findings
from bot.slack.incident_card.alive import alive
from bot.slack.incident_card.approval import approvals
from bot.slack.incident_card.bottom import bottom
from bot.slack.incident_card.closed import closed
from bot.slack.incident_card.decisions import to_close
from bot.slack.incident_card.failing import failures
from bot.slack.incident_card.header import headed, known
from bot.slack.incident_card.needs import for_people
from bot.slack.incident_card.overrides import overrides
from bot.slack.incident_card.progress import progress, steps
from bot.slack.incident_card.rotation import rotation_card


def incident_card(incident: Incident, now: datetime, head: str, *, word: bool = False) -> list[Block]:
    """At most 50 blocks. `head` is the log's ``seq:digest``. Times are shown as moments, so that a card drawn again a
    second later is the same card. `word`: nobody proves who they are.
    """
    offers = urged(incident, now)
    if incident.routine:
        return rotation_card(incident, offers, now, head, word=word)
    if not incident.open:
        return closed(incident, offers, now, head)
    waiting = approvals(incident, offers, now)
    failed, places = failures(incident, offers, now)
    blocks = [
        *headed(incident),
        *overrides(incident, offers),
        *known(incident),
        *alive(incident, offers, now),
        *failed,
        *for_people(incident, offers, now, places + bool(waiting)),
        *waiting,
        *findings(incident, offers),
        *to_close(incident, offers),
        *progress(incident),
        *steps(incident),
        *bottom(incident, offers, now, head, word=word),
    ]
    assert len(blocks) <= MESSAGE_BLOCKS
    return blocks
