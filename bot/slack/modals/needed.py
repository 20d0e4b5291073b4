"""The form behind “and 9 more…”: everything that needs a person, a page of it at a time."""

from __future__ import annotations

from datetime import datetime

from slack_sdk.models.blocks import ButtonElement

from bot.incident.needs import needs
from bot.incident.offers import urged
from bot.incident.state import Incident
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import Json, button, form, row, section
from bot.slack.incident_card.needs import need_blocks

PAGE = 10
"""Needs on one page: two blocks each, of which a modal takes a hundred."""


def needed_form(incident: Incident, pressed: ButtonValue, now: datetime, answer: str = "") -> Json:
    """The page whose number the button carries, from 0; the last one where there are fewer by now."""
    every = needs(incident, urged(incident, now), now)
    page = min(pressed.number, max(0, (len(every) - 1) // PAGE))
    shown = every[page * PAGE : (page + 1) * PAGE]
    first = page * PAGE + 1
    head = f"{first} to {first + len(shown) - 1} of {len(every)}" if shown else "Nothing needs a person now."
    blocks = [
        *([section(answer)] if answer else []),
        section(head),
        *(block for number, need in enumerate(shown, first) for block in need_blocks(incident, need, number)),
        *row(
            _page(incident, "Back", page - 1, ActionId.NEEDED_BACK) if page else None,
            _page(incident, "Next", page + 1, ActionId.NEEDED_ON) if first - 1 + len(shown) < len(every) else None,
        ),
    ]
    note = ButtonValue(incident.id, str(page)).encode()
    return form(ActionId.NEEDED, "Needs a person", blocks, close="Back", note=note)


def _page(incident: Incident, label: str, page: int, action: ActionId) -> ButtonElement:
    return button(label, action, ButtonValue(incident.id, str(page)))
