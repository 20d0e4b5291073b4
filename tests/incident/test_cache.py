"""What is kept of a secret is what would be worked out anew, and is worked out again no oftener than it has to be."""

from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given

from bot.incident import offers, schedule
from bot.incident.cache import Kept
from bot.incident.lanes import Lane, LaneKind, old_lane
from bot.incident.state import LaneState
from tests.incident.test_offers import RUNS, Busy
from tests.support.incidents import START, Story, declaration, entry, wanted
from tests.support.searches import search

SECOND = timedelta(seconds=1)
MOMENTS = (timedelta(), SECOND, timedelta(minutes=20), timedelta(hours=2), timedelta(days=2))


@contextmanager
def nothing_kept():
    kept = offers._OF_SECRETS, schedule._WANTED
    offers._OF_SECRETS, schedule._WANTED = Kept(offers._of_secret), Kept(schedule._wanted)
    try:
        yield
    finally:
        offers._OF_SECRETS, schedule._WANTED = kept


def seen(incident, now):
    return list(schedule.agenda(incident, now)), offers.available(incident, now), offers.urged(incident, now)


@search(10)
@given(**{name: numbers for name, numbers in RUNS.items() if name != "asked"})
def test_what_is_kept_is_what_would_be_worked_out_anew_whatever_happens(seed, happenings):
    run = Busy(seed)
    for number in happenings:
        run.happen(number)
        now = run.now + MOMENTS[number % len(MOMENTS)]
        found = seen(run.incident, now)
        with nothing_kept():
            assert found == seen(run.incident, now)
        assert {type(work.ready_at) for work in found[0]} <= {datetime}


@search(10)
@given(**{name: numbers for name, numbers in RUNS.items() if name != "asked"})
def test_what_a_lane_does_next_is_what_the_agenda_has_first_of_it(seed, happenings):
    run = Busy(seed)
    for number in happenings:
        run.happen(number)
        incident, now = run.incident, run.now + MOMENTS[number % len(MOMENTS)]
        first = {work.lane: work for work in schedule.pending(incident, now)}
        of_secrets = {Lane(kind, name) for kind in LaneKind for name in ("", *incident.secrets)}
        for lane in of_secrets | first.keys() | incident.lanes.keys():
            assert schedule.next_in(lane, incident, now) == first.get(lane), lane


def test_of_what_is_urged_nothing_is_left_out_but_what_is_merely_possible_with_a_secret():
    story = Story(declaration(wanted(), wanted(entry("stripe-key"))))
    every = offers.available(story.incident, story.now)
    left = [offer for offer in every if not offer.secret or offer.urgency < offers.Urgency.POSSIBLE]
    assert offers.urged(story.incident, story.now) == left
    assert len(left) < len(every)


class Counted:
    """Looks at a secret as it is told to, and counts."""

    def __init__(self, look=lambda *_: None) -> None:
        self.asked, self.look = [], look
        self.kept = Kept(self.work)

    def work(self, incident, secret, now, beside):
        self.asked.append(secret.name)
        return secret.name, self.look(incident, secret, now, beside)

    def names(self, incident, now=START, beside=None):
        """Those that were worked out by this look."""
        before = len(self.asked)
        assert [name for name, _ in self.kept.of(incident, now, beside)] == list(incident.secrets)
        return self.asked[before:]


@pytest.fixture(scope="module")
def incident():
    return Story(declaration(*(wanted(entry(name)) for name in ("a-key", "b-key", "c-key")))).incident


def changed(incident, name):
    secret = incident.secrets[name]
    return replace(incident, secrets={**incident.secrets, name: replace(secret, strategy_reason="other")})


def test_only_a_secret_that_changed_is_looked_at_again(incident):
    counted = Counted()
    assert counted.names(incident) == ["a-key", "b-key", "c-key"]
    assert counted.names(replace(incident, seq=99), START + SECOND) == []
    assert counted.names(changed(incident, "b-key")) == ["b-key"]


