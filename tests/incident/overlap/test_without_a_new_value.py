"""Where no new value is wanted nothing overlaps: no plan says so, and nobody agrees to it."""

import hashlib
import json
from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.approval.basis import MissingConsent, kill_basis, rests_on
from bot.incident.approval.plan import Does, plan_of
from bot.incident.lanes import old_lane
from bot.incident.offers import available, unblocked
from bot.incident.operations import Claim, Op
from bot.incident.overlap.rules import overlapping
from bot.incident.overlap.strategy import propose
from bot.model.secrets import Data, Kill, Outage
from tests.support.incidents import ANNA, BEN, CHLOE, Story, declaration, entry, wanted

NAME = "openai-api-key"
KILL_FIRST, OVERLAP = m.Strategy.KILL_FIRST, m.Strategy.OVERLAP
OLDER = m.Target(m.TargetKind.CONFIRMED, "", 1, current=False)
WAITED = (["keep-current"], ["wait", "900"], ["revoke"], ["prove"])
"""The steps of such a plan, as releases hashed them that wrote of an overlap there; and in words, as those before."""
WAITED_IN_WORDS = (
    "leave the current value alone: an older one leaked",
    "wait 15 minutes, both values accepted",
    "revoke the old key id-openai-api-key at openai",
    "prove that the old value is refused, twice, while a control passes",
)


def declared(strategy, secret=None, by=BEN):
    return Story(declaration(wanted(secret, strategy, replace=False, target=OLDER), public=False), by)


def revoked(story):
    return [recorded.at for recorded in story.log if isinstance(recorded.event, e.AccessRevoked)]


def as_recorded():
    """An overlap without a new value, as logs hold some: its key is known."""
    story = Story()
    for recorded in declared(OVERLAP).log:
        added = isinstance(recorded.event, e.SecretAdded)
        story.record(replace(recorded.event, strategy=OVERLAP) if added else recorded.event, recorded.actor)
    return story.work(only={Op.CAPTURE, Op.SNAPSHOT})


def approved(steps):
    """Ben has declared it, and chloe has agreed to a plan of these steps."""
    story = as_recorded()
    plan = {
        "incident": story.incident.id,
        "secret": NAME,
        "provider": "openai",
        "old_fingerprint": story.secret().old.fingerprint,
        "old_key_id": f"id-{NAME}",
        "parameters": [f"/production/{NAME}"],
        "strategy": "overlap",
        "replace": False,
        "consumers": ["checkout"],
        "steps": steps,
    }
    digest = hashlib.sha256(json.dumps(plan, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    until = story.now + timedelta(minutes=30)
    story.record(e.PlanApproved({NAME: digest}, until, CHLOE.recorded), "chloe")
    return story


def test_what_was_declared_to_live_on_ends_once_somebody_decides_that_and_not_before():
    story = declared(OVERLAP)
    story.run(2 * story.incident.timings.overlap)
    assert (story.secret().strategy, story.incident.request, revoked(story)) == (KILL_FIRST, None, [])
    assert Does.WAIT not in {step.does for step in plan_of(story.incident, story.secret()).steps}
    story.do(c.KillNow(NAME), ANNA)
    assert story.run(60).secret().old_state is m.Old.DEAD


@pytest.mark.parametrize("if_failing", m.IfFailing)
def test_nobody_proposes_that_it_lives_on(if_failing):
    story = declared(KILL_FIRST, entry(kill=Kill.IRREVERSIBLE, outage=Outage.DOWN)).run(10)
    said = story.refused(c.ChooseStrategy(NAME, OVERLAP, "let it live", if_failing), ANNA)
    assert said == f"{NAME} cannot overlap: no new value is wanted."
    offers = available(story.incident, story.now)
    assert not [each for each in unblocked(offers, c.ChooseStrategy) if each.command.strategy is OVERLAP]
    story.do(c.AskReplacement(NAME), ANNA)
    story.do(c.ChooseStrategy(NAME, OVERLAP, "let it live until then"), ANNA)
    story.agree(CHLOE)
    agreed = story.now
    story.run(2 * story.incident.timings.overlap)
    assert revoked(story)[0] >= agreed + timedelta(seconds=story.incident.timings.overlap)


@pytest.mark.parametrize(("strategy", "new", "kill"), list(product(m.Strategy, [True, False], [True, False])))
def test_a_plan_says_to_wait_exactly_where_the_kill_does(strategy, new, kill):
    story = Story(declaration(wanted(strategy=KILL_FIRST), public=False), BEN)
    now = story.secret()
    now = replace(now, strategy=strategy, kill=now.kill if kill else None, new=replace(now.new, wanted=new))
    waits = Does.WAIT in {step.does for step in plan_of(story.incident, now).steps}
    assert waits is overlapping(now)


@pytest.mark.parametrize("steps", [WAITED, WAITED_IN_WORDS])
def test_an_agreement_to_an_overlap_that_could_not_be_ends_nothing(steps):
    story = approved(steps).run(1200)
    basis = kill_basis(story.incident, story.secret(), story.now)
    assert isinstance(basis, MissingConsent)
    assert (basis.why, basis.given) == ("it was chosen to live on", ("ben",))
    assert revoked(story) == []
    story.approve(CHLOE)
    assert story.run(60).secret().old_state is m.Old.DEAD


@pytest.mark.parametrize("steps", [WAITED, WAITED_IN_WORDS])
def test_what_has_ended_on_such_an_agreement_still_rests_on_it(steps):
    story = approved(steps)
    claim = Claim(story.incident.claims + 1, Op.REVOKE, old_lane(NAME), NAME, 1, "w1")
    story.record(e.OperationStarted(claim))
    assert rests_on(story.secret().began_on) == "chloe and ben"
    assert rests_on(kill_basis(story.incident, story.secret(), story.now)) == "chloe and ben"


def test_an_older_value_that_leaked_is_proposed_to_be_killed_first():
    down = entry(outage=Outage.DOWN, data=Data.NONE)
    assert propose(down, public=False).strategy is OVERLAP
    proposed = propose(down, public=False, replace=False)
    assert (proposed.strategy, proposed.only) == (KILL_FIRST, True)
    assert proposed.reason == (
        "It is not known to be public, it opens no personal data, and no new value is wanted, so nothing can overlap: "
        "kill it first."
    )
