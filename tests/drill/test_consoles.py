"""The practice console has the buttons that the cards' steps name."""

from pathlib import Path

import pytest

import bot.providers
from bot.drill.providers import FIXTURES
from bot.providers.cards import FILE, read_cards

NAMELESS = {"Generate token", "🗑 Bin"}
"""Where the steps lead to an address, or name a picture."""
PRESSES = [
    (fixture.name.removesuffix("-product"), press)
    for fixture in FIXTURES
    if hasattr(fixture, "presses")
    for each in fixture.presses.values()
    for press in (each.make, *each.revoke)
]


@pytest.mark.parametrize(("provider", "press"), PRESSES)
def test_what_is_pressed_there_is_called_as_the_steps_call_it(provider, press):
    cards = read_cards(Path(bot.providers.__file__).parent / provider / FILE)
    steps = "\n".join(step for card in cards for step in (*card.issue_by_hand, *card.revoke_by_hand))
    assert f"“{press}”" in steps or press in NAMELESS
