"""Where no new key is wanted nothing overlaps: no plan says so, and nobody agrees to it."""

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.approval.plan import Does, plan_of
from bot.incident.offers import available, unblocked
from bot.incident.overlap.rules import overlapping
from bot.incident.overlap.strategy import propose
from bot.model.secrets import Data, Kill, Outage
from tests.support.consents import SHOWN
from tests.support.incidents import ANNA, BEN, CHLOE, Story, declaration, entry, wanted

NAME = "openai-api-key"
KILL_FIRST, OVERLAP = m.Strategy.KILL_FIRST, m.Strategy.OVERLAP
OLDER = m.Target(m.TargetKind.CONFIRMED, "", 1, current=False)


def declared(strategy, secret=None, by=BEN):
    return Story(declaration(wanted(secret, strategy, replace=False, target=OLDER), public=False), by)


def revoked(story):
    return [recorded.at for recorded in story.log if isinstance(recorded.event, e.AccessRevoked)]


def test_what_was_declared_to_live_on_ends_once_somebody_decides_that_and_not_before():
    story = declared(OVERLAP)
    story.run(2 * story.incident.timings.overlap)
    assert (story.secret().strategy, story.incident.request, revoked(story)) == (KILL_FIRST, None, [])
    assert Does.WAIT not in {step.does for step in plan_of(story.incident, story.secret()).steps}
    story.do(c.KillNow(NAME, SHOWN), ANNA)
    assert story.run(60).secret().old_state is m.Old.DEAD


def test_nobody_proposes_that_it_lives_on():
    story = declared(KILL_FIRST, entry(kill=Kill.IRREVERSIBLE, outage=Outage.DOWN)).run(10)
    said = story.refused(c.ChooseStrategy(NAME, OVERLAP, "let it live"), ANNA)
    assert said == f"{NAME} cannot be replaced first: no new key is wanted."
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


def test_an_older_value_that_leaked_is_proposed_to_be_killed_first():
    down = entry(outage=Outage.DOWN, data=Data.NONE)
    assert propose(down, public=False).strategy is OVERLAP
    proposed = propose(down, public=False, replace=False)
    assert (proposed.strategy, proposed.only) == (KILL_FIRST, True)
    assert proposed.reason == (
        "It is not known to be public, it gives no access to personal data, and no new key is wanted: revoke it first."
    )
