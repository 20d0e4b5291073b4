"""Who signs the report is told which version it is: before the press, and in the answer."""

import pytest

from bot.drill.fakes.slack import read
from bot.drill.fakes.slack.limits import check_view
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.offers import available, unblocked
from bot.people import People
from bot.phrases.report import signed_words, unwritten
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import to_json
from bot.slack.buttons import offer_button
from bot.slack.incident_card import incident_card
from bot.slack.listeners import forms
from bot.slack.listeners.forms import FORMS
from bot.slack.modals.inputs import Entered
from bot.slack.modals.more import more_form
from tests.slack.states import HEAD, Story, entry
from tests.slack.test_checks import lived, two_dead
from tests.slack.test_listeners import fill, press, said, wait_for
from tests.slack.test_listeners import form as form_of

DIGEST = "ea461b31" * 8


def learnt():
    """A leak whose lessons a person has written: without them no report of it can be signed."""
    return Story(entry("openai-api-key")).then(e.NarrativeWritten("lessons", "scan first"), by="ada")


@pytest.fixture
def story():
    return learnt().then(e.ReportWritten(0, "/r.md", DIGEST, "9:h", 9))


def version(story):
    at = f"{story.at:%Y-%m-%d %H:%M:%S} UTC"
    return f"the report written at {at}, of events 1 to 9, SHA-256 begins ea461b31ea461b31"


def form(story):
    """Behind the button, as it is on the card."""
    (offer,) = unblocked(available(story.incident, story.at), c.SignReport)
    pressed = offer_button(story.incident, offer)
    assert pressed.text.text == "Sign report…"
    [sign] = [each for each in FORMS if each.act == pressed.action_id]
    view = sign.view(story.incident, ButtonValue.decode(pressed.value), story.at)
    assert check_view(view) == []
    return view


def delivered(story, covers):
    return story.then(e.ReportDelivered(0, "slack", f"https://example.slack.com/files/{covers}", DIGEST, covers))


def test_the_form_names_the_version_and_where_it_is_read(story):
    asked = f"You sign only {version(story)}. Read it first."
    assert read(form(story)["blocks"]).splitlines()[:2] == [asked, "📄 `/r.md`"]
    story = learnt().then(e.ReportWritten(0, "/r.md", DIGEST, "9:h", 9, deliver=("slack",)))
    on_its_way = "📄 `/r.md`; its page will be posted in the channel"
    assert on_its_way in read(form(story)["blocks"])
    delivered(story, 9)
    assert {"type": "link", "url": "https://example.slack.com/files/9"} in links(form(story))
    story.then(e.ReportWritten(1, "/r.md", "ab" * 32, "12:h", 12, deliver=("slack",)))
    assert on_its_way in read(form(story)["blocks"])
    delivered(story, 12)
    assert {"type": "link", "url": "https://example.slack.com/files/12"} in links(form(story))


def test_while_the_incident_is_open_the_form_says_that_the_close_writes_another_version(story):
    assert read(form(story)["blocks"]).splitlines()[-1].startswith("The incident is open: its close writes a new ver")
    story.then(e.IncidentClosed("over"), by="ada")
    assert not story.incident.open
    assert "its close writes" not in read(form(story)["blocks"])


def test_the_card_of_a_closed_incident_says_that_nobody_has_signed_and_has_the_button(story):
    def card():
        return read(to_json(incident_card(story.incident, story.at, HEAD)))

    story.then(e.IncidentClosed("over"), by="ada")
    assert "Sign report…" not in card()  # the close has it written again
    story.then(e.ReportWritten(1, "/r.md", "ab" * 32, "12:h", 12))
    assert "📄 Report: `/r.md` · not signed" in card()
    assert "Sign report…" in card()
    story.then(e.ReportSigned("ab" * 32, "", 12), by="bob")
    assert "not signed" not in card()
    assert "Sign report…" not in card()


def test_the_card_says_what_to_write_before_the_report_can_be_signed():
    story = Story(entry("openai-api-key")).then(e.IncidentClosed("over"), by="ada")
    story.then(e.ReportWritten(1, "/r.md", DIGEST, "12:h", 12))
    card = read(to_json(incident_card(story.incident, story.at, HEAD)))
    assert "📄 Report: `/r.md` · not signed: first write the lessons (More…, Report text…)" in card
    assert "Sign report…" not in card


