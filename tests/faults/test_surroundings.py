"""Faults that do not fit a case: Slack down for a whole incident, and a silence as long as a drill really waits."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from bot.drill.fakes.serving import Served
from bot.drill.fakes.slack import FakeSlack
from bot.incident import commands as c
from bot.incident.clocks import clocks
from bot.incident.lanes import CHANNEL_LANE
from bot.incident.model import New, Old, Strategy
from tests.faults.running import settled
from tests.support.practice import BEN, OPENAI, SENDGRID, practice

pytestmark = pytest.mark.process


@pytest.fixture
def world(tmp_path, monkeypatch):
    with practice(tmp_path, monkeypatch) as made:
        yield made


@pytest.fixture
def slack(world):
    fake = FakeSlack(rate_limited=False)
    with Served(fake.application) as served:
        world.environ |= {"SLACK_BOT_TOKEN": fake.token, "SLACK_API_URL": f"{served.url}/api"}
        yield fake
        world.stop()


def both(incident):
    return settled(OPENAI)(incident) and settled(SENDGRID)(incident)


def test_with_slack_down_all_the_while_an_incident_is_carried_to_its_close(world, slack):
    slack.faults.inject("down")
    incident = world.declare(OPENAI, SENDGRID)
    world.start()
    world.wait(incident, both)
    world.finish(incident)

    state = world.wait(incident, lambda i: i.report.decisions and i.page.word == "resolved")
    assert state.closed
    assert not state.channel
    assert world.pagerduty.alert(incident).state == "resolved"
    assert slack.calls == []


@pytest.mark.parametrize(
    "fault", ["500", *(pytest.param(fault, marks=pytest.mark.slow_tier) for fault in ("down", "429-after", "html"))]
)
def test_what_slack_missed_is_shown_by_itself_when_it_is_back(world, slack, fault):
    slack.faults.inject(fault)
    incident = world.declare(OPENAI, SENDGRID)
    world.start()
    state = world.wait(incident, lambda i: both(i) and i.lane(CHANNEL_LANE).failure)
    assert state.lane(CHANNEL_LANE).failure.message.startswith("slack: ")
    assert not state.lane(CHANNEL_LANE).failure.final

    slack.faults.clear()
    world.wait(incident, lambda i: i.channel)
    end = time.monotonic() + 90
    while not any(call.method == "chat.postMessage" for call in slack.calls):
        assert time.monotonic() < end, "no card was posted when Slack was back"
        time.sleep(0.1)


def test_a_silence_as_long_as_a_drill_waits_holds_up_its_own_lanes_only(world):
    """With the time-out of five seconds that a drill has; the fake is silent for five times as long."""
    world.sendgrid.faults.inject("revoke-silence", 1)
    begun = time.monotonic()
    incident = world.declare(OPENAI, SENDGRID)
    world.start()

    state = world.wait(incident, settled(OPENAI))
    assert not state.secrets[SENDGRID].gone
    state = world.wait(incident, settled(SENDGRID))
    assert time.monotonic() - begun > 5
    assert SENDGRID in state.secrets


def test_an_overlap_is_not_ended_while_every_consumer_answers_500(world):
    """Otherwise the product is down for good, and nobody knows."""
    world.hurry(overlap=1.5)
    incident = world.declare(SENDGRID, strategy=Strategy.OVERLAP)
    world.start()
    state = world.wait(incident, lambda i: i.request and i.secrets[SENDGRID].new.promoted_at)
    world.functions.faults.inject("health-500")  # from then on: what failed before is not held against the new key
    world.do(incident, c.ApprovePlan(state.request.digest), BEN)
    overlap = timedelta(seconds=state.timings.overlap)

    state = world.wait(incident, lambda i: _failing_for(i) > 2 * overlap)
    secret = state.secrets[SENDGRID]
    assert (secret.old_state, secret.new_state) == (Old.ALIVE, New.FAILING)
    assert world.old[SENDGRID] in {key.value for key in world.sendgrid.live_keys()}
    assert clocks(state, secret).restore_seconds is None
    assert world.wait(incident, lambda _: world.pagerduty.alert(f"{incident}-worse"))

    world.functions.faults.clear()
    state = world.wait(incident, settled(SENDGRID))
    secret = state.secrets[SENDGRID]
    assert secret.old.revoked_at >= secret.new.live_at + overlap


def _failing_for(incident):
    """What is asked meanwhile is counted, and seldom recorded."""
    since = incident.secrets[SENDGRID].new.failing_since
    return datetime.now(UTC) - since if since else timedelta()
