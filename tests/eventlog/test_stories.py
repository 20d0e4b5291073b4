"""Logs that earlier releases wrote say today what they said then, whatever has become of the classes."""

import json

import pytest

from bot.eventlog import Damaged
from bot.eventlog.verify import verify_incident
from bot.incident import events as e
from bot.incident.schedule import agenda
from bot.phrases.events import sentence
from tests.support.event_logs import SEAL, open_test_log
from tests.support.facts import facts
from tests.support.stories import RELEASES, STORIES, UNSEALED, facts_of, put, story

MEANT = {"half-killed", "overlap-asked", "overlap-approved", "glass-broken", "attested", "by-hand", "closed",
         "after-care", "reopened"}  # fmt: skip


@pytest.mark.parametrize("release", RELEASES)
def test_a_release_has_told_every_story(release):
    assert {name for each, name in STORIES if each == release} == MEANT


@pytest.mark.parametrize(("release", "name"), STORIES)
def test_it_says_what_it_said(sqlite_url, release, name):
    event_log = open_test_log(sqlite_url, seal=None if release in UNSEALED else SEAL)
    incident = put(event_log, story(release, name))
    state, log = event_log.load(incident), event_log.events(incident)
    assert verify_incident(event_log, incident).ok
    assert json.loads(json.dumps(facts(state, log))) == facts_of(release, name)
    for recorded in log:
        sentence(recorded, state)  # each can be told in the report
    (summary,) = event_log.incidents()
    assert (summary.state == "open") is facts_of(release, name)["open"]
    assert list(agenda(state, state.last_at)), "there is something to do, late looks at dead values at least"
    event_log.close()


@pytest.mark.parametrize("name", sorted(MEANT))
def test_a_log_without_seals_waits_for_somebody_who_vouches_for_it(sqlite_url, name):
    event_log = open_test_log(sqlite_url)
    incident = put(event_log, story("a48b750", name))
    with pytest.raises(Damaged, match="`bot log seal"):
        event_log.load(incident)
    looked = event_log.look(incident)
    log = [row.recorded() for row in event_log.rows(incident)]
    assert json.loads(json.dumps(facts(looked.incident, log))) == facts_of("a48b750", name)
    event_log.close()


def test_the_kinds_in_them_are_known_by_their_stored_names():
    assert {row.kind for each in STORIES for row in story(*each)} <= set(e.KINDS)
