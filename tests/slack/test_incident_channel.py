"""The channel, the card and the news, also after a crash in between."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.drill.fakes.slack import read
from bot.errors import Missing, Refused, Throttled, Unexpected, Unreachable
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.lanes import CHANNEL_LANE, REPORT_LANE, new_lane, old_lane
from bot.incident.model import (
    By,
    CheckOutcome,
    ConsentKind,
    Cut,
    ReaderOutcome,
    Right,
    Strategy,
    Target,
    TargetKind,
)
from bot.incident.offers import available
from bot.incident.operations import Op
from bot.model.playbooks import Action
from bot.model.probes import Probe
from bot.model.reads import Read
from bot.model.secrets import Kill, Outage
from bot.people import People, Person
from bot.phrases.marks import person, unmentioned
from bot.phrases.times import moment
from bot.slack import channels
from bot.slack.blocks import to_json
from bot.slack.buttons import label_of
from bot.slack.channel_messages import News
from bot.slack.errors import SlackRefused
from bot.slack.gateway import Found, SlackGateway
from bot.slack.message import Message, briefly
from bot.worker.ports import ChannelGone
from tests.incident.consumers.test_failing import BY_PERSON
from tests.slack.states import HEAD, Story, entry
from tests.support.incidents import ANNA, declaration, wanted
from tests.support.incidents import Story as Declared
from tests.support.incidents import World as Outside
from tests.support.incidents import entry as made


def told(*entries, **more):
    return Story(*(entries or (entry("openai-api-key"), entry("stripe-secret-key", by_hand=True))), **more)


def opened(world, story):
    channel = world.board.open_channel(story.incident)
    story.channel(channel.id, channel.url)
    return channel


def show(world, story, shown=None, news=None):
    return world.board.show(story.incident, story.news if news is None else news, shown or {}, story.at, HEAD)


NAME = "inc-ab12cd-2-secrets"
NAMED = "database-url"
GRAVE = entry(NAMED, kill=Kill.IRREVERSIBLE, outage=Outage.DOWN)
"""Whose kill takes two people."""
BOTH = (Right.RESPOND, Right.APPROVE)


def texts(world, channel):
    return [read(message["blocks"]) for message in world.driver.messages(channel)]


def in_thread(world, channel):
    return [read(m["blocks"]) for m in world.driver.messages(channel) if m.get("thread_ts", m["ts"]) != m["ts"]]


def in_channel(world, channel):
    return [read(m["blocks"]) for m in world.driver.messages(channel) if m.get("thread_ts", m["ts"]) == m["ts"]]


# --- the channel ----------------------------------------------------------------------------------------------------


def test_a_private_channel_for_the_responders(world):
    story = told()
    channel = world.board.open_channel(story.incident)
    found = world.driver.channel(NAME)
    assert (found["id"], found["is_private"]) == (channel.id, True)
    assert {world.ada, world.bob} <= set(found["members"])
    assert world.eve not in found["members"]
    assert "inc_ab12cd" in found["topic"]["value"]
    assert channel.url == f"https://slack.com/app_redirect?channel={channel.id}"


def test_opening_again_finds_it(world):
    story = told()
    assert world.board.open_channel(story.incident) == world.board.open_channel(story.incident)


def test_a_channel_without_a_purpose_is_one_that_a_crash_left(world):
    left = world.gateway.create_channel(NAME)
    assert world.board.open_channel(told().incident).id == left


def test_a_channel_of_somebody_else_is_left_alone(world):
    taken = world.gateway.create_channel(NAME)
    world.gateway.describe(taken, purpose="Response to inc_zzzzzz")
    channel = world.board.open_channel(told().incident)
    assert channel.id != taken
    assert world.driver.channel(channel.id)["name"] == f"{NAME}-2"


LIST, CREATE, DESCRIBE = "conversations.list-500", "conversations.create-reset", "conversations.setPurpose-429"


@pytest.mark.parametrize("failing", [(CREATE, LIST), (CREATE, DESCRIBE), (DESCRIBE, LIST), (LIST, DESCRIBE, DESCRIBE)])
@pytest.mark.parametrize("taken", [0, 1, 2])
def test_whatever_fails_and_whichever_names_become_free_there_is_one_channel(world, failing, taken):
    others = [world.fake.workspace.add_channel(NAME + end, is_private=True, creator=world.eve) for end in ("", "-2")]
    for other in others[taken:]:
        other.name = f"another-{other.name}"
    story, found = told(), []
    for fault in (*failing, ""):
        if fault:
            world.fake.faults.inject(fault, 1)
        with suppress(Unexpected, Unreachable, Throttled):
            found.append(world.board.open_channel(story.incident).id)
        world.fake.faults.clear()
        for other in others:
            other.name = f"another-{other.name}"
    ours = [each.id for each in world.fake.workspace.channels.values() if each.name.startswith(NAME)]
    assert ours == [found[-1]] == list(dict.fromkeys(found))


def test_names_taken_for_ever_are_given_up(world):
    for suffix in ["", *(f"-{n}" for n in range(2, 10))]:
        world.fake.workspace.add_channel(NAME + suffix, is_private=True, creator=world.eve)
    with pytest.raises(Refused):
        world.board.open_channel(told().incident)


def test_the_channel_of_one_secret_is_called_after_it_whatever_is_added_later():
    story = told(entry("stripe-secret-key"))
    story.then(e.SecretAdded(entry("redis"), Target(TargetKind.ASSUMED), Strategy.KILL_FIRST, "It leaked too.", True))
    assert channels.channel_name(story.incident) == "inc-ab12cd-stripe-secret-key"


def test_long_names_fit():
    story = told(entry("x" * 120))
    assert len(channels.channel_name(story.incident)) <= 80


def test_who_left_keeps_nobody_out(world):
    gone = Person("gone", slack="U0GONE0000", rights=frozenset({Right.RESPOND}))
    world.board.people = People((gone, *world.people))
    channel = world.board.open_channel(told().incident)
    assert {world.ada, world.bob} <= set(world.driver.channel(channel.id)["members"])


def test_whoever_declared_is_invited(world):
    channel = world.board.open_channel(told(by=f"slack:{world.eve}").incident)
    assert world.eve in world.driver.channel(channel.id)["members"]


# --- the card -------------------------------------------------------------------------------------------------------


def test_the_card_is_posted_once_and_pinned(world):
    story = told()
    channel = opened(world, story)
    refs = show(world, story)
    card = world.driver.card(channel.id)
    assert card["ts"] == refs["card"]
    assert card["metadata"]["event_payload"] == {"incident": "inc_ab12cd"}
    story.captured("openai-api-key").dead("openai-api-key")
    again = show(world, story, refs)
    assert again["card"] == refs["card"]
    assert "1 of 2 keys STILL WORKS" in str(world.driver.card(channel.id)["blocks"])


def test_an_unchanged_card_is_not_drawn_again(world):
    story = told()
    opened(world, story)
    refs = show(world, story)
    calls = len(world.fake.calls)
    story.at += timedelta(seconds=5)
    assert show(world, story, refs) == refs
    assert len(world.fake.calls) == calls


def test_after_a_crash_the_card_is_found(world):
    story = told()
    channel = opened(world, story)
    refs = show(world, story)
    story.captured("openai-api-key")
    assert show(world, story, {})["card"] == refs["card"]
    assert len(world.driver.channel(channel.id)["pins"]) == 1


def test_a_deleted_card_comes_back(world):
    story = told()
    channel = opened(world, story)
    refs = show(world, story)
    world.gateway.client.chat_delete(channel=channel.id, ts=refs["card"])
    story.captured("openai-api-key")
    fresh = show(world, story, refs)
    assert fresh["card"] != refs["card"]
    assert world.driver.card(channel.id)["ts"] == fresh["card"]


LAST = datetime.max.replace(tzinfo=UTC)
"""A time that nobody can give, and that no face can spell."""
ADDED = e.SecretAdded(
    entry("redis-url"), Target(TargetKind.ASSUMED), Strategy.KILL_FIRST, "It is public too.", True, ()
)


def test_a_card_that_cannot_be_drawn_is_shown_in_its_plainest_form(world):
    story = told()
    channel = opened(world, story)
    drawn = show(world, story)
    story.incident = replace(story.incident, exposed_at=LAST, reopened_because="x", raised=By("ada", LAST))
    story.then(ADDED, by="ada")
    refs = show(world, story, drawn)
    [card, *_] = in_channel(world, channel.id)
    assert "This card can't be shown" in card
    assert "STILL WORKS: `openai-api-key`, `stripe-secret-key` and `redis-url`" in card
    assert f"The rest: `bot show {story.incident.id}`" in card
    assert (refs["card"], refs["posted"]) == (drawn["card"], str(story.incident.seq))
    assert any("added redis-url" in told for told in in_thread(world, channel.id))
    story.incident = replace(story.incident, exposed_at=None, raised=By("ada", story.at))
    show(world, story, refs)
    assert "can't be drawn" not in in_channel(world, channel.id)[0]


def test_news_that_cannot_be_told_hold_up_no_later_ones(world, monkeypatch):
    story = told()
    channel = opened(world, story)
    drawn = show(world, story)
    story.then(e.Reminded("task:t9", "Look", story.at, "ada"))
    with monkeypatch.context() as patched:
        patched.setattr("bot.slack.channel_messages.sentence", None)
        drawn = show(world, story, drawn, story.news)
    assert "can't be shown here: `bot incident timeline" in in_thread(world, channel.id)[-1]
    story.then(ADDED, by="ada")
    show(world, story, drawn)
    assert "added redis-url" in in_thread(world, channel.id)[-1]


def test_without_a_channel_nothing_is_lost(world):
    assert show(world, told(), {"posted": "1"}) == {"posted": "1"}


# --- a channel that is gone ------------------------------------------------------------------------------------------


def archived(world, story):
    """The incident's channel with its card, archived in the middle."""
    channel = opened(world, story)
    refs = show(world, story)
    world.gateway.client.conversations_archive(channel=channel.id)
    return channel, refs


