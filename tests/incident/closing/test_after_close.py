"""Given a closed incident, when its dead value is looked for again."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from bot.incident import events as e
from bot.incident import model as m
from bot.incident.old_value.schedule import AFTER_CLOSE, AFTER_CLOSE_WORDS
from bot.incident.operations import Op
from bot.worker.watch_list import FORGOTTEN_AFTER
from tests.support.incidents import CHLOE, Story, declaration, probe

NAME = "openai-api-key"
PLACE = "/production/openai-api-key"


@pytest.fixture
def closed():
    story = Story(declaration()).run(120).complete()
    story.close_over("all done", CHLOE)
    assert not story.incident.open
    return story.run(1)


def look(story, *standing, liveness="dead"):
    """The next look after the close; what it led to."""
    story.now = story.incident.closed.at + AFTER_CLOSE[story.secret().old.probes_after_close]
    claim = story.begin(Op.PROVE)
    seen = e.OldProbed(claim.number, NAME, probe(liveness), probe("live", "control: new"), (), standing)
    return [e.kind_of(event) for event in story.finish(claim, seen)]


def test_a_dead_value_that_stands_in_a_parameter_again_is_reported_and_pages(closed):
    assert look(closed) == ["old-probed"]
    assert look(closed, PLACE) == ["old-probed", "old-value-reappeared", "incident-reopened"]
    assert closed.incident.open
    assert closed.secret().old.reappeared == (PLACE,)
    assert closed.secret().gone
    reopened, reopened_at = closed.log[-1].event, closed.now
    assert reopened.reason == f"the old key of {NAME} is back in {PLACE}"
    closed.run(10)
    assert closed.incident.page.triggered_at >= reopened_at


def test_it_is_told_once_and_anew_when_it_has_been_away(closed):
    look(closed, PLACE)
    closed.close_over("it is known", CHLOE)
    closed.run(1)
    assert look(closed, PLACE) == ["old-probed"]
    assert look(closed) == ["old-probed"]
    assert closed.secret().old.reappeared == ()
    assert "old-value-reappeared" in look(closed, PLACE)


def test_one_reopening_says_both_that_it_lives_and_that_it_stands_somewhere(closed):
    assert look(closed, PLACE, liveness="live")[1:] == ["old-value-reappeared", "incident-reopened"]
    assert "was accepted again and is back in" in closed.log[-1].event.reason


def test_while_the_incident_is_open_nothing_reappears():
    story = Story(declaration())
    story.work(only={Op.CAPTURE, Op.SNAPSHOT, Op.REVOKE})
    claim = story.begin(Op.PROVE)
    seen = replace(story.world.answer(story.incident, claim), standing=(PLACE,))
    assert [e.kind_of(event) for event in story.finish(claim, seen)] == ["old-probed"]
    assert story.secret().old_state is m.Old.REVOKING


def test_harvested_keys_are_tried_again_for_a_month(closed):
    end = closed.incident.closed.at
    closed.run(31 * 24 * 3600)
    looks = [r.at - end for r in closed.log if isinstance(r.event, e.OldProbed) and r.at > end]
    assert [(round(after / timedelta(minutes=15)) * timedelta(minutes=15)) for after in looks] == list(AFTER_CLOSE)
    assert looks[-1] >= timedelta(days=30)


def test_a_value_that_answers_after_three_weeks_opens_the_incident_again(closed):
    closed.run(21 * 24 * 3600)
    assert closed.secret().old.probes_after_close == 5
    assert look(closed, liveness="live") == ["old-probed", "incident-reopened"]


def test_what_people_read_of_these_times_is_what_is_done():
    hours = [after / timedelta(hours=1) for after in AFTER_CLOSE]
    assert hours == [0.25, 1, 24, 7 * 24, 14 * 24, 30 * 24]
    assert AFTER_CLOSE_WORDS == "15 minutes, 1 hour, 24 hours, 7, 14 and 30 days"
    for text in (Path("docs/operations.md"), Path("playbooks/secret-compromise.yaml")):
        assert AFTER_CLOSE_WORDS in " ".join(text.read_text().split())


def test_the_worker_forgets_an_incident_only_after_the_last_look():
    longest = max(after - before for before, after in pairwise(AFTER_CLOSE))
    assert longest + timedelta(days=30) < FORGOTTEN_AFTER
