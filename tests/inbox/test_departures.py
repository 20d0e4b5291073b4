"""Departures that are begun beside other incidents and runs: what those have is left to them, and owed in words."""

from datetime import UTC, datetime

import pytest

from bot.catalog.departures import Departure, Planned
from bot.errors import Misuse
from bot.eventlog import open_event_log
from bot.inbox import Declaration, Incidents, SecretChoice
from bot.inbox.declaration import declared
from bot.incident.closing.open_items import open_items
from bot.incident.departure.schedule import schedule
from bot.incident.model import Actor, LeftAlone, Right, WhyLeft
from bot.incident.operations import Op
from bot.model.timings import Timings
from bot.trust import Distrusted
from tests.slack.conftest import catalog, freeze
from tests.slack.states import PLAYBOOK
from tests.support.databases import empty_log
from tests.support.departures import DEPARTURE
from tests.support.event_logs import SEAL
from tests.support.rotations import ROTATION

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
OPENAI, STRIPE = "openai-api-key", "stripe-secret-key"
CHLOE = Actor("chloe", frozenset(Right))
BOOKS = {"secret-compromise": PLAYBOOK, "rotation": ROTATION, "departure": DEPARTURE}


@pytest.fixture
def incidents(tmp_path):
    event_log = open_event_log(empty_log(tmp_path / "log.sqlite"), seal=SEAL)
    made = Incidents(event_log, catalog(), BOOKS, Timings(), freeze, lambda: NOW)
    for name in ("mallory", "eve"):
        event_log.trust.append(lambda _state, name=name: left(name), at=NOW, actor="chloe", command_id=f"left-{name}")
    yield made
    event_log.close()


def left(name):
    return Distrusted(name, "last day", (f"arn:aws:iam::111122223333:user/{name}",), left=True)


def leaves(incidents, *names, command_id="leaves", who="mallory", environment="production"):
    planned = tuple(Planned(name, (f"{who} owned it",)) for name in names)
    return incidents.declare(declared(who, Departure(environment, planned)), CHLOE, command_id)


def rotate(incidents, name):
    return incidents.rotate(name, "production", CHLOE, f"rotate-{name}").incident.id


def test_with_all_of_it_in_other_runs_it_is_begun_all_the_same_asks_what_they_can_read_and_owes_it(incidents):
    runs = {name: rotate(incidents, name) for name in (OPENAI, STRIPE)}
    reply = leaves(incidents, OPENAI, STRIPE)
    assert (reply.joined, reply.refused) == ((OPENAI, STRIPE), "")
    run = reply.incident
    assert (dict(run.secrets), run.departure.leaver.name) == ({}, "mallory")
    assert run.left_alone == tuple(LeftAlone(name, WhyLeft.ELSEWHERE, where) for name, where in runs.items())
    assert [work.op for work in schedule(run, NOW)] == [Op.LOOK_UP_LEAVER]
    assert run.tasks
    owed = {item.key: item.words for item in open_items(run)}
    assert owed[f"left-alone:{OPENAI}"] == (
        f"{OPENAI}: in {runs[OPENAI]}, which does not wait until mallory can no longer read it"
    )
    assert incidents.event_log.load(run.id) == run


def test_what_is_free_is_in_it_and_the_rest_is_owed(incidents):
    run = rotate(incidents, OPENAI)
    begun = leaves(incidents, OPENAI, STRIPE).incident
    assert list(begun.secrets) == [STRIPE]
    assert begun.left_alone == (LeftAlone(OPENAI, WhyLeft.ELSEWHERE, run),)


def test_an_incident_of_which_slack_is_to_know_nothing_is_not_named(incidents):
    leaked = Declaration(
        environment="production", secrets=(SecretChoice(OPENAI),), how_noticed="a gist", out_of_slack=True
    )
    hidden = incidents.declare(leaked, CHLOE, "leaked").incident.id
    run = leaves(incidents, OPENAI).incident
    assert run.left_alone == (LeftAlone(OPENAI, WhyLeft.ELSEWHERE),)
    [owed] = [item.words for item in open_items(run) if item.key == f"left-alone:{OPENAI}"]
    assert owed == f"{OPENAI}: in another incident, which does not wait until mallory can no longer read it"
    assert hidden not in owed


def test_with_nothing_planned_it_is_begun_so_that_it_asks(incidents):
    begun = leaves(incidents)
    assert begun.events
    assert (dict(begun.incident.secrets), begun.incident.title) == ({}, "mallory leaves")
    assert begun.incident.timings.overlap == incidents.resolver.overlap


def test_a_second_time_it_is_the_same_run_and_nobody_else_s(incidents):
    first = leaves(incidents, OPENAI).incident.id
    for names in ([OPENAI], []):
        again = leaves(incidents, *names, command_id=f"again{names}")
        assert (again.incident.id, again.events, again.joined) == (first, (), tuple(names))
    repeated = leaves(incidents, OPENAI)
    assert (repeated.incident.id, repeated.repeated) == (first, True)
    more = leaves(incidents, OPENAI, STRIPE, command_id="more").incident
    assert (list(more.secrets), more.left_alone) == ([STRIPE], ())
    other = leaves(incidents, OPENAI, who="eve", command_id="eve").incident
    assert other.left_alone == (LeftAlone(OPENAI, WhyLeft.ELSEWHERE, first),)
    assert leaves(incidents, environment="staging", command_id="staging").events


def test_a_run_without_secrets_is_the_same_at_a_second_delivery(incidents):
    first = leaves(incidents)
    again = leaves(incidents)
    assert (again.incident.id, again.repeated) == (first.incident.id, True)


def test_anything_else_names_a_secret(incidents):
    for book in ("rotation", "secret-compromise"):
        with pytest.raises(Misuse, match="at least one secret"):
            incidents.declare(
                Declaration(environment="production", secrets=(), how_noticed="a gist", playbook=book), CHLOE, book
            )
    first = incidents.declare(
        Declaration(environment="production", secrets=(SecretChoice(OPENAI),), how_noticed="a gist"), CHLOE, "one"
    )
    second = incidents.declare(
        Declaration(environment="production", secrets=(SecretChoice(OPENAI),), how_noticed="a gist"), CHLOE, "two"
    )
    assert (second.incident.id, second.joined) == (first.incident.id, (OPENAI,))
