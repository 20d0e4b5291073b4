"""Whoever owes what is overdue is reminded by a direct message: once, whatever crashes, with what does it; edited
once it is done, moved, or someone else's.
"""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from bot.drill.fakes.serving import Served
from bot.drill.fakes.slack import TOKEN, FakeSlack
from bot.drill.fakes.slack.limits import check_message
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.clocks import notification
from bot.incident.model import NoticeOutcome, Right
from bot.model.secrets import Data
from bot.net.limits import Bucket
from bot.people import Listing, People, Person
from bot.phrases.marks import plain
from bot.secrets.secret import Secret
from bot.slack.approval_messages import ApprovalMessages
from bot.slack.channel_messages import News
from bot.slack.gateway import SlackGateway, web_client
from bot.slack.reminder_messages import over, told
from tests.support.incidents import ANNA, BEN, CHLOE, OBLIGATIONS, Story, declaration, entry, wanted

DUE = datetime(2026, 11, 25, 9, tzinfo=UTC)
RIGHTS = {
    "anna": frozenset({Right.RESPOND}),
    "ben": frozenset({Right.RESPOND, Right.APPROVE}),
    "chloe": frozenset(Right),
}


@pytest.fixture(scope="module")
def slack():
    fake = FakeSlack(rate_limited=False)
    served = Served(fake.application)
    yield SimpleNamespace(fake=fake, url=served.url)
    served.stop()


class Overdue:
    """A task of `owner` is overdue since nine in the morning, and the bot has reminded of it."""

    def __init__(self, slack, owner="ben") -> None:
        self.fake, workspace = slack.fake, slack.fake.workspace
        workspace.channels = {key: each for key, each in workspace.channels.items() if not each.is_im}
        self.ids = {name: workspace.add_user(name).id for name in RIGHTS}
        for user in workspace.users.values():
            user.deleted = False
        self.people = People(tuple(Person(n, slack=i, rights=RIGHTS[n]) for n, i in self.ids.items()))
        gateway = SlackGateway(web_client(Secret(TOKEN), f"{slack.url}/api"), lambda: Bucket(1e6, 1000))
        self.messages = ApprovalMessages(gateway, self.people)
        self.story = Story(declaration()).run(180)
        self.story.do(c.AddTask("take it out of the history", owner, DUE), ANNA)
        self.run_until(DUE + timedelta(minutes=1))
        [self.task] = [task.id for task in self.story.incident.tasks.values() if task.due is not None]
        self.refs, self.seen = {}, 0

    def run_until(self, when):
        self.story.run((when - self.story.now).total_seconds())

    def ask(self):
        news, self.seen = self.story.log[self.seen :], len(self.story.log)
        self.refs, trouble = self.messages.ask(self.story.incident, news, self.refs, self.story.now)
        return trouble

    def sent(self, name):
        channels = self.fake.workspace.channels.values()
        return [m for there in channels if there.is_im and self.ids[name] in there.members for m in there.messages]

    def texts(self, name):
        return [json.dumps(each["blocks"], ensure_ascii=False) for each in self.sent(name)]

    def said(self, kind):
        """What the channel is told of the events of this kind."""
        words = News.of(self.story.incident, self.people, self.story.log)
        found = [words.message(each) for each in self.story.log if isinstance(each.event, kind)]
        return [message for message in found if message is not None]


@pytest.fixture
def late(slack):
    return Overdue(slack)


def buttons(message):
    return [
        each["action_id"] for block in message["blocks"] if block["type"] == "actions" for each in block["elements"]
    ]


def test_whoever_owes_it_is_told_with_what_does_it_and_so_is_the_channel_which_calls_them(late):
    assert late.ask() is None
    [text] = late.texts("ben")
    assert "Overdue since" in text
    assert "take it out of the history" in text
    assert buttons(late.sent("ben")[0])[0] == "answer"
    assert check_message(late.sent("ben")[0]["blocks"]) == []
    assert [len(late.sent(name)) for name in ("anna", "chloe")] == [0, 0]
    [message] = late.said(e.Reminded)
    assert message.everyone
    assert late.ids["ben"] in message.lines[0]


