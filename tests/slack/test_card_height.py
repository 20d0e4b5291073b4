"""How tall the card is in a real browser: one screen of a laptop, two of a phone, however many secrets there are; and
where its first action is, also while revocations are held.
"""

import pytest

from bot.drill.fakes.slack.limits import check_message
from bot.drill.fakes.slack.rendering import document
from bot.incident import events as e
from bot.slack.blocks import to_json
from bot.slack.incident_card import incident_card
from tests.slack.card_states import STATES, story
from tests.slack.states import HEAD
from tests.support.chromium import CHROMIUM, Browser

WIDE, NARROW = 1280, 390
MOST = {WIDE: 900, NARROW: 2 * 844}
"""Pixels by the window's width."""
FIRST_ACTION = 400
"""Pixels on a phone from the card's top to the lower edge of its first button."""
NUMBERS = (1, 4, 15, 100)
TO_FIRST_BUTTON = """(() => {
    const body = document.querySelector('article .body');
    return body.querySelector('button, .button').getBoundingClientRect().bottom - body.getBoundingClientRect().top;
})()"""


@pytest.fixture(scope="module")
def cards():
    """The blocks of every card, as Slack takes them."""
    made = {}
    for number in NUMBERS:
        for state in STATES:
            told = story(number, state)
            made[number, state] = to_json(incident_card(told.incident, told.at, HEAD))
        told = story(number, "waiting").then(e.RevocationsHeld("law enforcement asked us to wait"), by="mika")
        made[number, "held"] = to_json(incident_card(told.incident, told.at, HEAD))
    return made


@pytest.mark.process
@pytest.mark.skipif(not CHROMIUM, reason="no Chromium is installed: the heights of the card were not measured")
def test_the_card_is_one_screen_of_a_laptop_and_two_of_a_phone(cards, tmp_path):
    heights, first = {}, {}
    browser = Browser(tmp_path / "profile")
    try:
        for (number, state), blocks in cards.items():
            page = tmp_path / f"{number}-{state}.html"
            page.write_text(document(blocks))
            for width in MOST:  # the narrow one last
                browser.resize(width)
                browser.open(page.as_uri())
                heights[width, number, state] = browser.run("document.querySelector('article .body').offsetHeight")
            first[number, state] = browser.run(TO_FIRST_BUTTON)
    finally:
        browser.close()
    assert {each: height for each, height in heights.items() if not 0 < height <= MOST[each[0]]} == {}
    assert {each: down for each, down in first.items() if not 0 < down <= FIRST_ACTION} == {}
    for width in MOST:
        assert all(heights[width, number, "done"] < heights[width, number, "waiting"] for number in NUMBERS[1:])


def test_a_hundred_secrets_take_as_many_blocks_as_four(cards):
    for (number, state), blocks in cards.items():
        assert check_message(blocks) == [], (number, state)
        assert len(blocks) <= 20, (number, state)
