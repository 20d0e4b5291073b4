"""What the forms for the commander's role say beside what is asked: what was decided last, and who can close."""

from __future__ import annotations

from collections.abc import Sequence

from bot.people import People
from bot.phrases.handover import decisions_words
from bot.phrases.team import closers
from bot.slack.actions import ActionId
from bot.slack.blocks import Json, section, to_json

SUMMARISED = frozenset({ActionId.HAND_OVER, ActionId.ACCEPT_ROLE, ActionId.TAKE_ROLE})
"""Their second block is a summary of the incident."""


def with_decisions(view: Json, decisions: Sequence[str]) -> Json:
    """The form with what was decided last below the rest of the summary."""
    said = decisions_words(decisions)
    if not said:
        return view
    blocks = view["blocks"]
    return {**view, "blocks": [*blocks[:2], *to_json([section(*said)]), *blocks[2:]]}


def with_closers(view: Json, people: People) -> Json:
    """The form with who can close, where not everyone who can be commander can."""
    said = closers([person.actor for person in people])
    if not said:
        return view
    first, *rest = view["blocks"]
    return {**view, "blocks": [first, *to_json([section(f"⚠️ {said}")]), *rest]}