def test_an_archived_channel_is_gone_and_the_next_one_says_so(world):
    story = told()
    old, refs = archived(world, story)
    story.captured("openai-api-key").dead("openai-api-key")
    with pytest.raises(ChannelGone, match="was archived") as gone:
        show(world, story, refs)
    assert gone.value.channel == old.id

    story.then(e.ChannelLost(old.id, gone.value.reason))
    assert (story.incident.channel, show(world, story, refs)) == ("", refs)
    new = opened(world, story)
    assert world.driver.channel(new.id)["name"] == f"{NAME}-2"
    assert {world.ada, world.bob} <= set(world.driver.channel(new.id)["members"])

    fresh = show(world, story, refs)
    assert world.driver.card(new.id)["ts"] == fresh["card"] != refs["card"]
    said = "\n".join(texts(world, new.id))
    assert "lost the incident's channel, which was archived" in said
    assert f"*The incident continues here.* Earlier messages stay in <#{old.id}>." in said
    assert "DEAD" in said  # what the old one missed
    assert "declared" not in said  # what it had
    assert show(world, story, fresh) == fresh


def test_a_channel_that_the_bot_was_removed_from_is_gone(world):
    story = told()
    channel = opened(world, story)
    refs = show(world, story)
    world.fake.workspace.channels[channel.id].members.clear()
    story.captured("openai-api-key")
    with pytest.raises(ChannelGone, match="the bot was removed from it"):
        show(world, story, refs)


