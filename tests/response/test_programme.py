"""What people decide about planned rotations, on a real log: due dates are asked for beside it, before it is locked."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.eventlog import open_event_log
from bot.incident.model import Actor, Right
from bot.incident.refusals import Declined
from bot.programme.commands import AgreeWaiver, AskWaiver
from bot.response.programme import ProgrammeDecisions
from tests.slack.conftest import catalog
from tests.support.databases import empty_log
from tests.support.event_logs import SEAL

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
DAY = timedelta(days=1)
OPENAI = "openai-api-key"


@pytest.fixture
def log(tmp_path):
    event_log = open_event_log(empty_log(tmp_path / "log.sqlite"), seal=SEAL)
    yield event_log
    event_log.close()


def test_whoever_agrees_to_a_waiver_is_told_what_has_become_due_meanwhile(log):
    due, asked = {("production", OPENAI): NOW + 30 * DAY}, []

    def due_at(environment, secret):
        asked.append((environment, secret))
        return due[environment, secret]

    decisions = ProgrammeDecisions(log, catalog(), lambda *_: True, due_at)

    def say(command, by):
        decisions.append(command, Actor(by, frozenset(Right)), NOW, f"{by}-{command}"[:60], lambda _connection: None)

    say(AskWaiver(OPENAI, "production", NOW + 60 * DAY, "the vendor moves"), "ada")
    due["production", OPENAI] = NOW - 30 * DAY
    with pytest.raises(Declined, match="has been overdue since 2026-10-25"):
        say(AgreeWaiver(1), "ben")
    due["production", OPENAI] = NOW + 20 * DAY
    say(AgreeWaiver(1), "ben")
    assert log.programme.current().waivers[1].agreed.name == "ben"
    assert asked == [("production", OPENAI)] * 3
    with pytest.raises(Declined, match="There is no waiver 2"):
        say(AgreeWaiver(2), "ben")
