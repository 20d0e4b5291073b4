"""What is to be decided before the close, once no key is alive: one line, and a button for each decision."""

from __future__ import annotations

from collections.abc import Sequence

from slack_sdk.models.blocks import Block, ButtonElement

from bot.incident import commands as c
from bot.incident.closing.open_items import OpenItem, open_items
from bot.incident.model import StepState
from bot.incident.offers import Offer, settling, unblocked
from bot.incident.state import Incident
from bot.phrases.closing import open_words
from bot.phrases.times import counted
from bot.slack.blocks import row, section
from bot.slack.buttons import distinct, offer_button

BUTTONS = 8
OWN_BUTTON = frozenset({c.AccountReader, c.CompleteStep, c.EndCheck, c.SettleCopy})
"""What has its button elsewhere on the card."""


def to_close(incident: Incident, offers: Sequence[Offer]) -> list[Block]:
    """Nothing while a key is alive: then there are more urgent things to press."""
    if not incident.open or not incident.secrets or any(not secret.gone for secret in incident.secrets.values()):
        return []
    items = open_items(incident)
    close = unblocked(offers, c.Close)
    if all(item.must for item in items):
        ready = "*Nothing is open*: close it." if close else f"{_steps_left(incident)}, then close it."
        return [section(ready), *row(*(offer_button(incident, offer) for offer in close[:1]))]
    buttons = item_buttons(incident, items, offers)[:BUTTONS]
    return [
        section(f"*To close:* {' · '.join(open_words(items))}"),
        *row(*buttons, *(offer_button(incident, offer) for offer in close[:1])),
    ]


def _steps_left(incident: Incident) -> str:
    """What the steps that nobody has begun bring is to be done as well."""
    tasks = sum(len(step.definition.tasks) for step in incident.steps if step.state is StepState.WAITING)
    brought = f" and the {counted(tasks, 'task')} that they bring" if tasks else ""
    return f"*Nothing else is open.* Finish the steps{brought}"


def item_buttons(incident: Incident, items: Sequence[OpenItem], offers: Sequence[Offer]) -> list[ButtonElement]:
    """The button of the offer that settles an open item, once for all items that it settles."""
    wanted = [item for item in items if item.settled_by not in OWN_BUTTON]
    return distinct(incident, [offer for item in wanted for offer in unblocked(settling(item, offers))[:1]])
