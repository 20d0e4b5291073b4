"""Given a declaration: what the incident is, who has decided what by it, and what starts at once."""

import pytest

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.decide import decide
from bot.incident.evolve import evolve
from bot.incident.operations import Op
from bot.incident.overlap.strategy import incident_id, propose
from bot.model.keys import KEY_NAME_LENGTH, key_name
from bot.model.playbooks import Playbook
from bot.model.secrets import Data, Outage
from tests.support.incidents import ANNA, BOT_TOKEN, CHLOE, START, STRANGER, Story, declaration, entry, wanted

KILL, OVERLAP = m.Strategy.KILL_FIRST, m.Strategy.OVERLAP


def slots(events):
    return [event.secret for event in events if isinstance(event, e.KillRequested) and event.slot]


def kills(events):
    return [event.secret for event in events if isinstance(event, e.KillRequested)]


def four():
    return [wanted(entry(f"key-{n}")) for n in range(4)]


def test_a_declaration_gives_the_incident_its_secrets_and_opens_its_steps():
    story = Story()
    events = story.do(declaration(), ANNA)
    assert [e.kind_of(event) for event in events] == [
        "incident-declared",
        "secret-added",
        "kill-requested",
    ]
    assert story.incident.declared.name == "anna"
    states = [step.state for step in story.incident.steps]
    assert states == [m.StepState.OPEN] * 3 + [m.StepState.WAITING] * 4
    assert story.ops() >= {(Op.CAPTURE, "openai-api-key"), (Op.OPEN_CHANNEL, story.incident.id)}


def test_a_second_declaration_of_the_same_incident_changes_nothing():
    story = Story(declaration())
    assert story.do(declaration()) == ()


def test_nothing_else_can_be_asked_of_what_does_not_exist():
    with pytest.raises(ValueError, match="no such incident"):
        decide(None, c.Envelope("c", START, ANNA, c.AddNote("x")))
    with pytest.raises(ValueError, match="begins with its declaration"):
        evolve(None, e.Recorded(1, START, "anna", e.NoteAdded("x")))


def test_an_incident_is_declared_once():
    story = Story(declaration())
    with pytest.raises(ValueError, match="declared once"):
        story.record(story.log[0].event)


@pytest.mark.parametrize(
    ("declare", "by", "expected"),
    [
        (declaration(*four()[:3]), ANNA, ["key-0", "key-1", "key-2"]),
        (declaration(*four()), ANNA, ["key-0", "key-1", "key-2", "key-3"]),
        (declaration(*four(), environment="staging"), ANNA, ["key-0", "key-1", "key-2", "key-3"]),
        (declaration(), STRANGER, []),
        (declaration(wanted(strategy=OVERLAP)), ANNA, []),
        (declaration(wanted(), wanted()), ANNA, ["openai-api-key"]),
    ],
    ids=["three", "four in production", "four in staging", "a stranger", "overlap", "named twice"],
)
def test_who_declares_kill_first_has_decided_to_kill_and_three_rest_on_one_person(declare, by, expected):
    story = Story()
    events = story.do(declare, by)
    assert kills(events) == expected
    assert slots(events) == expected[:3]
    assert len([x for x in events if isinstance(x, e.SecretAdded)]) == len(story.incident.secrets)


def test_a_playbook_can_have_no_steps():
    empty = Story(declaration(playbook=Playbook("x", "X", ())))
    assert empty.incident.steps == ()


def test_a_secret_is_added_once_and_its_kill_is_decided_with_it():
    story = Story(declaration())
    events = story.do(c.AddSecret(wanted(entry("redis"))), CHLOE)
    assert kills(events) == ["redis"]
    assert kills(story.do(c.AddSecret(wanted(entry("sendgrid"), OVERLAP)), CHLOE)) == []
    assert "was added by chloe at 03:00:00 UTC" in story.refused(c.AddSecret(wanted(entry("redis"))))


def test_a_key_in_the_reason_of_a_strategy_is_not_recorded():
    story = Story(declaration(wanted(reason=f"I found {BOT_TOKEN} there")))
    assert BOT_TOKEN not in story.secret().strategy_reason


def test_incident_ids_are_derived_from_the_command():
    assert incident_id("c1") == incident_id("c1")
    assert incident_id("c1") != incident_id("c1", 1)
    assert len(incident_id("c1")) == 10
    assert incident_id("c1").startswith("inc_")


@pytest.mark.parametrize(
    ("data", "outage", "public", "strategy"),
    [
        (Data.NONE, Outage.NONE, False, KILL),
        (Data.NONE, Outage.DEGRADED, False, OVERLAP),
        (Data.NONE, Outage.DOWN, False, OVERLAP),
        (Data.NONE, Outage.DOWN, True, KILL),
        (Data.CHILDREN, Outage.DOWN, False, KILL),
    ],
)
def test_the_proposal_weighs_harm_against_outage(data, outage, public, strategy):
    proposed = propose(entry(data=data, outage=outage, if_killed="Mail stops."), public=public)
    assert proposed.strategy is strategy
    assert "(Mail stops)" in proposed.reason


def test_key_names_fit_every_provider():
    long = key_name("inc_abcdef", "a-very-long-name-of-a-secret-" * 5, 123)
    assert len(long) <= KEY_NAME_LENGTH
    assert long.startswith("inc_abcdef_")
    assert key_name("inc_abcdef", "openai-api-key", 1) == "inc_abcdef_openai_api_key_1"


def test_what_is_public_by_design_does_no_harm_by_being_public():
    entry_ = entry(public_by_design=True, outage=Outage.DEGRADED)
    proposed = propose(entry_, public=True)
    assert proposed.strategy is m.Strategy.OVERLAP
    assert proposed.reason.startswith("It is public by design, it gives no access to personal data")
    assert propose(entry(outage=Outage.DEGRADED), public=True).strategy is m.Strategy.KILL_FIRST
