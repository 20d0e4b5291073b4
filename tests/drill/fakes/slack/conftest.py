"""A workspace, Slack's own client on one side of it and a real Bolt application on the other."""

from __future__ import annotations

import pytest
from slack_sdk import WebClient

from bot.drill.fakes.serving import Served
from bot.drill.fakes.slack import BOT_USER, TOKEN, FakeSlack, SlackDriver
from tests.support.practice_bot import SIGNING_SECRET, Clock, PracticeBot


@pytest.fixture(scope="module")
def clock():
    return Clock()


@pytest.fixture(scope="module")
def slack(clock):
    fake = FakeSlack(clock=clock, rate_limited=False)
    fake.workspace.find_channel("general").members.append(BOT_USER)
    return fake


@pytest.fixture(scope="module")
def served(slack):
    with Served(slack.application) as server:
        yield server


@pytest.fixture(scope="module")
def client(served):
    return WebClient(token=TOKEN, base_url=f"{served.url}/api/")


@pytest.fixture(scope="module")
def bot(served, slack):
    bot = PracticeBot(f"{served.url}/api/", slack.token)
    yield bot
    bot.served.stop()


@pytest.fixture(autouse=True)
def fresh(request, slack):
    slack.faults.clear()
    if "bot" in request.fixturenames:
        bot = request.getfixturevalue("bot")
        bot.seen.clear()
        bot.refuse, bot.submit_answer = False, None


@pytest.fixture(scope="module")
def driver(served, bot):
    return SlackDriver(served.url, bot.url, SIGNING_SECRET)


@pytest.fixture(scope="module")
def alice(slack):
    return slack.workspace.add_user("alice", "Alice Doe", "alice@example.com").id


@pytest.fixture(scope="module")
def bob(slack):
    return slack.workspace.add_user("bob").id