class Forgetful(SlackGateway):
    """Knows of no channel when it is to post there, as Slack does for a moment after one was opened."""

    def _paced(self, channel, method, verb, **arguments):
        raise Missing("slack", verb, "channel_not_found")


def test_a_channel_that_slack_lists_is_not_gone(world):
    story = told()
    opened(world, story)
    world.board.gateway = Forgetful(world.gateway.client)
    with pytest.raises(Missing, match="channel_not_found"):
        show(world, story)


def test_a_lost_channel_that_comes_back_is_not_taken_up_again(world):
    story = told()
    old = opened(world, story)
    story.then(e.ChannelLost(old.id, "was archived"))
    assert world.board.open_channel(story.incident).id != old.id


def test_a_channel_that_is_archived_while_it_is_opened(world):
    left = world.gateway.create_channel(NAME)
    story = told()
    world.gateway.own_channels = lambda: [Found(left, NAME, "")]
    world.gateway.client.conversations_archive(channel=left)
    channel = world.board.open_channel(story.incident)
    assert world.driver.channel(channel.id)["name"] == f"{NAME}-2"


# --- the news -------------------------------------------------------------------------------------------------------


def test_news_are_posted_once(world):
    story = told()
    channel = opened(world, story)
    refs = show(world, story)
    assert refs["posted"] == str(story.news[-1].seq)
    before = texts(world, channel.id)
    assert sum("declared" in text for text in in_thread(world, channel.id)) == 1
    assert sum("ada declared" in text for text in in_channel(world, channel.id)) == 1
    show(world, story, refs)
    show(world, story, {"card": refs["card"]})  # a crash after posting, before the cursor was kept
    assert texts(world, channel.id) == before


def test_a_crash_between_two_messages(world):
    story = told()
    channel = opened(world, story)
    refs = show(world, story)
    story.captured("openai-api-key").dead("openai-api-key").live("openai-api-key")
    proven = [r for r in story.news if isinstance(r.event, e.OldProvenDead)]
    show(world, story, refs, proven)  # got this far
    show(world, story, refs)
    assert sum("DEAD" in text for text in in_thread(world, channel.id)) == 1
    assert sum("is in use" in text for text in in_thread(world, channel.id)) == 1
    assert sum("DEAD" in text for text in in_channel(world, channel.id)) == 1


