"""Actions allow: what no step of a playbook has, nobody can ask for, and the machine does none of it."""

import pytest

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.approval.plan import plan_of
from bot.incident.offers import available
from bot.incident.operations import OPERATIONS
from bot.model.playbooks import Action, Playbook, PlaybookStep
from tests.support.consents import SHOWN
from tests.support.incidents import DORA, Story, declaration, entry, wanted

NAME = "openai-api-key"
GATED = {row.op: row.needs for row in OPERATIONS.values() if row.needs}
"""What the machine does only where a step has one of these actions."""


def playbook(*without):
    steps = tuple(PlaybookStep(str(each), str(each), actions=(each,)) for each in Action if each not in without)
    return Playbook("p", "Written here", steps)


def done(story):
    return {record.event.claim.op for record in story.log if isinstance(record.event, e.OperationStarted)}


@pytest.mark.parametrize("strategy", m.Strategy)
def test_a_playbook_without_any_action_brings_nothing_about(strategy):
    story = Story(
        declaration(wanted(entry(), strategy), playbook=Playbook("p", "Only people", (PlaybookStep("a", "A"),)))
    )
    story.run(2 * story.incident.timings.overlap)
    assert not done(story) & GATED.keys()
    assert story.secret().old_state is m.Old.ALIVE
    assert story.incident.request is None
    assert not story.incident.alerts
    for body in (c.KillNow(NAME, SHOWN), c.BreakGlass({NAME: SHOWN}, "abuse")):
        assert "has the action revoke, so the bot does not do that" in story.refused(body, DORA)
    offered = {offer.kind for offer in available(story.incident, story.now) if not offer.blocked}
    assert not offered & {c.KillNow, c.BreakGlass, c.ApprovePlan, c.RequestReport}
    assert [step.does for step in plan_of(story.incident, story.secret()).steps] == ["keep-current"]


@pytest.mark.parametrize("action", Action)
def test_without_one_action_nothing_of_it_happens(action):
    story = Story(declaration(wanted(entry()), playbook=playbook(action))).run(600)
    assert not done(story) & {op for op, by in GATED.items() if not story.incident.playbook.allows(by)}


def test_revoking_alone_goes_on_without_the_rest():
    only = playbook(*(set(Action) - {Action.REVOKE, Action.PROVE}))
    story = Story(declaration(wanted(entry()), playbook=only)).run(600)
    assert story.secret().old_state is not m.Old.ALIVE
    assert story.secret().new_state is m.New.NONE
