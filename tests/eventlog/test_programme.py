"""The log of the programme: kept through restarts, and where it is damaged nothing rests on it."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, update

from bot.eventlog import NotAWorker, open_event_log
from bot.eventlog.programme import ProgrammeDamaged
from bot.eventlog.tables import PROGRAMME_EVENTS
from bot.incident.model import Actor
from bot.programme.commands import AgreeStanding, AgreeWaiver, AskWaiver, SignStanding, StopProvider
from bot.programme.decide import decide
from bot.programme.state import in_force
from tests.programme.conftest import AT, RIGHTS
from tests.support.event_logs import SEAL

DAY = timedelta(days=1)


def everybody(name, right):
    return right in RIGHTS[name]


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/log.sqlite"


@pytest.fixture
def event_log(url):
    made = open_event_log(url, seal=SEAL)
    say(made, SignStanding("production", ("a",), 60.0, AT + 9 * DAY, "Tue-Thu 09:00-16:00 Europe/Berlin"), "ada")
    say(made, AgreeStanding(1, made.programme.current().standing[1].digest), "ben")
    say(made, AskWaiver("b", "production", AT + 9 * DAY, "moves"), "eve")
    say(made, AgreeWaiver(1), "ben")
    say(made, StopProvider("openai", "refused", "inc_ab12cd"), "eve")
    yield made
    made.close()


def say(event_log, command, by):
    actor = Actor(by, frozenset(RIGHTS[by]))
    event_log.programme.append(
        lambda state: decide(state, command, actor, AT, entitled=everybody, due=lambda *_: AT + DAY),
        at=AT,
        actor=by,
        command_id=f"{by}-{type(command).__name__}",
    )


def test_another_process_reads_what_was_decided(event_log, url):
    other = open_event_log(url)
    programme = other.programme.current()
    assert programme == event_log.programme.current()
    found = in_force(programme, "production", "a", AT, everybody)
    assert (found.number, [giver.name for giver in found.givers]) == (1, ["ada", "ben"])
    assert programme.waiver_of("production", "b", AT + DAY, AT).number == 1
    assert programme.stopped["openai"].incident == "inc_ab12cd"
    with pytest.raises(NotAWorker):
        say(other, AgreeWaiver(1), "ada")
    other.close()


@pytest.mark.parametrize(
    "change",
    [
        update(PROGRAMME_EVENTS).where(PROGRAMME_EVENTS.c.seq == 1).values(data="{}"),
        update(PROGRAMME_EVENTS).where(PROGRAMME_EVENTS.c.seq == 2).values(actor="cleo"),
        delete(PROGRAMME_EVENTS).where(PROGRAMME_EVENTS.c.seq == 5),
    ],
)
def test_a_changed_or_missing_entry_is_damage(event_log, change):
    event_log.programme.current()
    with event_log.database.writing() as connection:
        connection.execute(change)
    event_log.programme.use_seal(SEAL) if "UPDATE" in str(change) else None
    with pytest.raises(ProgrammeDamaged, match="Nothing rests on it until it is repaired"):
        event_log.programme.current()