def links(view):
    return [each for block in view["blocks"] for part in block["elements"] for each in part["elements"]]


def test_a_button_drawn_before_a_later_version_signs_the_one_that_the_form_names(story):
    [sign] = [each for each in FORMS if each.act == ActionId.SIGN_REPORT]
    before = ButtonValue("inc_ab12cd", "", DIGEST)
    story.then(e.ReportWritten(1, "/r.md", "ab" * 32, "12:h", 12))
    view = sign.view(story.incident, before, story.at)
    assert "events 1 to 12" in read(view["blocks"])
    pressed = ButtonValue.decode(view["private_metadata"])
    assert sign.commands(pressed, Entered({}, People())) == (c.SignReport("ab" * 32),)


def test_it_says_so_where_words_were_recorded_that_the_report_does_not_hold(story):
    said = "⚠️ This report lacks the newest text: first press *Write report again*."

    def asked():
        return read(form(story)["blocks"])

    assert said not in asked()
    for _ in range(9):
        story.then(e.NarrativeWritten("summary", "what happened"), by="ada")
    assert asked().startswith(said)
    assert unwritten(story.incident)
    story.then(e.ReportWritten(1, "/r.md", "ab" * 32, "99:h", story.incident.seq))
    assert said not in asked()


def test_the_answer_names_it_too_also_where_a_later_one_has_been_written_since(story):
    said = version(story)
    story.then(e.ReportSigned(DIGEST, "", 9), by="ada")
    assert forms.answer(ActionId.SIGN_REPORT, story.incident) == f"✓ You signed {said}."
    story.then(e.ReportWritten(1, "/r.md", "ab" * 32, "12:h", 12))
    assert signed_words(story.incident.report) == (
        "You signed the report of events 1 to 9, SHA-256 begins ea461b31ea461b31."
    )
    assert forms.answer("note", story.incident) == ""


def test_more_and_the_closed_card_say_who_signed_which_version(story):
    story.then(e.ReportSigned(DIGEST, "", 9), by="ada")
    assert "✍️ signed by ada" in read(more_form(story.incident, ButtonValue("inc_ab12cd"), story.at)["blocks"])
    story.then(e.ReportWritten(1, "/r.md", "ab" * 32, "12:h", 12)).then(e.IncidentClosed(), by="ada")
    card = read(to_json(incident_card(story.incident, story.at, HEAD)))
    assert "✍️ signed by ada, as of events 1 to 9: not this version" in card


def test_the_button_that_writes_the_report_says_so_and_asks_before_it_leaves_a_signature_behind(story):
    def pressed():
        [offer] = unblocked(available(story.incident, story.at), c.RequestReport)
        button = offer_button(story.incident, offer).to_dict()
        return button["text"]["text"], button["confirm"]["text"]["text"] if "confirm" in button else None

    assert pressed() == ("Write report again", None)
    story.then(e.ReportSigned(DIGEST, "", 9), by="ada")
    asked = "The signature covers the current version, not the new one."
    assert pressed() == ("Write report again", asked)
    story.then(e.ReportWritten(1, "/r.md", "ab" * 32, "12:h", 12))
    assert pressed() == ("Write report again", None)
    story = Story(entry("openai-api-key"))
    assert pressed() == ("Write report", None)


def test_the_signature_is_answered_in_the_form_beneath(world):
    incident = two_dead(world)
    actor = world.people.by_slack(world.ada).actor
    world.incidents.do(incident, c.WriteNarrative(lessons="scan first"), actor, "learns")
    world.incidents.do(incident, c.RequestReport(), actor, "wants-a-report")
    lived(world, incident)
    press(world, world.ada, incident, "sign_report")
    view = form_of(world, world.ada, "sign_report")
    assert f"reports/{incident}.md" in read(view["blocks"])
    assert fill(world, world.ada, "sign_report", {}).ok
    assert wait_for(lambda: world.incidents.load(incident).report.signed is not None)
    assert said(world, world.ada, "✓ You signed the report")
