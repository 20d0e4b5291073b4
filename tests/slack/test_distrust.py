"""What Slack is not to know, and how its faces say whose word counts."""

import json
from dataclasses import replace

import pytest
from sqlalchemy import delete

from bot.drill.fakes.slack import read
from bot.eventlog.tables import EVENTS
from bot.inbox import Declaration, SecretChoice
from bot.incident import commands as c
from bot.incident.model import BOT, Right
from bot.incident.overlap.strategy import incident_id
from bot.slack.channel_messages import News
from bot.slack.incident_card import incident_card
from bot.slack.listeners.home import home_tab
from bot.slack.modals.asked import ASKED_FORMS
from bot.trust import Distrust, Distrusted, decide
from tests.slack import test_listeners as asked
from tests.slack.conftest import entry
from tests.slack.test_listeners import declared, kinds, press, press_in, said, shown, wait_for
from tests.support.rotations import ROTATION

HIDDEN = "This cannot be done from Slack"


def without_slack(world, command_id="d"):
    ada = world.people.by_slack(world.ada).actor
    declaration = Declaration(
        environment="production", secrets=(SecretChoice("openai-api-key"),), how_noticed="x", out_of_slack=True
    )
    return world.incidents.declare(declaration, ada, command_id).incident.id


def distrust_slack(world):
    ada = world.people.by_slack(world.ada).actor
    world.event_log.trust.append(
        lambda state: decide(state, Distrust("slack", "taken over"), ada, world.clock()),
        at=world.clock(), actor="ada", command_id="t", settle=lambda _connection: None,
    )  # fmt: skip


@pytest.mark.parametrize("word", ["show {}", "todo {}", "revoke {} openai-api-key", "note {} hello", "close {}"])
def test_no_word_after_the_command_tells_of_an_incident_without_slack(world, word):
    incident = without_slack(world)
    before = kinds(world, incident)
    assert world.driver.slash(world.ada, "/compromise", word.format(incident)).ok
    (answer,) = said(world, world.ada, HIDDEN)
    assert "openai" not in answer
    assert kinds(world, incident) == before


def test_neither_list_nor_home_does(world):
    incident = without_slack(world)
    assert world.driver.slash(world.ada, "/compromise", "list").ok
    assert said(world, world.ada, "No open incident.")
    assert world.driver.open_home(world.ada).ok
    home = json.dumps(wait_for(lambda: world.driver.home_of(world.ada)))
    assert incident not in home
    assert "No open incident" in home


def test_the_form_of_a_declaration_names_nothing_that_is_kept_from_slack(world):
    incident = without_slack(world)
    assert world.driver.slash(world.ada, "/compromise").ok
    view = wait_for(lambda: world.driver.view_of(world.ada))
    world.driver.press_in_view(world.ada, view["id"], "secrets", ["openai-api-key"], values={"how_noticed": "x"})
    assert said(world, world.ada, HIDDEN)
    assert incident not in json.dumps(world.driver.state())
    assert incident not in json.dumps(world.driver.view_of(world.ada))


def test_nor_does_it_open_once_slack_is_not_trusted(world):
    incident = declared(world)
    view = wait_for(lambda: world.driver.view_of(world.ada))
    world.driver.close(world.ada, view["id"])
    distrust_slack(world)
    assert world.driver.slash(world.ada, "/compromise").ok
    assert said(world, world.ada, HIDDEN)
    assert incident not in json.dumps(world.driver.view_of(world.ada))


@pytest.mark.parametrize("name", ["openai-api-key", "openai-batch-key"])
def test_nor_does_a_planned_rotation_of_the_same_secret_or_at_the_same_provider(world, name):
    resolver = world.incidents.resolver
    resolver.playbooks = {**resolver.playbooks, "rotation": ROTATION}
    sibling = entry("openai-batch-key", "OpenAI batch key", "production", "openai")
    resolver.catalog = replace(resolver.catalog, entries=(*resolver.catalog.entries, sibling))
    incident = without_slack(world)
    inbox, command_id = world.inbox, f"rotate-{name}"
    answer = inbox.client.ask(
        incident_id(command_id), resolver.rotation(name, "production"), inbox.by_slack(world.ada), command_id
    )
    assert answer.reason.startswith(HIDDEN)
    assert incident not in json.dumps(world.driver.state())


def test_a_button_drawn_before_slack_lost_trust_does_nothing(world):
    incident = declared(world)
    shown(world, incident)
    distrust_slack(world)
    tell = c.TellTrust(1, "d" * 64, (), False)
    world.event_log.execute(incident, c.Envelope("tell", world.clock(), BOT, tell))
    before = kinds(world, incident)
    channel = world.incidents.load(incident).channel
    button = next(b for b in world.driver.buttons(channel) if b.action_id == "todos")
    assert world.driver.press(world.ada, channel, button.ts, button.action_id, button.value).ok
    assert said(world, world.ada, HIDDEN)
    assert kinds(world, incident) == before


def test_a_form_tells_nothing_of_its_rules_either(world):
    from bot.slack.listeners.app_context import AppContext
    from bot.slack.listeners.forms import _refusal
    from bot.slack.listeners.request import SlackRequest
    from bot.slack.modals.inputs import Entered

    incident = without_slack(world)
    ctx = AppContext(
        world.incidents, world.inbox.client, world.inbox.by_slack, world.people, world.gateway, world.clock
    )
    request = SlackRequest(world.ada, "c", view_note=json.dumps({"incident": incident}), values={"text": {}})
    for form in ASKED_FORMS:
        assert _refusal(ctx, form, request, Entered({}, world.people)) == {}


