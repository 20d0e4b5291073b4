"""Forms and home tabs as pages by themselves, to be looked at."""

from bot.drill.fakes.slack.rendering import form_document
from tests.support.practice_bot import DECLARATION


def test_a_form_stands_there_with_its_title_its_fields_and_its_buttons():
    shown = form_document(DECLARATION)
    assert DECLARATION["title"]["text"] in shown
    for block in DECLARATION["blocks"]:
        if block["type"] == "input":
            assert block["label"]["text"] in shown
    assert DECLARATION["submit"]["text"] in shown


def test_a_home_tab_has_no_buttons_of_a_form():
    shown = form_document(
        {"type": "home", "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "Hello"}}]}
    )
    assert "Hello" in shown
    assert "Cancel" not in shown
