"""Who signs the report is told which version it is: before the press, and in the answer."""

import pytest

from bot.drill.fakes.slack import read
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.offers import available, unblocked
from bot.phrases.signing import signed_words, unwritten
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import to_json
from bot.slack.buttons import offer_button
from bot.slack.incident_card import incident_card
from bot.slack.listeners import buttons
from bot.slack.modals.more import more_form
from tests.slack.states import HEAD, Story, entry

DIGEST = "ea461b31" * 8


@pytest.fixture
def story():
    return Story(entry("openai-api-key")).then(e.ReportWritten(0, "/r.md", DIGEST, "9:h", 9))


def version(story):
    at = f"{story.at:%Y-%m-%d %H:%M:%S} UTC"
    return f"the report written at {at}, of events 1 to 9, whose SHA-256 begins ea461b31ea461b31"


def test_the_button_asks_once_more_and_names_the_version(story):
    (offer,) = unblocked(available(story.incident, story.at), c.SignReport)
    asked = offer_button(story.incident, offer).confirm
    assert asked.text == f"You sign {version(story)}. Read it first, in the channel: you stand for this version alone."


def test_it_says_so_where_words_were_recorded_that_the_report_does_not_hold(story):
    said = "Text was recorded since that this report does not hold: Report writes it anew."

    def asked():
        (offer,) = unblocked(available(story.incident, story.at), c.SignReport)
        return offer_button(story.incident, offer).confirm.text

    assert said not in asked()
    for _ in range(9):
        story.then(e.NarrativeWritten("summary", "what happened"), by="ada")
    assert asked().startswith(said)
    assert len(asked()) <= 300
    assert unwritten(story.incident)
    story.then(e.ReportWritten(1, "/r.md", "ab" * 32, "99:h", story.incident.seq))
    assert said not in asked()


def test_the_answer_names_it_too_also_where_a_later_one_has_been_written_since(story):
    said = version(story)
    story.then(e.ReportSigned(DIGEST, "", 9), by="ada")
    assert buttons.answer(ActionId.SIGN_REPORT, story.incident) == f"✓ You signed {said}."
    story.then(e.ReportWritten(1, "/r.md", "ab" * 32, "12:h", 12))
    assert signed_words(story.incident.report) == (
        "You signed the report of events 1 to 9, whose SHA-256 begins ea461b31ea461b31."
    )
    assert buttons.answer(ActionId.KILL, story.incident) == ""


def test_more_and_the_closed_card_say_who_signed_which_version(story):
    story.then(e.ReportSigned(DIGEST, "", 9), by="ada")
    assert "✍️ signed by ada" in read(more_form(story.incident, ButtonValue("inc_ab12cd"), story.at)["blocks"])
    story.then(e.ReportWritten(1, "/r.md", "ab" * 32, "12:h", 12)).then(e.IncidentClosed(), by="ada")
    card = read(to_json(incident_card(story.incident, story.at, HEAD)))
    assert "✍️ signed by ada, as of events 1 to 9: not this version" in card