def test_a_title_that_names_the_environment_is_not_followed_by_it(world):
    story = Story(entry("openai-api-key"), title="4 production secrets compromised")
    channel = opened(world, story)
    show(world, story)
    assert in_channel(world, channel.id)[1].startswith("🚨 ada declared “4 production secrets compromised” in")


def test_the_channel_gets_one_line_of_what_everybody_must_know_with_a_link_to_the_card(world):
    story = told()
    channel = opened(world, story)
    refs = show(world, story)
    declared = in_channel(world, channel.id)[1]
    assert declared.splitlines() == [
        "🚨 ada declared “Keys in a public gist” in production (public): A stranger wrote to us Card"
    ]
    assert f"/archives/{channel.id}/p{refs['card'].replace('.', '')}" in str(world.driver.messages(channel.id)[-1])
    assert "A person must bring the new `stripe-secret-key`" in in_thread(world, channel.id)[0]
    before = in_channel(world, channel.id)
    story.then(e.PlanApproved({"openai-api-key": "d"}, story.at), e.PersonAwaited(("stripe-secret-key",)))
    refs = show(world, story, refs)
    assert in_channel(world, channel.id)[1:] == before[1:]
    assert "agreed to the plan of" in in_thread(world, channel.id)[-1]
    story.then(e.SecretAdded(GRAVE, Target(TargetKind.ASSUMED), Strategy.KILL_FIRST, "It leaked too.", True))
    story.captured(NAMED).asked(NAMED)
    show(world, story, refs)
    assert f"<@{world.bob}> The bot asked a second approver" in in_channel(world, channel.id)[-1]
    assert "<@" not in in_thread(world, channel.id)[-1]  # whose phone has rung already


@pytest.mark.parametrize(
    ("decide", "words"),
    [
        (lambda plans, at: e.PlanApproved(plans, at, BOTH), f"👍 bob approved revoking `{NAMED}`"),
        (lambda plans, _at: e.PlanRejected(plans, "not this one"), f"👎 bob refused revoking `{NAMED}`"),
        (lambda plans, _at: e.ApprovalExpired(plans), "⏰ No answer in time"),
    ],
)
def test_a_request_to_approve_becomes_what_was_decided_and_by_whom(world, decide, words):
    story = told(GRAVE)
    channel = opened(world, story)
    refs = show(world, story)
    story.captured(NAMED).asked(NAMED)
    refs = show(world, story, refs)
    asked = in_channel(world, channel.id)[-1]
    assert "asked a second approver" in asked
    story.then(decide(story.incident.request.plans, story.at + timedelta(minutes=9)), by="bob")
    show(world, story, refs)
    [decided] = [text for text in in_channel(world, channel.id) if words in text]
    assert decided.endswith("Card")
    assert "not this one" not in decided
    assert not any("asked a second approver" in text for text in in_channel(world, channel.id))


def test_a_request_that_a_crash_forgot_becomes_what_was_decided_all_the_same(world):
    story = told(GRAVE)
    channel = opened(world, story)
    refs = show(world, story)
    story.captured(NAMED).asked(NAMED)
    show(world, story, refs)
    refs = show(world, story, refs)
    assert sum("asked a second approver" in text for text in in_channel(world, channel.id)) == 1
    story.asked(NAMED)
    refs = show(world, story, refs)
    assert sum("asked a second approver" in text for text in in_channel(world, channel.id)) == 1
    assert any("Asked again" in text for text in in_channel(world, channel.id))


def test_a_redaction_goes_on_being_asked_for_after_the_close_until_it_lapses(world):
    story = told(GRAVE)
    channel = opened(world, story)
    refs = show(world, story)
    story.then(e.IncidentClosed("done"))
    story.then(e.ProposalMade(1, "redaction", "1", "a password", story.at + timedelta(hours=1)), by="ada")
    refs = show(world, story, refs)
    story.then(e.ReportRequested())
    refs = show(world, story, refs)
    assert not any("No longer asked" in text for text in in_channel(world, channel.id))
    story.then(e.ProposalRejected(1, "not decided in time"))
    show(world, story, refs)
    assert not any("No longer asked" in text for text in in_channel(world, channel.id))
    assert any("in time" in text for text in in_channel(world, channel.id))