def test_what_was_read_of_the_incident_is_looked_at_again_where_it_changes(incident):
    counted = Counted(lambda incident, *_: incident.open)
    counted.names(incident)
    assert counted.names(replace(incident, halted="stop", seq=99)) == []
    assert len(counted.names(replace(incident, closed=incident.declared))) == 3


def test_an_entry_that_was_read_counts_and_no_other_does(incident):
    counted = Counted(lambda incident, secret, *_: incident.lane(old_lane(secret.name)))
    counted.names(incident)
    lanes = {**incident.lanes, old_lane("c-key"): LaneState()}
    assert counted.names(replace(incident, lanes=lanes)) == ["c-key"]


def test_where_a_mapping_is_read_as_a_whole_nothing_is_kept(incident):
    counted = Counted(lambda incident, *_: [other.name for other in incident.secrets.values()])
    counted.names(incident)
    assert len(counted.names(incident)) == 3


def test_an_empty_mapping_that_was_read_as_a_whole_is_looked_at_again_once_it_has_something(incident):
    counted = Counted(lambda incident, *_: list(incident.tasks))
    assert not incident.tasks
    counted.names(incident)
    assert counted.names(incident) == []
    assert len(counted.names(replace(incident, tasks={"t1": None}))) == 3


@pytest.mark.parametrize(
    "look",
    [
        lambda now, at: now < at,
        lambda now, at: now <= at,
        lambda now, at: at < now,
        lambda now, at: at <= now,
        lambda now, at: max(at, at + SECOND) > now,
        lambda now, at: at == now,
    ],
)
def test_a_result_holds_until_the_time_stands_otherwise_to_what_it_was_compared_with(incident, look):
    at = START + 10 * SECOND
    counted = Counted(lambda _incident, _secret, now, _beside: look(now, at))
    for seconds in (0, 9, 10, 11, 12, 9):
        now = START + seconds * SECOND
        assert [result for _, result in counted.kept.of(incident, now)] == [look(now, at)] * 3
    counted.names(incident, START)
    assert counted.names(incident, START + SECOND) == []


@pytest.mark.parametrize(
    "look",
    [
        lambda now: now + SECOND,
        lambda now: SECOND + now,
        lambda now: now - SECOND,
        lambda now: now - START,
        lambda now: START - now,
        lambda now: f"{now:%H:%M:%S}",
        str,
        repr,
        hash,
        lambda now: now.isoformat(),
        lambda now: now.timestamp(),
        lambda now: now.second,
    ],
)
def test_whoever_reckons_with_the_time_has_a_result_of_this_very_moment(incident, look):
    counted = Counted(lambda _incident, _secret, now, _beside: look(now))
    for seconds in range(3):
        now = START + seconds * SECOND
        assert counted.kept.of(incident, now) == [(name, look(now)) for name in incident.secrets]
        assert all(type(result) is type(look(now)) for _, result in counted.kept.of(incident, now))


def test_what_was_found_beforehand_counts_by_its_value(incident):
    counted = Counted(lambda _incident, secret, _now, beside: beside.get(secret.name))
    counted.names(incident, beside={"a-key": frozenset({1})})
    assert counted.names(incident, beside={"a-key": frozenset({1}), "x": 2}) == []
    assert counted.names(incident, beside={"a-key": frozenset({2})}) == ["a-key"]


def test_the_incidents_that_were_looked_at_last_are_kept(incident, monkeypatch):
    monkeypatch.setattr("bot.incident.cache.MOST", 10)
    counted, many = Counted(), 4
    for number in range(many):
        counted.names(replace(incident, id=f"inc_{number}"))
    assert counted.names(replace(incident, id=f"inc_{many - 1}")) == []
    assert counted.names(replace(incident, id="inc_1")) == []
    assert len(counted.names(replace(incident, id="inc_0"))) == 3


def test_one_incident_is_kept_whatever_its_size(incident, monkeypatch):
    monkeypatch.setattr("bot.incident.cache.MOST", 2)
    counted = Counted()
    counted.names(incident)
    assert counted.names(incident) == []
    counted.names(replace(incident, id="inc_other"))
    assert len(counted.names(incident)) == 3
