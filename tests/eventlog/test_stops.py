"""The log of stopped providers: kept through restarts, and where it is damaged nothing begins by schedule."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, update

from bot.eventlog import NotAWorker, open_event_log
from bot.eventlog.installation_streams import StopsDamaged
from bot.eventlog.tables import EVENTS
from bot.incident.model import Actor, Right
from bot.planned.rules.stops import ResumeProvider, StopProvider, decide
from tests.support.event_logs import SEAL

AT = datetime(2026, 11, 27, 10, tzinfo=UTC)
EVE = Actor("eve", frozenset({Right.RESPOND}))


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/log.sqlite"


@pytest.fixture
def event_log(url):
    made = open_event_log(url, seal=SEAL)
    say(made, StopProvider("openai", "refused"), "c1")
    say(made, StopProvider("stripe", "moves"), "c2")
    say(made, ResumeProvider("stripe", "has moved"), "c3")
    yield made
    made.close()


def say(event_log, command, command_id):
    event_log.stops.append(lambda state: decide(state, command, EVE), at=AT, actor=EVE.name, command_id=command_id)


def test_another_process_reads_what_was_decided(event_log, url):
    other = open_event_log(url)
    assert other.stops.current() == event_log.stops.current()
    assert list(other.stops.current().stopped) == ["openai"]
    with pytest.raises(NotAWorker):
        say(other, ResumeProvider("openai", "green"), "c4")
    other.close()


@pytest.mark.parametrize(
    "change",
    [
        update(EVENTS).where(EVENTS.c.seq == 1).values(data="{}"),
        update(EVENTS).where(EVENTS.c.seq == 2).values(actor="cleo"),
        delete(EVENTS).where(EVENTS.c.seq == 3),
    ],
)
def test_a_changed_or_missing_entry_is_damage(event_log, change):
    event_log.stops.current()
    with event_log.database.writing() as connection:
        connection.execute(change)
    event_log.stops.use_seal(SEAL) if "UPDATE" in str(change) else None
    with pytest.raises(StopsDamaged, match="Nothing starts by schedule until it is repaired"):
        event_log.stops.current()