def test_that_the_last_key_is_dead_and_that_access_is_contained_is_said(world):
    story = told(entry("openai-api-key", checklist={"keys": "Look."}), entry("redis-url"))
    channel = opened(world, story)
    refs = show(world, story)
    story.captured("openai-api-key").dead("openai-api-key")
    refs = show(world, story, refs)
    assert "keys are dead" not in in_channel(world, channel.id)[-1]
    story.captured("redis-url").dead("redis-url")
    refs = show(world, story, refs)
    assert "🟡 *Both keys are dead.*" in in_channel(world, channel.id)[-1]
    story.then(e.FindingRecorded("no-abuse", "its usage page shows our own calls alone"), by="ada")
    refs = show(world, story, refs)
    story.then(e.CheckEnded("openai-api-key", "keys", CheckOutcome.CLEAR), by="ada")
    refs = show(world, story, refs)
    ended = in_channel(world, channel.id)[-1]
    assert "no leaked key works; who read 2 values is unknown." in ended
    story.looked_up("openai-api-key", "redis-url")
    show(world, story, refs)
    assert "🏁 *Access is contained*" in in_channel(world, channel.id)[-1]


def test_access_is_said_to_be_contained_once_its_readers_are_answered_for(world):
    name, stranger = "openai-api-key", "arn:aws:iam::111122223333:user/contractor-laptop"
    story = told(entry(name, checklist={"keys": "Look."}))
    channel = opened(world, story)
    story.captured(name).dead(name)
    reads = (Read(story.at, stranger, "192.0.2.1", "cli", "GetParameter", "/x"),)
    story.then(e.UsageRead(0, name, "CloudTrail", story.at, story.at, reads, (), False))
    story.then(e.FindingRecorded("no-abuse", "its usage page shows our own calls alone"), by="ada")
    refs = show(world, story)
    story.then(e.CheckEnded(name, "keys", CheckOutcome.CLEAR), by="ada")
    refs = show(world, story, refs)
    said = in_channel(world, channel.id)[-1]
    assert "Every check is done: no leaked key works; 1 reader not identified." in said
    story.then(e.ReaderAccounted(stranger, ReaderOutcome.EXPLAINED, "a migration"), by="ada")
    refs = show(world, story, refs)
    assert "🏁 *Access is contained*" in in_channel(world, channel.id)[-1]
    story.then(e.ReaderAccounted(stranger, ReaderOutcome.EXPLAINED, "the migration of Monday"), by="ada")
    show(world, story, refs)
    assert sum("*Access is contained*" in text for text in in_channel(world, channel.id)) == 1


def test_a_card_that_somebody_deleted_begins_another_thread(world):
    story = told()
    channel = opened(world, story)
    refs = show(world, story)
    world.gateway.client.chat_delete(channel=channel.id, ts=refs["card"])
    story.then(e.PlanApproved({"openai-api-key": "d"}, story.at))
    again = show(world, story, refs)
    assert again["card"] != refs["card"]
    assert "agreed to the plan of" in in_thread(world, channel.id)[-1]


def refusing_to_edit(world, monkeypatch, code="cant_update_message"):
    """Slack, as it is with all that stands there now: another app posted it, or it has become too old."""
    stays = {message["ts"] for channel in world.fake.workspace.channels.values() for message in channel.messages}
    update = world.gateway.update

    def refused(channel, ts, text, blocks):
        if ts in stays:
            raise SlackRefused("update a message", code)
        update(channel, ts, text, blocks)

    monkeypatch.setattr(world.gateway, "update", refused)


@pytest.mark.parametrize("known", [True, False])
def test_a_card_that_slack_lets_nobody_change_begins_another_thread_and_leads_there(world, monkeypatch, known):
    """The token leaked, and another app was made and invited: the former one's card stands there still."""
    story = told()
    channel = opened(world, story).id
    refs = show(world, story)
    refusing_to_edit(world, monkeypatch)
    story.captured("openai-api-key").dead("openai-api-key").then(e.PlanApproved({"openai-api-key": "d"}, story.at))
    again = show(world, story, refs if known else {"posted": refs["posted"]})
    assert again["card"] != refs["card"]
    said = {read(m["blocks"]): m["thread_ts"] for m in world.driver.messages(channel) if m.get("thread_ts")}
    assert [thread for text, thread in said.items() if "agreed to the plan of" in text] == [again["card"]]
    assert [thread for text, thread in said.items() if "Goes on here" in text] == [refs["card"]]
    assert again["card"] in str(world.driver.channel(channel)["pins"])
    story.captured("stripe-secret-key").dead("stripe-secret-key")
    after = show(world, story, again)
    assert after["card"] == again["card"]
    assert after["drawn"] != again["drawn"]


