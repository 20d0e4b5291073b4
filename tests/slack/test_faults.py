"""Slack's own limits and faults: what comes late, twice, in another order, too long, or from someone who is gone; and
what the person who is concerned reads then, where they look.
"""

import json

import pytest

from bot.drill.fakes.slack import chat, read, views
from bot.errors import Missing, Throttled, Unreachable
from bot.incident import commands as c
from bot.incident.model import StepState
from bot.people import People, Person
from bot.slack.blocks import section
from bot.slack.errors import SlackRefused, what_to_do
from bot.slack.gateway import CUT_WORDS
from tests.slack.test_incident_channel import told
from tests.slack.test_listeners import (
    declared,
    done,
    fill,
    form,
    kinds,
    press,
    row_of,
    said,
    shown,
    steps_page,
)

LATE = "within three seconds of a press"


def test_a_press_whose_trigger_has_expired_says_to_press_again_where_it_was_pressed(world, monkeypatch):
    incident = declared(world)
    channel, buttons = shown(world, incident)
    monkeypatch.setattr(views, "TRIGGER_SECONDS", -1.0)
    [more] = [found for (action, _), found in buttons.items() if action == "more"]
    assert world.driver.press(world.ada, channel, more.ts, "more", more.value).ok
    assert said(world, world.ada, LATE)
    assert (world.driver.view_of(world.ada) or {}).get("callback_id") != "more"
    monkeypatch.undo()
    assert world.driver.press(world.ada, channel, more.ts, "more", more.value).ok
    assert form(world, world.ada, "more")


def test_a_slash_command_whose_trigger_has_expired_says_so_in_the_answer_to_it(world, monkeypatch):
    monkeypatch.setattr(views, "TRIGGER_SECONDS", -1.0)
    assert world.driver.slash(world.ada, "/compromise").ok
    assert said(world, world.ada, LATE)


def test_a_form_that_was_sent_is_done_although_the_trigger_has_expired(world, monkeypatch):
    """What it was declined for reaches the person anyway."""
    incident = declared(world)
    press(world, world.ada, incident, "step_skip", "assess")
    assert form(world, world.ada, "step_skip")
    world.incidents.do(incident, c.SkipStep("assess", "by someone else"), world.people.named("bob").actor, "x" * 8)
    monkeypatch.setattr(views, "TRIGGER_SECONDS", -1.0)
    errors = fill(world, world.ada, "step_skip", {"reason": "read by nobody"}).errors
    assert "was marked skipped by bob" in json.dumps(errors, ensure_ascii=False)


def test_presses_that_arrive_in_another_order_change_nothing_the_second_time(world):
    """*Skip* before *Done*, as two deliveries may: the later one is told what has happened meanwhile."""
    incident = declared(world)
    first, second = (steps_page(world, user, incident) for user in (world.ada, world.bob))
    world.incidents.do(incident, c.SkipStep("notify", "no reader is left"), world.people.named("bob").actor, "y" * 8)
    assert world.driver.submit(world.ada, first["id"], {row_of(first, "notify", incident, world): "done"}).ok
    assert said(world, world.ada, "“Tell the team” was marked skipped by bob")
    assert world.incidents.load(incident).step("notify").state is StepState.SKIPPED
    assert second["id"] != first["id"]


@pytest.mark.parametrize("send", ["post", "update", "whisper"])
def test_a_message_that_slack_calls_too_long_goes_out_cut_and_says_so(world, monkeypatch, send):
    monkeypatch.setattr(chat, "TEXT_LIMIT", 2000)
    channel = world.gateway.create_channel(f"long-{send}")
    world.gateway.invite(channel, world.ada)
    text = "It is known what was read. " * 90
    if send == "post":
        world.gateway.post(channel, text, [section(text)])
    elif send == "update":
        ts = world.gateway.post(channel, "short")
        world.gateway.update(channel, ts, text, [section(text)])
    else:
        world.gateway.whisper(channel, world.ada, text, [section(text)])
    there = world.fake.workspace.channels[channel]
    [message] = there.ephemerals or there.messages
    shown_now = read(message["blocks"])
    assert "It is known what was read." in shown_now
    assert CUT_WORDS.partition(":")[0] in shown_now


def test_who_cannot_be_invited_is_named_once_in_the_channel(world):
    """A responder whose account is deactivated, and a guest of another channel: nobody is to wait for them."""
    fake = world.fake.workspace
    gone, guest = fake.add_user("gina"), fake.add_user("gus")
    fake.deactivate(gone.id)
    guest.is_guest = True
    more = tuple(Person(user.name, slack=user.id, rights=world.people.named("ada").rights) for user in (gone, guest))
    world.board.people = People((*world.people, *more))
    story = told()
    channel = world.board.open_channel(story.incident)
    world.board.open_channel(story.incident)  # a worker that had died in between
    said_there = [read(message["blocks"]) for message in world.driver.messages(channel.id)]
    absent = [text for text in said_there if "Not in this channel" in text]
    assert len(absent) == 1
    assert "gina" in absent[0]
    assert "gus" in absent[0]
    assert {world.ada, world.bob} <= set(world.driver.channel(channel.id)["members"])


def test_an_owner_whose_account_is_deactivated_is_said_to_be_missing_and_nothing_fails(world):
    gone = world.fake.workspace.add_user("gerd")
    world.fake.workspace.deactivate(gone.id)
    world.board.people = People((*world.people, Person("gerd", slack=gone.id)))
    assert "no longer in this workspace" in world.board.tell("inc_ab12cd", "owners gerd#1", "@gerd", "A text.")


def test_a_guest_who_is_in_no_file_is_told_who_can_and_changes_nothing(world):
    incident = declared(world)
    before = kinds(world, incident)
    channel, _ = shown(world, incident)
    world.gateway.invite(channel, world.eve)
    world.fake.workspace.users[world.eve].is_guest = True
    done(world, world.eve, incident, "notify")
    assert said(world, world.eve, "may not respond")
    assert kinds(world, incident).count("StepDone") == before.count("StepDone")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (SlackRefused("open a form", "expired_trigger_id"), "Press again"),
        (SlackRefused("open a form", "exchanged_trigger_id"), "Press again"),
        (SlackRefused("redraw a form", "hash_conflict"), "Open it again from the card"),
        (Missing("slack", "redraw a form", "not_found"), "Open it again from the card"),
        (Throttled("slack", "open a form", "told to slow down", 30.0), "for 30 seconds"),
        (Throttled("slack", "open a form", "told to slow down", None), "right now"),
        (Throttled("sendgrid", "open a form", "told to slow down", None), ""),
        (Unreachable("slack", "open a form", "no answer"), ""),
    ],
)
def test_what_slack_refuses_is_told_with_what_to_do(error, words):
    assert words in what_to_do(error)
    assert bool(what_to_do(error)) == bool(words)
