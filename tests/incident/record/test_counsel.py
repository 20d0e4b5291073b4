"""Notes for counsel: only counsel and the commander write and read them, and no face has their words."""

import json

from bot.cli.documents import incident_document
from bot.incident import commands as c
from bot.incident import model as m
from bot.people import People, Person
from bot.phrases.events import sentence
from bot.report.drafts import EXPORT, REPORT, Source, draft
from bot.report.notices import REGULATOR
from bot.slack.actions import ButtonValue
from bot.slack.incident_card import incident_card
from bot.slack.listeners.forms import FORMS
from tests.report.test_html import SHIPPED
from tests.support.incidents import ANNA, BEN, STRANGER, Story, declaration

LENA = m.Actor("lena", frozenset({m.Right.COUNSEL}))
WORDS = "the processor's contract is missing"
NOTE = c.NoteForCounsel(WORDS)


def noted():
    story = Story(declaration()).run(120)
    story.do(NOTE, LENA)
    return story


def test_counsel_and_the_commander_write_them_and_no_one_else():
    story = noted()
    assert "Only counsel and the commander" in story.refused(NOTE, BEN)
    story.do(c.TakeRole("I am here"), ANNA)
    story.do(c.NoteForCounsel("agreed"), ANNA)
    assert "Only counsel" in story.refused(NOTE, STRANGER)
    assert [said.by.name for said in story.incident.counsel_notes] == ["lena", "anna"]


def test_their_words_are_on_no_card_report_export_or_list():
    story = noted()
    now = story.now
    source = Source(story.incident, story.log, "9:abc", SHIPPED, now)
    shown = [
        *(draft(source, name, form).text for name in (REPORT, REGULATOR) for form in ("md", "html")),
        draft(source, EXPORT).text,
        *(sentence(each, story.incident) or "" for each in story.log),
        *(json.dumps(block.to_dict()) for block in incident_card(story.incident, now, "9:abc")),
        str(incident_document(story.incident, now)),
    ]
    assert "lena wrote a note for counsel" in shown[0]
    assert not [text for text in shown if "processor" in text]


def test_their_form_opens_for_counsel_and_the_commander_alone():
    story, form = noted(), next(each for each in FORMS if each.act == "counsel_note")
    people = People(
        (lena := Person("lena", rights=LENA.rights), ben := Person("ben", rights=frozenset(m.Right) - LENA.rights))
    )
    assert form.refusal(lena, people, story.incident) is None
    assert WORDS in str(form.view(story.incident, ButtonValue(story.incident.id), story.now))
    refused = form.refusal(ben, people, story.incident)
    assert refused is not None
    assert WORDS not in str(refused)
    story.do(c.TakeRole("I am here"), ANNA)
    assert form.refusal(Person("anna", rights=ANNA.rights), people, story.incident) is None
