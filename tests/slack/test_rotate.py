"""`/compromise rotate NAME…`: what may be typed, the plan shown first, and what its submission begins."""

import pytest

from bot.drill.fakes.slack import read
from bot.drill.fakes.slack.limits import check_view
from bot.errors import Misuse
from bot.incident.routine import Rotating
from bot.slack.listeners.rotate import RotationAsked, Typed, rotation_form, typed
from tests.slack.test_listeners import said, wait_for
from tests.support.rotations import ROTATION

PLACES = ("production", "staging")
OPENAI, STRIPE = "openai-api-key", "stripe-secret-key"


def test_what_may_be_typed_is_what_a_terminal_takes_and_an_environment_by_its_bare_name():
    meant = {
        f"{OPENAI} {STRIPE} staging": Typed((OPENAI, STRIPE), "staging"),
        f"{OPENAI} --environment=production --overlap 3h": Typed((OPENAI,), "production", overlap="3h"),
        "--due -e staging --dry-run": Typed(environment="staging", due=True),
        "\u2014owner \u201cAI team\u201d production": Typed(environment="production", owner="AI team"),
        f"{OPENAI} {OPENAI}": Typed((OPENAI,)),
        "": Typed(),
    }
    assert {words: typed(words.split(), PLACES) for words in meant} == meant


def test_what_is_none_of_it_is_said():
    for words, why in {
        "--ovrlap 3h": "mean --overlap?",
        "x --owner": "needs a value",
        'x --owner "AI': "not closed",
    }.items():
        with pytest.raises(Misuse, match=why):
            typed(words.split(), PLACES)


def test_the_form_shows_the_plan_and_offers_only_what_can_begin():
    asked = RotationAsked((OPENAI, STRIPE), "production", 3600.0)
    can = Rotating(OPENAI, overlap=3600.0, consent="ada and ben", agreed=True)
    waits = Rotating(STRIPE, waits="inc_a is at stripe: one at a time.")
    view = rotation_form(asked, [can, waits])
    assert check_view(view) == []
    assert view["submit"]["text"] == "Rotate 1 secret"
    assert "inc_a is at stripe" in read(view["blocks"])
    assert RotationAsked.decode(view["private_metadata"]) == asked
    nothing = rotation_form(asked, [waits])
    assert check_view(nothing) == []
    assert "submit" not in nothing
    with pytest.raises(Misuse, match="Ask for the rotation again"):
        RotationAsked.decode("{}")


def test_a_rotation_is_begun_in_slack_once_its_plan_was_shown_and_one_that_must_wait_is_refused_there(world):
    world.incidents.resolver.playbooks = {**world.incidents.resolver.playbooks, "rotation": ROTATION}
    assert world.driver.slash(world.ada, "/compromise", "rotate openai-api-ky production").ok
    assert said(world, world.ada, f"did you mean {OPENAI}")
    assert world.driver.slash(world.ada, "/compromise", f"rotate {OPENAI}").ok
    assert said(world, world.ada, "Say where")
    assert world.driver.slash(world.ada, "/compromise", f"rotate {OPENAI} production").ok
    view = wait_for(lambda: _form(world))
    shown = read(view["blocks"])
    assert "the bot makes the new key; the old one is revoked 1 d after the new one is in use" in shown
    assert world.event_log.open_incidents() == []
    assert world.driver.submit(world.ada, view["id"], {"because": "the audit asks"}).ok
    assert said(world, world.ada, f"rotates {OPENAI}")
    [run] = world.event_log.open_incidents()
    state = world.event_log.load(run)
    assert (state.routine, state.how_noticed, state.declared.name) == (True, "the audit asks", "ada")

    # Its form was open before that began: the worker decides, and says why not.
    assert world.driver.slash(world.ada, "/compromise", f"rotate {OPENAI} staging").ok
    assert wait_for(lambda: f"{run} is at openai: one at a time" in str(world.driver.view_of(world.ada)))


def _form(world):
    view = world.driver.view_of(world.ada)
    return view if view and "Planned rotation" in str(view["title"]) else None
