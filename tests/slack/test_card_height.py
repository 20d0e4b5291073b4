"""How tall the card is in a real browser: one screen of a laptop, two of a phone, however many secrets there are."""

import pytest

from bot.drill.fakes.slack.limits import check_message
from bot.drill.fakes.slack.rendering import document
from bot.slack.blocks import to_json
from bot.slack.incident_card import incident_card
from tests.slack.card_states import STATES, story
from tests.slack.states import HEAD
from tests.support.chromium import CHROMIUM, Browser

WIDE, NARROW = 1280, 390
MOST = {WIDE: 900, NARROW: 2 * 844}
"""Pixels by the window's width."""
NUMBERS = (1, 4, 15, 100)


@pytest.fixture(scope="module")
def cards():
    """The blocks of every card, as Slack takes them."""
    made = {}
    for number in NUMBERS:
        for state in STATES:
            told = story(number, state)
            made[number, state] = to_json(incident_card(told.incident, told.at, HEAD))
    return made


@pytest.mark.process
@pytest.mark.skipif(not CHROMIUM, reason="no Chromium is installed: the heights of the card were not measured")
def test_the_card_is_one_screen_of_a_laptop_and_two_of_a_phone(cards, tmp_path):
    heights = {}
    browser = Browser(tmp_path / "profile")
    try:
        for (number, state), blocks in cards.items():
            page = tmp_path / f"{number}-{state}.html"
            page.write_text(document(blocks))
            for width in MOST:
                browser.resize(width)
                browser.open(page.as_uri())
                heights[width, number, state] = browser.run("document.querySelector('article .body').offsetHeight")
    finally:
        browser.close()
    assert {each: height for each, height in heights.items() if not 0 < height <= MOST[each[0]]} == {}
    for width in MOST:
        assert all(heights[width, number, "done"] < heights[width, number, "waiting"] for number in NUMBERS[1:])


def test_a_hundred_secrets_take_as_many_blocks_as_four(cards):
    for (number, state), blocks in cards.items():
        assert check_message(blocks) == [], (number, state)
        assert len(blocks) <= 20, (number, state)
