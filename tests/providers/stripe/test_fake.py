import pytest
import requests

from bot.drill.fakes.serving import Served
from bot.drill.providers.stripe.fake import FakeStripe
from tests.support.clock import Clock
from tests.support.contracts import Exchanges, needs_contracts


@pytest.fixture
def world():
    return FakeStripe(Clock(), propagation=10.0)


@pytest.fixture
def exchanges(world):
    return Exchanges(world.flask, "stripe")


@pytest.fixture
def ask(world, exchanges):
    with Served(world.application) as served, requests.Session() as session:

        def ask(method, path, key="", **more):
            headers = {"Authorization": f"Bearer {key}"}
            return session.request(method, served.url + path, headers=headers, timeout=5, **more)

        yield ask


@needs_contracts
def test_the_account_is_answered_as_the_published_specification_says(world, exchanges, ask):
    key, restricted = world.add_key(), world.add_key(restricted=True)
    for value in (key.value, restricted.value, "sk_live_wrong"):
        ask("GET", "/v1/account", value)
    assert exchanges.breaches == []
    assert [line.rsplit(" ", 1)[1] for line in exchanges.seen] == ["200", "403", "401"]


def test_no_route_of_the_api_makes_or_expires_keys(world, ask):
    key = world.add_key()
    assert ask("POST", "/v1/api_keys", key.value).status_code == 404
    assert ask("DELETE", f"/v1/api_keys/{key.id}", key.value).status_code == 404
    assert world.live_keys() == [key]


def test_a_person_makes_a_key_in_the_dashboard_and_sees_it_once(world, ask):
    made = ask("POST", "/_fake/dashboard/keys", json={"name": "successor"})
    assert made.status_code == 201
    assert ask("GET", "/v1/account", made.json()["value"]).json()["id"] == world.account
    assert made.json()["value"] not in ask("GET", "/_fake/keys").text


def test_a_person_expires_the_key_that_the_dashboard_shows(world, ask):
    key = world.add_key()
    hint = {"hint": f"sk_live_…{key.value[-4:]}"}
    assert ask("POST", "/_fake/dashboard/keys/expire", json=hint).json() == {"id": key.id}
    assert ask("GET", "/v1/account", key.value).status_code == 200
    world.clock.advance(10.0)
    answer = ask("GET", "/v1/account", key.value)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "api_key_expired")
    assert ask("POST", "/_fake/dashboard/keys/expire", json=hint).status_code == 404


def test_an_expiry_can_be_ignored(world, ask):
    key = world.add_key()
    world.faults.inject("revoke-ignored", 1)
    world.expire(key)
    world.clock.advance(100.0)
    assert world.live_keys() == [key]