def test_a_refusal_stands_at_the_field_that_it_is_about_in_whatever_order_slack_sends_them(world):
    from bot.slack.listeners.app_context import AppContext
    from bot.slack.listeners.forms import _refusal
    from bot.slack.listeners.request import SlackRequest
    from bot.slack.modals.inputs import Entered

    ctx = AppContext(
        world.incidents, world.inbox.client, world.inbox.by_slack, world.people, world.gateway, world.clock
    )
    note = json.dumps({"incident": declared(world), "subject": "commander"})
    hand_over = next(form for form in ASKED_FORMS if form.act == "hand_over")
    to = {"to": {"to": {"selected_user": world.ada}}}
    for values in (to | {"note": {}}, {"note": {}} | to):
        request = SlackRequest(world.ada, "c", view_note=note, values=values)
        found = _refusal(ctx, hand_over, request, Entered(values, world.people))
        assert list(found) == ["to"]


def test_where_the_record_is_damaged_slack_is_told_nothing(world):
    incident = declared(world)
    distrust_slack(world)
    with world.event_log.database.writing() as connection:
        connection.execute(delete(EVENTS).where(EVENTS.c.stream == "trust"))
    assert world.driver.slash(world.ada, "/compromise", f"show {incident}").ok
    assert said(world, world.ada, HIDDEN)


# --- how the faces say it -------------------------------------------------------------------------------------------


def test_the_card_names_who_is_not_trusted_before_all_else(world):
    incident = declared(world)
    tell = c.TellTrust(1, "d" * 64, ("bob",), True, ("bob is not trusted: said by ada",))
    state = world.event_log.execute(incident, c.Envelope("tell", world.clock(), BOT, tell)).incident
    blocks = [block.to_dict() for block in incident_card(state, world.clock(), "1:abc")]
    assert "No longer trusted: bob" in read([blocks[1]])
    assert press(world, world.ada, incident, "report") is not False
    channel, _ = shown(world, incident)
    messages = json.dumps(world.driver.state()["channels"][channel]["messages"])
    assert "bob is not trusted: said by ada" in messages


def test_in_development_card_and_home_say_that_nobody_proves_anything(world):
    incident = world.incidents.load(declared(world))
    for told, shown_there in ((True, True), (False, False)):
        drawn = json.dumps(
            [b.to_dict() for b in incident_card(incident, world.clock(), "1:abc", word=told)], ensure_ascii=False
        )
        home = json.dumps(home_tab([], trusted=True, word=told), ensure_ascii=False)
        for text in (drawn, home):
            assert ("identities are not proven" in text) is shown_there


# --- who is told and asked nothing any more -------------------------------------------------------------------------


def speak_against(world, name, *, left=True):
    event = Distrusted(name, "laptop is gone", world.people.named(name).accounts, left=left)
    world.event_log.trust.append(lambda _state: event, at=world.clock(), actor="cleo", command_id=f"against {name}")


@pytest.mark.parametrize("left", [True, False])
def test_who_is_not_trusted_or_has_left_is_neither_invited_nor_shown_anything(world, left):
    speak_against(world, "bob", left=left)
    incident = declared(world)
    channel, _ = shown(world, incident)
    members = world.fake.workspace.channels[channel].members
    assert world.ada in members
    assert world.bob not in members
    assert world.driver.slash(world.bob, "/compromise", f"show {incident}").ok
    assert said(world, world.bob, "is visible to its responders")
    assert world.driver.open_home(world.bob).ok
    home = json.dumps(wait_for(lambda: world.driver.home_of(world.bob)))
    assert "1 open incident" in home
    assert "openai" not in home
    assert News(world.incidents.load(incident), world.trusted).mention(Right.APPROVE) == ""


def test_a_form_that_was_open_shows_nothing_more_to_who_is_not_trusted_any_more(world):
    incident = declared(world)
    channel, _ = shown(world, incident)
    world.driver.do("members", {"channel": channel, "user": world.eve})  # who has no right
    for user in (world.bob, world.eve):
        press(world, user, incident, "more")
        assert asked.form(world, user, "more")
    speak_against(world, "bob")
    for user, opens in ((world.bob, False), (world.eve, True)):
        press_in(world, user, asked.form(world, user, "more"), "details")
        assert asked.form(world, user, "details") if opens else said(world, user, "is visible to its responders")


def test_who_declared_and_has_left_since_is_not_invited(world):
    incident = declared(world)
    speak_against(world, "ada")
    channel, _ = shown(world, incident)
    members = world.fake.workspace.channels[channel].members
    assert world.bob in members
    assert world.ada not in members


def test_an_owner_who_has_left_is_told_no_update(world):
    speak_against(world, "bob")
    assert "bob has left or is not trusted" in world.board.tell("inc_ab12cd", "u", "@bob", "news")


def test_where_the_record_is_damaged_people_are_invited_as_the_file_says(world):
    speak_against(world, "bob")
    assert not world.trusted.by_slack(world.bob).rights
    with world.event_log.database.writing() as connection:
        connection.execute(delete(EVENTS).where(EVENTS.c.stream == "trust"))
    assert world.trusted.by_slack(world.bob).rights == world.people.by_slack(world.bob).rights
