"""Stopping and resuming a provider's schedule: by whom, once, and on a real log."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from bot.eventlog import open_event_log
from bot.inbox.installation import decisions as made_for
from bot.incident.model import Actor, Right
from bot.incident.refusals import Declined
from bot.planned.rules.stops import ResumeProvider, StopProvider
from tests.support.databases import empty_log
from tests.support.event_logs import SEAL

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
EVE, FAY = Actor("eve", frozenset({Right.RESPOND})), Actor("fay")


@pytest.fixture
def log(tmp_path):
    event_log = open_event_log(empty_log(tmp_path / "log.sqlite"), seal=SEAL)
    yield event_log
    event_log.close()


def test_any_responder_stops_a_provider_and_any_resumes_it(log):
    _, decisions, _ = made_for(log, SimpleNamespace(about_trust=None))

    def say(command, actor=EVE):
        decisions.append(command, actor, NOW, f"c{len(log.stops.events())}", lambda _connection: None)

    with pytest.raises(Declined, match=" the schedule of openai is not stopped"):
        say(ResumeProvider("openai", "green again"))
    with pytest.raises(Declined, match="fay"):
        say(StopProvider("openai", "red"), FAY)
    say(StopProvider("openai", "its status page is red."))
    assert log.stops.current().words == {
        "openai": "openai is stopped by eve since 2026-11-24 09:00 UTC: its status page is red"
    }
    with pytest.raises(Declined, match="Nothing to do: openai is stopped by eve"):
        say(StopProvider("openai", "red"))
    say(ResumeProvider("openai", "green again"))
    assert log.stops.current().stopped == {}