def test_it_is_sent_once_whatever_a_crash_forgot(late):
    late.ask()
    late.refs = {}
    late.ask()
    late.ask()
    assert len(late.sent("ben")) == 1


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda late: late.story.do(c.FinishTask(late.task), BEN), "✅ {}: done by ben "),
        (lambda late: late.story.do(c.DeclineTask(late.task, "nobody needs it"), BEN), "✅ {}: declined by ben "),
        (
            lambda late: late.story.do(c.ChangeTask(late.task, "ben", DUE + timedelta(hours=8), "it is long"), BEN),
            "➡️ {}: moved to ",
        ),
    ],
)
def test_what_is_done_or_moved_says_what_it_was_in_the_message(late, act, words):
    late.ask()
    act(late)
    late.ask()
    assert words.format("Task “take it out of the history”") in late.texts("ben")[0]
    assert buttons(late.sent("ben")[0]) == []


def test_what_became_somebody_elses_goes_to_them(late):
    late.ask()
    late.story.do(c.ChangeTask(late.task, "chloe", None, "ben sleeps"), CHLOE)
    late.ask()
    assert "➡️ Task “take it out of the history”: still open, due " in late.texts("ben")[0]
    assert "; it is chloe's." in late.texts("ben")[0]
    assert len(late.sent("chloe")) == 1


def test_a_team_that_owes_it_is_each_of_its_members(slack):
    late = Overdue(slack, owner="Platform")
    listing = Listing(tuple(late.people), teams={"Platform": ("anna", "ben")})
    late.messages = ApprovalMessages(late.messages.gateway, People(current=lambda: listing))
    assert late.ask() is None
    assert [len(late.sent(name)) for name in ("anna", "ben", "chloe")] == [1, 1, 0]


def test_who_has_left_is_reminded_of_nothing_and_the_channel_is_told(slack):
    overdue = Overdue(slack)
    people = overdue.people.everyone
    overdue.messages.people = People(tuple(replace(one, rights=frozenset(), lost=one.name == "ben") for one in people))
    overdue.ask()
    assert overdue.sent("ben") == []
    assert len(overdue.said(e.Reminded)) == 1


def test_a_message_that_asks_nothing_more_says_how_what_it_was_about_stands(late):
    step, story = "step:notify", late.story
    assert "“Tell the team”: still open" in plain(over(story.incident, step))
    story.do(c.SkipStep("notify", "a drill"), ANNA)
    assert over(story.incident, step).startswith("✅ Step ")


def test_a_notice_that_is_not_to_be_sent_after_all_is_said_to_be_so():
    story = Story(declaration(wanted(entry(data=Data.PERSONAL)), obligations=OBLIGATIONS)).run(180)
    for outcome, words in ((NoticeOutcome.NOTIFY, "➡️ "), (NoticeOutcome.NOT_REQUIRED, "✅ ")):
        story.do(c.DecideNotice("authority", outcome, f"looked at it: {outcome}"), ANNA)
        assert over(story.incident, "notice:authority").startswith(words)
    assert "not to be sent, decided by anna" in plain(over(story.incident, "notice:authority"))
    assert plain(over(story.incident, "decision:authority")).endswith(" decided by anna 03:03 UTC.")
    assert "still open, due" in over(story.incident, "decision:insurer")


def test_glass_that_another_is_to_review_is_not_said_to_be_reviewed():
    story, names = Story(declaration()).run(180), ("openai-api-key",)
    story.record(e.GlassBroken(names, "nobody answers"), "anna")
    assert plain(over(story.incident, "review:openai-api-key")).startswith("➡️ Review of broken glass: still open, due ")
    story.record(e.GlassReviewed(names, "it was right"), "ben")
    assert plain(over(story.incident, "review:openai-api-key")) == "✅ Review of broken glass: done."


def test_who_decides_gets_another_message_each_day_that_nobody_has():
    story = Story(declaration(wanted(entry(data=Data.PERSONAL)))).run(180)
    people = People((Person("anna", slack="U1", rights=frozenset(Right)),))
    due, keys = notification(story.incident).due, []
    for hours in (-11, 1, 34, 58):
        story.run((due + timedelta(hours=hours) - story.now).total_seconds())
        [one] = [each for each in told(story.incident, people, story.now) if each.about.startswith("decision:")]
        keys.append(one.key.rpartition("#")[2])
    assert "Overdue since" in one.lines[0]
    assert keys == ["1", "2", "3", "4"]