@pytest.mark.parametrize(("minutes", "another"), [(1, False), (20, True)])
def test_a_workspace_that_lets_nobody_edit_gets_no_card_for_each_event(world, monkeypatch, minutes, another):
    story = told()
    channel = opened(world, story).id
    refs = show(world, story)
    refusing_to_edit(world, monkeypatch, "edit_window_closed")
    story.captured("openai-api-key").dead("openai-api-key").then(e.PlanApproved({"openai-api-key": "d"}, story.at))
    now = datetime.fromtimestamp(float(refs["card"]) + minutes * 60, UTC)
    again = world.board.show(story.incident, story.news, refs, now, HEAD)
    assert (again["card"] != refs["card"]) is another
    assert any("agreed to the plan of" in text for text in in_thread(world, channel))
    assert (again["drawn"] == "") is not another


def test_a_question_that_slack_lets_nobody_change_holds_nothing_up(world, monkeypatch):
    story = told(GRAVE)
    channel = opened(world, story).id
    refs = show(world, story)
    story.captured(NAMED).asked(NAMED)
    refs = show(world, story, refs)
    refusing_to_edit(world, monkeypatch)
    story.then(e.PlanApproved(story.incident.request.plans, story.at + timedelta(minutes=9), BOTH), by="bob")
    assert show(world, story, refs)["plan"] == ""
    assert "agreed to the plan of" in in_thread(world, channel)[-1]


def told_as(message):
    return read(to_json(message.blocks()))


def words(world, *events, story=None):
    story = story or told()
    story.then(*events)
    news = News.of(story.incident, world.people, story.news)
    return [told_as(message) for r in story.news[-len(events) :] if (message := news.message(r)) is not None]


def test_the_declaration_says_what_a_person_must_do(world):
    story = told()
    first = News.of(story.incident, world.people, story.news).message(story.news[0])
    assert "`bot submit inc_ab12cd stripe-secret-key`" in told_as(first)
    by_hand = "*A person must revoke* `stripe-secret-key` in Stripe's console: *Take, open steps* on the card."
    assert by_hand in told_as(first)
    assert told_as(first).count("*A person must revoke*") == 1
    later = told(strategy=Strategy.OVERLAP)
    message = News.of(later.incident, world.people, later.news).message(later.news[0])
    assert by_hand not in told_as(message), "the new key comes first"
    assert "Answers stop." in told_as(first)
    assert first.blocks()[0].to_dict()["type"] == "rich_text"


def test_milestones_carry_the_head_of_the_log(world):
    story = told()
    channel = opened(world, story)
    refs = show(world, story)
    story.captured("openai-api-key").dead("openai-api-key")
    show(world, story, refs)
    proven = [m for m in world.driver.messages(channel.id) if "DEAD" in read(m["blocks"])]
    assert HEAD in str(proven[0]["blocks"][-1])


def test_what_is_worth_a_message(world):
    until = told().at + timedelta(minutes=30)
    for event, part in [
        (
            e.ApprovalRequested({"openai-api-key": "d"}, until),
            f"<@{world.bob}> The bot asked a second approver for openai-api-key, until",
        ),
        (
            e.ApprovalRequested({"openai-api-key": "d"}, until),
            "The plan: *Plan…* on the pinned card while it waits, and *More…*, *Every secret…* there afterwards.",
        ),
        (
            e.ValueStaged(0, "openai-api-key", "n", "AKIA3", "f" * 12, "/s", "issue", made_room="AKIA2"),
            "🗑️ The bot issued and staged key AKIA3 for openai-api-key, fingerprint ffffffffffff; the inactive key",
        ),
        (e.Swept(0, "openai-api-key", made_room="AKIA2"), "the inactive key AKIA2 was deleted to make room"),
        (e.PlanApproved({"openai-api-key": "d"}, until), "agreed to the plan of"),
        (
            e.PlanRejected({"openai-api-key": "d"}, "it is the wrong key"),
            "refused the plan of openai-api-key: it is the wrong key",
        ),
        (
            e.ProposalMade(1, "closure", "openai-api-key", "gone", until),
            "Agree or disagree on the pinned card.",
        ),
        (
            e.GlassBroken(("openai-api-key",), "abuse"),
            "BROKE GLASS to revoke openai-api-key without a second approver: abuse",
        ),
        (
            e.GlassReviewed(("openai-api-key",), "it was right"),
            "reviewed why the glass was broken for openai-api-key: it was right",
        ),
        (
            e.GlassOffered(("openai-api-key",)),
            "The bot got no answer about openai-api-key and offered breaking the glass",
        ),
        (
            e.Reminded(
                "review:glass", "review the glass broken for openai-api-key", datetime(2026, 11, 25, 3, tzinfo=UTC)
            ),
            " was due at 2026-11-25 03:00:00 UTC: review the glass broken for openai-api-key",
        ),
        (e.PersonAwaited(("openai-api-key",)), "openai-api-key still works until a person acts"),
        (
            e.ConsentWithdrawn("openai-api-key", ConsentKind.APPROVAL, "ada", "She left."),
            "The bot did not revoke openai-api-key: ada's consent no longer counts. She left.",
        ),
        (e.IncidentClosed("gone"), "closed the incident"),
        (e.IncidentClosed(), "closed the incident"),
        (e.IncidentReopened("it answers"), "reopened the incident"),
        (e.ContainmentOverdue("openai-api-key"), "Assume that it still works."),
        (e.PagedAgain("nobody came"), "paged on-call again: nobody came"),
        (
            e.SecretAdded(
                entry("late-key"), told().incident.secrets["openai-api-key"].target, Strategy.OVERLAP, "r", True
            ),
            "added",
        ),
    ]:
        [text] = words(world, event)
        assert part in text


