"""With a leaked bot token anyone can post, rewrite the card and publish home tabs: what is pressed there consents to
nothing. Only a form that the bot drew from state, for the trigger of a press, does, and to what it showed.
"""

import pytest
from sqlalchemy import text

from bot.asks import ASKS
from bot.drill.fakes.slack import read
from bot.inbox.wire import KINDS
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.approval.basis import kill_allowed
from bot.incident.approval.plan import plan_of
from bot.incident.lanes import old_lane
from bot.incident.model import BOT
from bot.incident.operations import Op, Work
from bot.model.keys import KeyRef
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.listeners.app_context import SHOWN_FIRST
from bot.slack.listeners.buttons import COMMANDS
from tests.slack.test_listeners import declare, fill, form, shown, wait_for
from tests.slack.test_walk import Five, not_done

NAME = "database-url"
"""Its end cannot be undone and stops the product: two people are needed."""
KEYS = (KeyRef("one"), KeyRef("two"))


@pytest.fixture
def world(tmp_path):
    made = Five(tmp_path)
    yield made
    made.stop()


def worked(world, incident, op, lane, outcome=None):
    """An operation of the machine's, with what came of it."""
    work = Work(op, lane, NAME, world.clock())
    give = world.event_log.execute
    give(incident, c.Envelope(f"b-{op}-{world.clock()}", world.clock(), BOT, c.Begin(work, "w1")))
    if outcome is not None:
        claim = world.incidents.load(incident).claims
        give(incident, c.Envelope(f"f-{op}-{world.clock()}", world.clock(), BOT, c.Finish(outcome(claim), lane)))


def asked(world):
    """An incident that ada declared, in which the kill waits for a second person."""
    declare(world, world.ada, secrets=(NAME,))
    incident = wait_for(world.incidents.summaries)[0].incident
    captured = lambda n: e.OldCaptured(n, NAME, "f" * 12, {"/production/database-url": 1}, True, KEYS)  # noqa: E731
    worked(world, incident, Op.CAPTURE, old_lane(NAME), captured)
    world.event_log.execute(incident, c.Envelope("tick", world.clock(), BOT, c.Tick()))
    assert world.incidents.load(incident).request is not None
    return incident


def values(world, incident):
    """What real buttons of this incident carry, and more."""
    state = world.incidents.load(incident)
    digests = (state.request.digest, plan_of(state, state.secrets[NAME], at_once=True).digest)
    return [ButtonValue(incident, subject, digest).encode() for subject in (NAME, "1") for digest in digests]


def given(world):
    """The kinds of commands that have reached the inbox."""
    with world.event_log.database.reading() as connection:
        return [KINDS[kind] for (kind,) in connection.execute(text("SELECT command FROM commands"))]


def allowed(world, incident):
    state = world.incidents.load(incident)
    return kill_allowed(state, state.secrets[NAME], state.last_at)


def test_no_button_that_is_pressed_anywhere_gives_a_consent(world):
    incident = asked(world)
    before = given(world)
    home = {"type": "home", "id": "V1", "private_metadata": ButtonValue(incident, NAME).encode()}
    modal = home | {"type": "modal", "callback_id": ActionId.PLAN}
    for value in values(world, incident)[:2]:
        for act in (*ActionId, *(ask.act for ask in ASKS)):
            assert world.press(world.bob, act, value).status in {200, 404}  # what has no listener is not heard
        for act in (ActionId.KILL, ActionId.APPROVE, ActionId.APPROVE_PROPOSAL, "replace", ActionId.CLOSE):
            for view in (home, modal):
                assert world.press(world.bob, act, value, view=view).ok
    world.stop_listening()
    assert not [kind for kind in given(world)[len(before) :] if issubclass(kind, SHOWN_FIRST)]
    assert not allowed(world, incident)


def test_no_button_stands_for_a_consent():
    made = {type(make(ButtonValue("i", "old:x", "d"))) for make in COMMANDS.values()}
    assert not [kind for kind in made if issubclass(kind, SHOWN_FIRST)]


