"""The tracker is told of each thing that becomes of a task, in order and once."""

from dataclasses import replace

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.model import Actor, Right
from tests.support.incidents import PLAYBOOK, Story, declaration, entry, wanted

ANNA = Actor("anna", frozenset({Right.RESPOND}))


def told(story):
    return [r.event.seq for r in story.log if isinstance(r.event, e.TrackerTold)]


def about_tasks(story):
    return [r.seq for r in story.log if isinstance(r.event, e.TaskAdded | e.TaskDone | e.TaskDeclined)]


def test_it_is_told_of_all_in_order():
    story = Story(declaration(wanted(entry()), playbook=replace(PLAYBOOK, tracker=True)), by=ANNA)
    story.do(c.AddTask("scan images", "ben"), ANNA)
    story.do(c.AddTask("fewer rights", "ben"), ANNA)
    story.do(c.FinishTask("t1"), ANNA)
    story.do(c.DeclineTask("t2", "the scanner does"), ANNA)
    story.run(30)
    assert about_tasks(story)
    assert told(story) == about_tasks(story)
    assert story.incident.tracker_news == ()


def test_without_one_nothing_is_kept_for_it():
    story = Story(declaration(wanted(entry())), by=ANNA)
    story.do(c.AddTask("scan images", "ben"), ANNA)
    assert story.run(30).incident.tracker_news == ()
    assert not told(story)