def test_small_things_are_left_to_the_card(world):
    assert words(world, e.NoteAdded("x"), e.StepReopened("assess"), e.StepDone("assess")) == []


def test_failures_for_good_name_what_failed(world):
    story = told().fails(Op.REVOKE, old_lane("openai-api-key"), "openai-api-key", final=True)
    news = News.of(story.incident, world.people, story.news)
    said = told_as(news.message(story.news[-1]))
    assert "The bot could not revoke the old key: openai: revoke key: HTTP 500; a person must press retry" in said
    assert "`openai-api-key`: *Retry revocation* on the pinned card is always safe." in said
    for op, lane in ((Op.REVOKE, old_lane), (Op.ISSUE, new_lane)):
        story = told().captured("openai-api-key").fails(op, lane("openai-api-key"), "openai-api-key", final=True)
        [again] = [
            offer for offer in available(story.incident, story.at) if offer.command == c.Retry(lane(offer.secret))
        ]
        said = told_as(News.of(story.incident, world.people, story.news).message(story.news[-1]))
        assert f"*{label_of(story.incident, again)}* on the pinned card is always safe." in said
        assert label_of(story.incident, again) != "Retry"
    story = told().fails(Op.REVOKE, old_lane("openai-api-key"), "openai-api-key")
    assert News.of(story.incident, world.people, story.news).message(story.news[-1]) is None
    story = told().fails(Op.OPEN_CHANNEL, CHANNEL_LANE, "inc_ab12cd", final=True)
    assert News.of(story.incident, world.people, story.news).message(story.news[-1]) is None


@pytest.mark.parametrize(
    ("confirmed", "said"),
    [
        (True, "🟢 The bot verified that the new key of openai-api-key is in use: "),
        (False, "🟢 The bot verified that the new key of openai-api-key is in place and accepted, not confirmed by "),
    ],
)
def test_only_what_consumers_confirm_is_said_to_be_in_use_and_restored(world, confirmed, said):
    story = told().captured("openai-api-key").live("openai-api-key", confirmed=confirmed)
    message = News.of(story.incident, world.people, story.news).message(story.news[-1])
    assert told_as(message).startswith(said)


def test_a_key_counts_as_dead_from_the_first_refusal_of_its_proof_as_on_every_other_face(world):
    name = "openai-api-key"
    story = told().captured(name).revoked(name).refused(name).refused(name)
    first = story.incident.declared.at + timedelta(seconds=12)
    proven = e.Recorded(999, first + timedelta(seconds=30), "bot", e.OldProvenDead(name, first))
    message = News.of(story.incident, world.people, story.news).message(proven)
    assert told_as(message) == f"✅ The bot found the old key of {name} DEAD: rejected since {moment(first)}"


def test_a_rejected_value_says_how_to_bring_another(world):
    story = told().operation(
        Op.VERIFY, new_lane("stripe-secret-key"), "stripe-secret-key",
        lambda n: e.ValueRejected(n, "stripe-secret-key", "it is of another account"),
    )  # fmt: skip
    text = told_as(News.of(story.incident, world.people, story.news).message(story.news[-1]))
    assert "`bot submit inc_ab12cd stripe-secret-key`" in text


