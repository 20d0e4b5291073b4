"""PagerDuty's fake, asked over plain HTTP."""

from __future__ import annotations

import pytest
import requests

from bot.drill.fakes.serving import Served
from bot.drill.providers.pagerduty.fake import FakePagerDuty


@pytest.fixture
def world():
    return FakePagerDuty()


@pytest.fixture
def url(world):
    with Served(world.application) as served:
        yield served.url


def event(world, action="trigger", **changes):
    made = {"routing_key": world.routing_key, "event_action": action, "dedup_key": "inc_abc234", **changes}
    if action == "trigger":
        made.setdefault("payload", {"summary": "A key leaked", "source": "bot", "severity": "critical"})
    return made


def send(url, body):
    return requests.post(f"{url}/v2/enqueue", json=body, timeout=5)


def test_an_alert_goes_through_its_states(world, url):
    answer = send(url, event(world))
    assert answer.status_code == 202
    assert answer.json() == {"status": "success", "message": "Event processed", "dedup_key": "inc_abc234"}
    states = [world.alert("inc_abc234").state]
    for action in ("acknowledge", "resolve", "acknowledge"):
        assert send(url, event(world, action)).status_code == 202
        states.append(world.alert("inc_abc234").state)
    assert states == ["triggered", "acknowledged", "resolved", "resolved"]


def test_a_trigger_is_deduplicated_while_the_alert_is_open(world, url):
    send(url, event(world))
    send(url, event(world, "acknowledge"))
    send(url, event(world, payload={"summary": "Again", "source": "bot", "severity": "info"}))
    assert [(alert.state, alert.summary) for alert in world.alerts] == [("acknowledged", "Again")]
    send(url, event(world, "resolve"))
    send(url, event(world))
    assert [alert.state for alert in world.alerts] == ["resolved", "triggered"]


def test_a_trigger_without_a_dedup_key_gets_one(world, url):
    assert len(send(url, event(world, dedup_key=None)).json()["dedup_key"]) == 32


def test_an_action_on_an_unknown_alert_is_accepted_and_does_nothing(world, url):
    assert send(url, event(world, "resolve")).status_code == 202
    assert world.alerts == []


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"routing_key": "short"}, "Length of 'routing_key' is incorrect (should be 32 characters)"),
        ({"routing_key": "0" * 32}, "Invalid routing key"),
        ({"event_action": "explode"}, "'event_action' is missing or invalid"),
        ({"event_action": "resolve", "dedup_key": ""}, "'dedup_key' is missing or blank"),
        ({"payload": {"source": "bot", "severity": "critical"}}, "'payload.summary' is missing or blank"),
        ({"payload": {"source": "bot", "summary": "x", "severity": "loud"}}, "'payload.severity' is invalid"),
    ],
)
def test_invalid_events_are_explained(world, url, changes, error):
    answer = send(url, event(world, **changes))
    assert answer.status_code == 400
    assert answer.json()["status"] == "invalid event"
    assert any(said.startswith(error) for said in answer.json()["errors"])
    assert world.alerts == []


def test_a_body_that_is_no_object(url):
    assert send(url, ["x"]).json()["errors"] == ["Event object format is unrecognized"]


def test_a_revoked_routing_key_is_refused(world, url):
    key = world.add_key("second")
    assert send(url, event(world, routing_key=key.value)).status_code == 202
    world.revoke(key)
    assert send(url, event(world, routing_key=key.value)).json()["errors"] == ["Invalid routing key"]


def headers(world, sender="ada@example.test"):
    return {"Authorization": f"Token token={world.api_key}", "From": sender}


def test_notes_are_written_on_incidents(world, url):
    send(url, event(world))
    found = requests.get(
        f"{url}/incidents", params={"incident_key": "inc_abc234"}, headers=headers(world), timeout=5
    ).json()["incidents"]
    notes = f"{url}/incidents/{found[0]['id']}/notes"
    body = {"note": {"content": "contained"}}
    assert requests.post(notes, json=body, headers=headers(world), timeout=5).status_code == 200
    assert world.alert("inc_abc234").notes == ["contained"]
    assert requests.post(notes, json=body, headers=headers(world, ""), timeout=5).status_code == 400
    assert requests.post(notes, json={}, headers=headers(world), timeout=5).status_code == 400
    assert requests.post(f"{url}/incidents/Q0/notes", json=body, headers=headers(world), timeout=5).status_code == 404


def test_the_rest_api_needs_its_key(url):
    assert requests.get(f"{url}/incidents", timeout=5).status_code == 401


def test_the_practice_world_can_look_and_break_things(world, url):
    send(url, event(world))
    assert requests.get(f"{url}/_fake/alerts", timeout=5).json()["alerts"][0]["log"] == ["trigger"]
    requests.post(f"{url}/_fake/faults", json={"name": "enqueue-500", "times": 1}, timeout=5)
    assert [send(url, event(world)).status_code for _ in range(2)] == [500, 202]
    assert requests.get(f"{url}/_fake/keys", timeout=5).json()["keys"][0]["name"] == "drill"
