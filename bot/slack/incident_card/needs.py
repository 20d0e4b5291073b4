"""Up to three things that stand still until somebody acts, each with its buttons; the others are a press away."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from slack_sdk.models.blocks import Block, ButtonElement

from bot.incident import commands as c
from bot.incident.needs import Need, lacks_only_new, needs
from bot.incident.offers import Offer
from bot.incident.state import Incident
from bot.phrases.marks import shorten
from bot.phrases.needs import need_title, need_words
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import BUTTONS_A_ROW, button, row, rows, section
from bot.slack.buttons import distinct, urgent_first

SHOWN = 3
"""So many on the card, those among them that stand above: consumers that fail, and what waits for approval."""
WORDS = 480
BUTTONS = 3


def for_people(incident: Incident, offers: Sequence[Offer], now: datetime, above: int = 0) -> list[Block]:
    """Nothing, where nothing waits for anybody. `above` is how much else on the card people are to press first."""
    every = needs(incident, offers, now)
    if not every:
        return []
    shown = max(SHOWN - above, min(SHOWN, 1))
    blocks = [section(f"*Needs a person{f': {len(every)}' if len(every) > 1 else ''}*")]
    left = len(every) - shown
    more = button(f"and {left} more…", ActionId.NEEDED, ButtonValue(incident.id)) if left > 0 else None
    for number, need in enumerate(every[:shown], start=1):
        blocks += need_blocks(incident, need, number if len(every) > 1 else 0, more if number == shown else None)
    return blocks if shown else [*blocks, *row(more)]


def need_blocks(incident: Incident, need: Need, number: int = 0, more: ButtonElement | None = None) -> list[Block]:
    """What it is and what to do, then the buttons; `more` leads to the others."""
    counted = f"{number}.  " if number else ""
    return [
        section(f"{counted}{need_title(incident, need)}", shorten(need_words(incident, need), WORDS)),
        *rows([*need_buttons(incident, need), *filter(None, [more])], BUTTONS_A_ROW),
    ]


def need_buttons(incident: Incident, need: Need) -> list[ButtonElement]:
    """What is pressed now: first what the machine can do once more, or its new value where only that is lacking; last
    what explains it.
    """
    meant = [o for o in need.offers if not (o.kind is c.KillNow and need.has(c.ChooseCandidate))]
    buttons = distinct(incident, urgent_first(incident, need.secret, meant))[:BUTTONS]
    if not need.secret:
        return buttons
    about = ButtonValue(incident.id, need.secret)
    revoking = need.has(c.ConfirmRevoked)
    if need.has(c.AnnounceSubmission):
        only_new = not revoking or lacks_only_new(incident.secrets[need.secret])
        new_key = button("New key…", ActionId.HAND_OVER_KEY, about, style="primary" if only_new else None)
        buttons = [new_key, *buttons] if only_new else [*buttons, new_key]
        if not revoking:
            return buttons  # it shows the steps
    if revoking:
        return [*buttons, button("Show steps", ActionId.BY_HAND, about)]
    return [*buttons, button("Details", ActionId.DETAILS, about)]