def test_a_bystander_that_died_is_shouted(world):
    story = told().captured("openai-api-key").revoked("openai-api-key").operation(
        Op.PROVE, old_lane("openai-api-key"), "openai-api-key",
        lambda n: e.OldProbed(n, "openai-api-key", Probe("old", "dead", "401"), None, (Probe("new", "dead", "401"),)),
    )  # fmt: skip
    text = told_as(News.of(story.incident, world.people, story.news).message(story.news[-1]))
    assert "Everything is halted" in text
    story.refused("openai-api-key")
    assert News.of(story.incident, world.people, story.news).message(story.news[-1]) is None


def test_the_report_is_named(world):
    story = told().operation(
        Op.REPORT, REPORT_LANE, "inc_ab12cd", lambda n: e.ReportWritten(n, "/r.md", "ab" * 32, HEAD, 9)
    )
    said = told_as(News.of(story.incident, world.people, story.news).message(story.news[-1]))
    assert "`/r.md`" in said
    assert f"SHA-256 begins `{'ab' * 8}…`" in said
    assert "signed" not in said
    assert "*Report text…* under *More…*" in said
    written = story.news[-1]
    story.then(e.IncidentClosed(), by="bob")
    asked = "Read it, then a second person presses *Sign report…* on the card."
    assert "Sign report" not in told_as(News.of(story.incident, world.people, story.news).message(written))
    steps = tuple(
        replace(step, definition=replace(step.definition, approval=True, actions=(Action.REPORT,)))
        for step in story.incident.steps
    )
    owed = replace(story.incident, steps=steps)
    assert asked in told_as(News.of(owed, world.people, story.news).message(written))


def test_of_many_alike_the_channel_gets_the_first_few_and_a_number():
    alike = [Message((f"✅ {person('U1')} k{n} is dead.", "a fact")) for n in range(5)]
    first, closed, *others = briefly([alike[0], Message(("🔒 Closed.",)), *alike[1:]])
    assert (first, closed) == (alike[0].brief, "🔒 Closed.")
    assert others == [unmentioned(alike[1].brief), unmentioned(alike[2].brief), "✅ And 2 more, in the card's thread."]


# --- what was redacted ----------------------------------------------------------------------------------------------


def test_a_message_that_told_a_redacted_event_tells_it_no_more(world):
    story = told(how_noticed="the password nR4wTq82Lx05vBz7 is on a wall")
    channel = opened(world, story).id
    refs = show(world, story)
    assert [text for text in texts(world, channel) if "nR4wTq82Lx05vBz7" in text]
    before = len(texts(world, channel))
    cut = Cut(1, "incident-declared", "d" * 64, "{}")
    story.then(e.Redacted(cut, "it held a password", "ada"), by="bob")
    show(world, story, refs)
    said = texts(world, channel)
    assert not [text for text in said if "nR4wTq82Lx05vBz7" in text]
    assert [text for text in said if "was redacted; the log has the rest" in text]
    redacted = "bob agreed to ada's redaction of event 1 (incident declared): its text is gone from the log."
    assert any(redacted in text for text in said)
    assert len(said) == before + 1


def test_a_message_with_redacted_words_that_slack_lets_nobody_change_is_told_once(world, monkeypatch):
    story = told(how_noticed="the password nR4wTq82Lx05vBz7 is on a wall")
    channel = opened(world, story).id
    refs = show(world, story)
    refusing_to_edit(world, monkeypatch)
    story.then(e.Redacted(Cut(1, "incident-declared", "d" * 64, "{}"), "it held a password", "ada"), by="bob")
    for _ in range(2):
        show(world, story, refs)
    said = [text for text in texts(world, channel) if "does not let the bot change it" in text]
    assert len(said) == 2  # of the one in the thread, and of the line in the channel
    assert all("cant_update_message" in text and "Ask a workspace admin to delete" in text for text in said)


def test_people_are_called_for_a_failing_consumer_once_no_other_new_key_of_it_is_missing(world):
    outside = Outside()
    outside.failing = {"checkout"}
    keys = (made("openai-api-key"), made("sendgrid-api-key"), BY_PERSON)
    story = Declared(declaration(*map(wanted, keys)), ANNA, outside).run(60)
    news = News.of(story.incident, world.people, story.log)
    failing = [recorded for recorded in story.log if isinstance(recorded.event, e.ConsumersFailing)]
    told_of = [message for recorded in failing if (message := news.message(recorded)) is not None]
    assert len(told_of) == 2
    said = told_as(told_of[0])
    assert "The bot found checkout FAILING with the new key of openai-api-key" in said
    assert "Unknown whether the new key is the cause: `stripe-secret-key` has no new value yet." in said
    assert not any(message.everyone or "<@" in told_as(message) for message in told_of)
