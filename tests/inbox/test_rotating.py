"""Planned rotations that people begin: one at a time at each provider, and none where an incident is at work."""

from datetime import UTC, datetime

import pytest

from bot.catalog.catalog import Catalog
from bot.cli.rotate import overlap_seconds
from bot.errors import Misuse
from bot.eventlog import open_event_log
from bot.inbox import Declaration, Incidents, SecretChoice
from bot.inbox.rotating import NotNow
from bot.incident import commands as c
from bot.incident.approval.proposals import proposal_digest
from bot.incident.closing.open_items import acceptable, left_digest
from bot.incident.model import Actor, Right
from bot.incident.refusals import Declined
from bot.model.timings import Timings
from tests.slack.conftest import catalog, entry, freeze
from tests.slack.states import PLAYBOOK
from tests.support.event_logs import SEAL
from tests.support.rotations import ROTATION

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
OPENAI, OTHER, STRIPE = "openai-api-key", "openai-batch-key", "stripe-secret-key"
CHLOE, BEN = Actor("chloe", frozenset(Right)), Actor("ben", frozenset(Right))
BOOKS = {"secret-compromise": PLAYBOOK, "rotation": ROTATION}


def worker(url):
    shipped = catalog()
    second = entry(OTHER, "OpenAI batch key", "production", "openai")
    known = Catalog(shipped.environments, (*shipped.entries, second), shipped.configuration)
    return Incidents(open_event_log(url, seal=SEAL), known, BOOKS, Timings(), freeze, lambda: NOW)


@pytest.fixture
def incidents(tmp_path):
    made = worker(f"sqlite:///{tmp_path / 'log.sqlite'}")
    yield made
    made.event_log.close()


def begin(incidents, name, command_id):
    return incidents.rotate(name, "production", CHLOE, command_id)


def leak(incidents, name):
    return incidents.declare(
        Declaration(environment="production", secrets=(SecretChoice(name),), how_noticed="a gist"), CHLOE, "leak"
    ).incident.id


def test_a_second_run_at_a_provider_is_refused_with_the_reason_and_when_it_can_begin(incidents):
    run = begin(incidents, OPENAI, "one").incident.id
    with pytest.raises(NotNow) as refused:
        begin(incidents, OTHER, "two")
    assert str(refused.value) == (
        f"{OTHER} cannot be rotated now: {run} is at openai: one at a time. It is expected to end by 2026-11-25 10:00 "
        f"UTC: begin this one then. If someone else may have the value, do not wait: bot declare {OTHER}."
    )
    assert incidents.event_log.open_incidents() == [run]
    assert begin(incidents, STRIPE, "three").incident.open


def test_nobody_overrules_an_incident_and_what_to_do_is_said(incidents):
    leaked = leak(incidents, OPENAI)
    with pytest.raises(Declined) as refused:
        begin(incidents, OTHER, "two")
    assert str(refused.value) == (
        f"{OTHER} cannot be rotated now: {leaked} is at openai: one at a time, and an incident goes first. It can "
        f"begin once {leaked} is closed. If others may have the value, add it there: bot incident add {leaked} {OTHER}."
    )
    assert begin(incidents, OPENAI, "joins").joined == (OPENAI,)


def test_a_command_that_came_twice_is_answered_with_its_run_whatever_began_since(incidents):
    first = begin(incidents, OPENAI, "one").incident.id
    again = begin(incidents, OPENAI, "one")
    assert (again.incident.id, again.repeated) == (first, True)


def test_a_declaration_that_comes_again_after_its_close_leaves_the_run_that_has_the_secret_since(incidents):
    first = leak(incidents, OPENAI)
    for step in incidents.load(first).steps:
        incidents.do(first, c.SkipStep(step.definition.id, "a drill"), CHLOE, f"skip {step.definition.id}")
    left = acceptable(incidents.load(first))
    items = tuple(item.key for item in left)
    proposal = incidents.do(first, c.Close("a drill", items, left_digest(left)), CHLOE, "close").incident.proposal
    digest = proposal_digest(incidents.load(first), proposal)
    assert not incidents.do(first, c.ApproveProposal(digest), BEN, "agree").incident.open
    run = begin(incidents, OPENAI, "one").incident.id
    declaration = Declaration(environment="production", secrets=(SecretChoice(OPENAI),), how_noticed="a gist")
    again = incidents.declare(declaration, CHLOE, "leak")
    assert (again.incident.id, again.repeated) == (first, True)
    assert incidents.event_log.open_incidents() == [run]


def test_the_plan_of_several_says_which_wait_and_for_what(incidents):
    runs = [incidents.resolver.rotation(name, "production") for name in (OPENAI, OTHER, STRIPE)]
    plans = [one for plan in incidents.foresee_rotations(runs, CHLOE) for one in plan]
    assert [one.begins for one in plans] == [True, False, True]
    assert f"the rotation of {OPENAI} is at openai: one at a time" in plans[1].waits
    leaked = leak(incidents, STRIPE)
    [waits] = incidents.foresee_rotations(runs[2:], CHLOE)
    assert waits[0].joined == leaked
    assert incidents.event_log.open_incidents() == [leaked]


@pytest.mark.parametrize(("text", "seconds"), [("30s", 30), ("90m", 5400), ("24h", 86400), ("3d", 259200)])
def test_an_overlap_is_as_long_for_each_command(text, seconds):
    assert overlap_seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "0h", "24", "h", "1.5h", "1w", "٣d"])
def test_nothing_else_is_the_length_of_an_overlap(text):
    with pytest.raises(Misuse, match="expected one like 90m, 24h or 3d"):
        overlap_seconds(text)
