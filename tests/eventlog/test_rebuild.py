import pytest
from sqlalchemy import text

from bot.eventlog import Cursor
from bot.eventlog.rebuild import rebuild
from bot.incident import commands as c
from tests.support.event_logs import AT, command, declare, note


@pytest.fixture
def filled(event_log):
    event_log.execute("inc_b", declare("inc_b", "redis", "openai"))
    event_log.execute("inc_b", command("attest", c.Settle((c.AttestDeath("redis", "server is gone"),))))
    event_log.execute("inc_a", declare("inc_a", "stripe"))
    event_log.execute("inc_a", command("close", c.Close("done")))
    event_log.execute("inc_c", declare("inc_c", "openai", environment="staging"))
    event_log.execute("inc_c", note("n"))
    event_log.cursors.put(Cursor("inc_b", "slack", "card", 3, "{}", AT))
    return event_log


def projections(event_log):
    return event_log.incidents(), event_log.taken_secrets(), event_log.cursors.all("inc_b")


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE incidents SET seq = 1, title = 'x', state = 'closed', alive = 9",
        "DELETE FROM open_secrets",
        "DELETE FROM incidents",
        "INSERT INTO open_secrets VALUES ('production', 'made-up', 'inc_a')",
        "SELECT 1",
    ],
)
def test_projections_are_the_same_after_a_rebuild(filled, damage):
    before = projections(filled)
    with filled.database.writing() as connection:
        connection.execute(text(damage))
    for _ in range(2):
        rebuilt = rebuild(filled)
        assert (rebuilt.incidents, rebuilt.events, rebuilt.conflicts) == (3, 10, ())
        assert projections(filled) == before
    assert filled.execute("inc_c", note("after")).incident.seq == 4


def test_a_summary_without_events_goes(filled):
    with filled.database.writing() as connection:
        connection.execute(text("DELETE FROM events WHERE stream = 'inc_c'"))
    assert rebuild(filled).incidents == 2
    assert [summary.incident for summary in filled.incidents()] == ["inc_a", "inc_b"]


def test_a_secret_in_two_open_incidents_is_reported_and_stays_with_the_older(filled):
    with filled.database.writing() as connection:
        connection.execute(text("DELETE FROM open_secrets"))
    filled.execute("inc_d", declare("inc_d", "openai", command_id="later"))
    rebuilt = rebuild(filled)
    assert len(rebuilt.conflicts) == 1
    assert rebuilt.conflicts[0].startswith("inc_d: openai in production is already handled in inc_b")
    assert filled.incident_of("production", "openai") == "inc_b"


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("UPDATE events SET kind = 'moon-landed' WHERE stream = 'inc_c' AND seq = 3", "event 3 was changed"),
        ("DELETE FROM events WHERE stream = 'inc_c' AND seq = 1", "event 2 was changed, or"),
    ],
)
def test_an_incident_that_cannot_be_read_stays_listed_as_it_was_and_the_others_are_rebuilt(filled, damage, said):
    before = projections(filled)
    with filled.database.writing() as connection:
        connection.execute(text(damage))
        connection.execute(text("DELETE FROM open_secrets WHERE incident = 'inc_b'"))
        connection.execute(text("UPDATE incidents SET alive = 9 WHERE incident = 'inc_b'"))
    rebuilt = rebuild(filled)
    assert (rebuilt.incidents, rebuilt.events) == (2, 7)
    (unread,) = rebuilt.unread
    assert unread.startswith(f"The log of inc_c is damaged: {said}")
    assert projections(filled) == before
