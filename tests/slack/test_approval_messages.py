"""Whoever can approve is asked by a direct message: once, whatever crashes; edited once it is changed or decided."""

import json
from types import SimpleNamespace

import pytest

from bot.app.slack import trusted
from bot.drill.fakes.serving import Served
from bot.drill.fakes.slack import TOKEN, FakeSlack
from bot.drill.fakes.slack.limits import check_message
from bot.incident import commands as c
from bot.incident.model import Right, Strategy
from bot.incident.offers import available, unblocked
from bot.model.codec import Recorded
from bot.model.secrets import Kill, Outage
from bot.net.limits import Bucket
from bot.people import People, Person
from bot.phrases.approvals import who_can
from bot.secrets.secret import Secret
from bot.slack.approval_messages import ApprovalMessages, questions
from bot.slack.blocks import to_json
from bot.slack.errors import SlackRefused
from bot.slack.gateway import SlackGateway, web_client
from bot.trust import Distrusted, TrustState, evolve
from tests.support.incidents import ANNA, BEN, CHLOE, Story, declaration, entry, wanted

RESPONDER, APPROVER = frozenset({Right.RESPOND}), frozenset({Right.RESPOND, Right.APPROVE})


def fatal(name="redis-url"):
    return entry(name, kill=Kill.IRREVERSIBLE, outage=Outage.DOWN, if_killed="Sessions drop.")


@pytest.fixture(scope="module")
def slack():
    fake = FakeSlack(rate_limited=False)
    served = Served(fake.application)
    yield SimpleNamespace(fake=fake, url=served.url)
    served.stop()


class Asking:
    """Anna has declared what takes two; ben and chloe can approve, dora cannot. `refs` is what the publisher keeps."""

    def __init__(self, slack, *secrets, strategy=Strategy.KILL_FIRST) -> None:
        self.fake, workspace = slack.fake, slack.fake.workspace
        workspace.channels = {key: each for key, each in workspace.channels.items() if not each.is_im}
        self.ids = {name: workspace.add_user(name).id for name in ("anna", "ben", "chloe", "dora")}
        rights = {"anna": RESPONDER, "ben": APPROVER, "chloe": APPROVER, "dora": RESPONDER}
        self.people = People(tuple(Person(n, slack=i, rights=rights[n]) for n, i in self.ids.items()))
        gateway = SlackGateway(web_client(Secret(TOKEN), f"{slack.url}/api"), lambda: Bucket(1e6, 1000))
        self.messages = ApprovalMessages(gateway, self.people)
        self.story = Story(declaration(*(wanted(each, strategy) for each in secrets or (fatal(),))))
        self.story.run(10)
        self.refs, self.seen = {}, 0

    def ask(self):
        news, self.seen = self.story.log[self.seen :], len(self.story.log)
        self.refs, trouble = self.messages.ask(self.story.incident, news, self.refs, self.story.now)
        return trouble

    def sent(self, name):
        channels = self.fake.workspace.channels.values()
        return [m for there in channels if there.is_im and self.ids[name] in there.members for m in there.messages]

    def texts(self, name):
        return [json.dumps(each["blocks"], ensure_ascii=False) for each in self.sent(name)]


@pytest.fixture
def asking(slack):
    return Asking(slack)


def test_those_who_can_approve_are_asked_and_nobody_else(asking):
    assert asking.ask() is None
    [text] = asking.texts("ben")
    for part in ("anna asks: revoke ", "redis-url", "production", "Sessions drop.", "cannot be undone",
                 "in use ", "(checkout)", "Plan ", "expires"):  # fmt: skip
        assert part in text
    assert [len(asking.sent(name)) for name in ("anna", "ben", "chloe", "dora")] == [0, 1, 1, 0]
    actions = next(b for b in asking.sent("ben")[0]["blocks"] if b["type"] == "actions")["elements"]
    assert [each["action_id"] for each in actions] == ["approve", "reject", "open_link"]
    [offer] = unblocked(available(asking.story.incident, asking.story.now), c.ApprovePlan)
    assert json.loads(actions[0]["value"])["digest"] == offer.command.digest  # the very press that the card has
    assert who_can([each.actor for each in asking.people], offer) == "ben or chloe"


