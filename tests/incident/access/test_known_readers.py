"""Readers for whom the machine answers: ours as long as every look says so, and never against a person's word."""

from dataclasses import replace

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.access.readers import may_still_read, unaccounted
from bot.incident.kinds import Face
from bot.incident.todos import todos
from bot.model.reads import Read
from bot.phrases.events import sentence
from tests.support.incidents import BEN, START, Story, declaration, entry, wanted

API = "arn:aws:sts::111122223333:assumed-role/api-role/api"
EVE = "arn:aws:iam::111122223333:user/eve"
WHY = "the execution role of api"
READ = Read(START, API, "10.0.12.7", "aws-sdk-js", "GetParameter", "/x")


def told():
    return Story(declaration(wanted(entry()), wanted(entry("stripe-key", provider="stripe")))).run(0)


def look(story, secret, *reads, ours=None):
    said = {API: WHY} if ours is None else ours
    story.record(e.UsageRead(0, secret, "CloudTrail", START, story.now, reads or (READ,), (), False, ours=said))


def asked(story):
    return [each.subject for each in todos(story.incident, story.now, face=Face.ANSWER) if each.kind.name == "reader"]


def test_nobody_is_asked_about_a_reader_that_is_known():
    story = told()
    look(story, "openai-api-key", READ, replace(READ, principal=EVE))
    assert asked(story) == [*unaccounted(story.incident)] == [*may_still_read(story.incident)] == [EVE]
    said = story.incident.readers[API]
    assert (said.outcome, said.by.name, said.note, said.settled_at) == (m.ReaderOutcome.OURS, "bot", WHY, story.now)
    words = sentence(story.log[-1], story.incident)
    assert words.endswith("2 reads by others; known to be ours: assumed-role/api-role/api")


def test_what_another_look_saw_otherwise_is_asked():
    story = told()
    look(story, "openai-api-key")
    look(story, "stripe-key", ours={})
    assert asked(story) == [API]
    look(story, "openai-api-key")
    assert asked(story) == [API]
    look(story, "stripe-key")
    assert asked(story) == []


def test_a_later_look_from_elsewhere_asks_again():
    story = told()
    look(story, "openai-api-key")
    look(story, "openai-api-key", READ, replace(READ, address="203.0.113.7"), ours={})
    assert asked(story) == [API]


def test_what_the_next_look_does_not_see_stays_known():
    story = told()
    look(story, "openai-api-key")
    look(story, "openai-api-key", replace(READ, principal=EVE), ours={})
    assert asked(story) == [EVE]


def test_a_persons_word_stays():
    story = told()
    look(story, "openai-api-key")
    story.do(c.AccountReader(API, m.ReaderOutcome.UNEXPLAINED, "taken out of the function"), BEN)
    look(story, "openai-api-key")
    assert asked(story) == [API]
    assert may_still_read(story.incident) == (API,)