def doughnuts(value):
    press = {"type": "button", "action_id": "kill", "value": value, "text": {"type": "plain_text", "text": "Yes!"}}
    words = {"type": "section", "text": {"type": "plain_text", "text": "Doughnuts at 4?"}}
    return [words, {"type": "actions", "elements": [press]}]


def test_a_forged_post_opens_the_form_of_what_it_would_do_and_does_nothing(world):
    incident = asked(world)
    channel = world.incidents.load(incident).channel or shown(world, incident)[0]
    value = ButtonValue(incident, NAME, "0" * 64).encode()
    posted = world.gateway.client.chat_postMessage(channel=channel, text="Doughnuts at 4?", blocks=doughnuts(value))
    assert world.driver.press(world.bob, channel, posted["ts"], "kill", value).ok
    view = form(world, world.bob, "kill")
    assert view["title"]["text"] == "Revoke Database"
    assert "PostgreSQL" in read(view["blocks"])
    assert not allowed(world, incident)
    assert fill(world, world.bob, "kill", {}).ok
    assert wait_for(lambda: allowed(world, incident))


def test_a_card_that_somebody_else_has_rewritten_agrees_to_nothing(world):
    incident = asked(world)
    channel, buttons = shown(world, incident)
    approve = next(button for (act, _), button in buttons.items() if act == "approve")
    card = world.driver.card(channel)
    block = {"type": "actions", "elements": [{"type": "button", "action_id": "approve", "value": approve.value,
                                              "text": {"type": "plain_text", "text": "I was there"}}]}  # fmt: skip
    world.gateway.client.chat_update(channel=channel, ts=card["ts"], text="Lunch?", blocks=[block])
    assert world.driver.press(world.bob, channel, card["ts"], "approve", approve.value).ok
    view = form(world, world.bob, "approve")
    assert (view["title"]["text"], view["submit"]["text"]) == ("Revoke Database", "Revoke")
    assert not allowed(world, incident)


def test_a_forged_home_tab_agrees_to_nothing(world):
    incident = asked(world)
    value = ButtonValue(incident, NAME).encode()
    world.gateway.client.views_publish(user_id=world.bob, view={"type": "home", "blocks": doughnuts(value)})
    home = world.driver.home_of(world.bob)
    assert world.driver.press_in_view(world.bob, home["id"], "kill", value).ok
    assert form(world, world.bob, "kill")["title"]["text"] == "Revoke Database"
    assert c.KillNow not in given(world)


def test_an_old_form_agrees_to_nothing_once_the_plan_is_another_one(world):
    incident = asked(world)
    for action, user in (("kill", world.bob), ("approve", world.cleo)):
        assert world.press(user, action, ButtonValue(incident, NAME).encode()).ok
        form(world, user, action)
    other = c.ChooseCandidate(NAME, "two")
    world.incidents.do(incident, other, world.people.by_slack(world.ada).actor, "other")
    assert fill(world, world.bob, "kill", {}).ok
    again = form(world, world.bob, "kill")
    assert "This changed since you saw it. Check it below, then decide. Press its button again." in read(
        again["blocks"]
    )
    assert not again.get("submit"), "a second tap on the same place consents to nothing"
    assert fill(world, world.cleo, "approve", {}).ok
    assert "changed since approval was requested" in not_done(world, world.cleo)
    assert not allowed(world, incident)


def test_a_form_of_another_incident_counts_for_nothing_here(world):
    incident = asked(world)
    state = world.incidents.load(incident)
    note = {"incident": incident, "subject": NAME, "digest": plan_of(state, state.secrets[NAME]).digest[::-1]}
    assert world.send_form(world.bob, "kill", note, {}).status == 200
    assert world.send_form(world.bob, "approve", note, {}).status == 200
    world.stop_listening()
    assert c.ApprovePlan not in given(world)
    assert not allowed(world, incident)
