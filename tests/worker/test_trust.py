"""The worker and whom to trust: kills that nobody's word carries any more, and a chain that was tampered with."""

import pytest
import requests
from sqlalchemy import delete

from bot.eventlog.tables import EVENTS
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.model import OPERATOR, Actor, Old, Right
from bot.trust import Distrust, decide
from tests.support.consents import SHOWN
from tests.support.practice import OPENAI, practice

pytestmark = pytest.mark.process
CLEO = Actor("cleo", frozenset(Right))


@pytest.fixture
def world(tmp_path, monkeypatch):
    path = tmp_path / "people.yaml"
    path.write_text("".join(f"{n}: {{slack: U0{n.upper()}, rights: [respond, approve, command]}}\n" for n in PEOPLE))
    with practice(tmp_path, monkeypatch) as made:
        made.environ["BOT_PEOPLE"] = str(path)
        yield made


PEOPLE = ("ada", "ben", "cleo")


def distrust(world, subject, number=1):
    world.app.event_log.trust.append(
        lambda state: decide(state, Distrust(subject, "gone"), CLEO, world.app.clock(), everyone=PEOPLE),
        at=world.app.clock(),
        actor="cleo",
        command_id=f"distrust-{number}",
        settle=lambda _connection: None,
    )


def cut(world):
    with world.app.event_log.database.writing() as connection:
        connection.execute(delete(EVENTS).where(EVENTS.c.stream == "trust"))


def alerts(world):
    events_url = world.environ["BOT_PAGERDUTY_EVENTS_URL"]
    return [alert["dedup_key"] for alert in requests.get(f"{events_url}/_fake/alerts", timeout=5).json()["alerts"]]


def test_a_kill_on_the_word_of_somebody_who_lost_trust_is_not_made(world):
    incident = world.declare(OPENAI)
    distrust(world, "ada")
    world.start()
    state = world.wait(incident, lambda i: i.trust.people and i.secrets[OPENAI].in_place)
    assert (state.secrets[OPENAI].old_state, state.secrets[OPENAI].kill) == (Old.ALIVE, None)
    world.do(incident, c.KillNow(OPENAI, SHOWN), CLEO)
    world.wait(incident, lambda i: i.secrets[OPENAI].gone)


def test_a_running_worker_tells_every_open_incident_and_wakes_people_anew(world):
    incident = world.declare(OPENAI)
    world.start()
    world.wait(incident, lambda i: i.secrets[OPENAI].gone)
    distrust(world, "ben")
    said = "a person is no longer trusted"
    state = world.wait(incident, lambda i: said in i.alerts[: i.page.alerts_sent])
    assert state.trust.people == ("ben",)
    assert said in state.milestones
    assert f"{incident}-worse" in alerts(world)
    world.wait(incident, lambda _: "trust-locked" in alerts(world))  # ada alone is left, and gives nothing back


def test_an_incident_stops_being_posted_when_slack_is_not_trusted(world):
    incident = world.declare(OPENAI)
    distrust(world, "slack")
    world.start()
    state = world.wait(incident, lambda i: i.secrets[OPENAI].in_place)
    events = world.app.incidents.events(incident)
    assert state.slack_untrusted
    assert not [r for r in events if isinstance(r.event, e.OperationStarted) and r.event.claim.op == "open-channel"]


def test_a_running_worker_notices_the_cut_pages_and_makes_no_kill_but_that_of_broken_glass(world):
    incident = world.declare(OPENAI, by=Actor("slack:U0NOBODY"))
    distrust(world, "ada")
    worker = world.start()
    world.wait(incident, lambda i: i.secrets[OPENAI].old.captured_at)
    cut(world)
    world.do(incident, c.KillNow(OPENAI, SHOWN), CLEO)
    state = world.wait(incident, lambda i: worker.untrusting and i.secrets[OPENAI].in_place)
    assert "the events after 0 were cut off" in worker.untrusting
    assert state.secrets[OPENAI].old_state is Old.ALIVE
    assert state.secrets[OPENAI].kill.name == "cleo", "her word is kept until someone can tell"
    world.wait(incident, lambda _: "trust-damaged" in alerts(world))

    world.do(
        incident, c.BreakGlass({OPENAI: SHOWN}, "nobody's word counts"), Actor(OPERATOR, frozenset({Right.RESPOND}))
    )
    world.wait(incident, lambda i: i.secrets[OPENAI].gone)


def test_glass_broken_by_the_operator_is_not_withdrawn_for_want_of_a_right(world):
    incident = world.declare(OPENAI, by=Actor("slack:U0NOBODY"))
    world.do(
        incident, c.BreakGlass({OPENAI: SHOWN}, "nothing can be proven"), Actor(OPERATOR, frozenset({Right.RESPOND}))
    )
    world.start()
    world.wait(incident, lambda i: i.secrets[OPENAI].gone)