def test_who_is_not_trusted_is_not_asked_and_what_they_were_asked_goes(asking):
    state = TrustState()
    asking.messages.people = trusted(asking.people, lambda: state, iter(range(0, 100, 2)).__next__)
    asking.ask()
    assert "redis-url" in asking.texts("ben")[0]
    event = Distrusted("ben", "his laptop is gone", asking.people.named("ben").accounts)
    state = evolve(state, Recorded(1, asking.story.now, "anna", event))
    asking.ask()
    [text] = asking.texts("ben")
    assert "Your answer is no longer needed" in text
    assert "redis-url" not in text
    assert "redis-url" in asking.texts("chloe")[0]


def test_it_is_sent_once_whatever_a_crash_forgot(asking):
    asking.ask()
    asking.ask()
    asking.refs = {}  # a crash between sending and keeping
    asking.ask()
    assert len(asking.sent("ben")) == 1
    assert asking.refs


def test_a_changed_plan_is_asked_anew_and_the_old_message_says_so(slack):
    asking = Asking(slack, strategy=Strategy.OVERLAP)
    asking.ask()
    asking.story.do(c.ChooseStrategy("redis-url", Strategy.KILL_FIRST, "it is abused"), ANNA)
    asking.story.run(30)
    asking.ask()
    old, new = asking.texts("ben")
    assert "The plan changed" in old
    assert "asks: revoke " in new
    assert ["actions" in [b["type"] for b in each["blocks"]] for each in asking.sent("ben")] == [False, True]


@pytest.mark.parametrize(
    ("decide", "words"),
    [
        (lambda story: story.approve(BEN), "👍 ben approved"),
        (lambda story: story.do(c.RejectPlan(story.digest(), "not this one"), CHLOE), "👎 chloe refused revoking "),
        (lambda story: story.run(1900), "No answer in time. A new message asks again"),
    ],
)
def test_what_became_of_it_stands_in_the_message(asking, decide, words):
    asking.ask()
    decide(asking.story)
    asking.ask()
    first = asking.texts("ben")[0]
    assert words in first
    assert "actions" not in [block["type"] for block in asking.sent("ben")[0]["blocks"]]


def test_an_old_message_that_slack_does_not_let_us_change_keeps_nobody_from_the_new_one(slack, monkeypatch):
    asking = Asking(slack, strategy=Strategy.OVERLAP)
    asking.ask()

    def closed(*_):
        raise SlackRefused("update a message", "edit_window_closed")

    monkeypatch.setattr(asking.messages.gateway, "update", closed)
    asking.story.do(c.ChooseStrategy("redis-url", Strategy.KILL_FIRST, "it is abused"), ANNA)
    asking.story.run(30)
    assert asking.ask() is None
    assert len(asking.sent("ben")) == 2


def test_somebody_who_is_gone_is_passed_over_and_a_rate_limit_is_tried_again(asking):
    del asking.fake.workspace.users[asking.ids["chloe"]]
    asking.fake.faults.inject("chat.postMessage-429", 1)
    trouble = asking.ask()
    assert trouble is not None
    assert trouble.retryable
    assert asking.sent("ben") == []
    assert asking.ask() is None
    assert len(asking.sent("ben")) == 1
    calls = len(asking.fake.calls)
    assert asking.ask() is None
    assert len(asking.fake.calls) == calls  # nobody is asked about again


def test_many_secrets_are_one_message_within_slacks_limits(slack):
    asking = Asking(slack, *(fatal(f"key-{number:03}-{'x' * 40}") for number in range(12)))
    [question] = questions(asking.story.incident, asking.story.now)
    blocks = to_json(question.blocks(asking.story.incident))
    assert check_message(blocks) == []
    assert "and 6 more" in json.dumps(blocks)
