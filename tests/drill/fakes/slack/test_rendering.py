"""Forms and home tabs as pages by themselves, to be looked at."""

from bot.drill.fakes.slack import rendering
from bot.drill.fakes.slack.rendering import form_document
from bot.phrases.practice import program
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


def test_commands_in_errors_hints_and_plain_text_stand_there_as_they_are_typed():
    plain = {"type": "plain_text", "text": "See `bot show inc_x`."}
    note = {"block_id": "note", "type": "input", "label": {"type": "plain_text", "text": "Note"}, "hint": plain,
            "element": {"action_id": "note", "type": "plain_text_input"}}  # fmt: skip
    view = {"id": "V1", "type": "modal", "title": {"type": "plain_text", "text": "Note"}, "submit": None, "close": None,
            "state": {"values": {}}, "blocks": [{"block_id": "a", "type": "section", "text": plain}, note]}  # fmt: skip
    errors = {"note": "Run `bot submit`, never `bot drill`."}
    drawing = rendering.tools(
        {}, {}, {"id": "U1", "name": "dana"}, None, errors=errors, offered=lambda *_: [], folder="/tmp/a"
    )
    shown = rendering.render("form.html", tools=drawing, style="", view=view)
    start = f"{program()} --drill /tmp/a --as dana"
    assert shown.count(f"See `{start} show inc_x`.") == 2
    assert f"Run `{start} submit`, never `{program()} drill`." in shown


def test_in_a_drill_no_link_leads_to_the_real_slack():
    link = "https://slack.com/app_redirect?channel=C9"
    for folder, leads in (("/tmp/a", "/_fake/?as=U1&channel=C9"), ("", link)):
        drawing = rendering.tools(
            {}, {}, {"id": "U1", "name": "dana"}, None, errors={}, offered=lambda *_: [], folder=folder
        )
        assert drawing.followed(link) == leads
