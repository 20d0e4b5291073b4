import pytest
import requests

from bot.drill.fakes.serving import Served
from bot.drill.providers.sendgrid.fake import FakeSendGrid
from tests.support.clock import Clock
from tests.support.contracts import Exchanges, needs_contracts


@pytest.fixture
def world():
    return FakeSendGrid(Clock(), propagation=10.0)


@pytest.fixture
def exchanges(world):
    return Exchanges(world.flask, "sendgrid")


@pytest.fixture
def ask(world, exchanges):
    with Served(world.application) as served, requests.Session() as session:

        def ask(method, path, key=None, **more):
            headers = {"Authorization": f"Bearer {key or world.admin_key}"}
            return session.request(method, served.url + path, headers=headers, timeout=5, **more)

        yield ask


@needs_contracts
def test_every_route_keeps_to_the_published_specification(world, exchanges, ask):
    key = world.add_key()
    for path in ("/v3/scopes", "/v3/api_keys?limit=500", f"/v3/api_keys/{key.id}", "/v3/api_keys/nothing"):
        ask("GET", path)
    ask("GET", "/v3/api_keys", key.value)
    ask("GET", "/v3/scopes", "wrong")
    world.faults.inject("get-wrapped", 1)
    ask("GET", f"/v3/api_keys/{key.id}")
    ask("POST", "/v3/api_keys", json={"name": "x", "scopes": ["mail.send"]})
    ask("POST", "/v3/api_keys", json={"name": "x", "scopes": ["2fa_required"]})
    ask("DELETE", f"/v3/api_keys/{key.id}")
    ask("DELETE", f"/v3/api_keys/{key.id}")
    assert exchanges.breaches == []
    assert {line.rsplit(" ", 1)[1] for line in exchanges.seen} == {"200", "201", "204", "400", "401", "403", "404"}


def test_absent_scopes_mean_full_access(world, ask):
    made = ask("POST", "/v3/api_keys", json={"name": "x"}).json()
    assert "api_keys.delete" in made["scopes"]
    assert made["api_key"].split(".")[1] == made["api_key_id"]


def test_a_key_without_the_right_may_not_administer(world, ask):
    key = world.add_key()
    assert ask("DELETE", f"/v3/api_keys/{key.id}", key.value).status_code == 403
    assert ask("POST", "/v3/api_keys", key.value, json={"name": "x"}).status_code == 403
    assert key in world.live_keys()


def test_a_deleted_key_leaves_the_list_at_once_and_the_door_later(world, ask):
    key = world.add_key("app")
    assert ask("DELETE", f"/v3/api_keys/{key.id}").status_code == 204
    assert [shown["name"] for shown in ask("GET", "/v3/api_keys").json()["result"]] == ["bot admin"]
    assert ask("GET", "/v3/scopes", key.value).status_code == 200
    world.clock.advance(10.0)
    assert ask("GET", "/v3/scopes", key.value).status_code == 401
    alive = {key["name"]: key["alive"] for key in ask("GET", "/_fake/keys").json()["keys"]}
    assert alive == {"bot admin": True, "app": False}


def test_a_revocation_can_be_ignored(world, ask):
    key = world.add_key("app")
    world.faults.inject("revoke-ignored", 1)
    assert ask("DELETE", f"/v3/api_keys/{key.id}").status_code == 204
    world.clock.advance(100.0)
    assert ask("GET", "/v3/scopes", key.value).status_code == 200


@pytest.mark.parametrize("operation", ["create", "revoke", "list", "probe", "get"])
def test_each_operation_can_fail_by_itself(world, ask, operation):
    key = world.add_key()
    calls = {
        "probe": ("GET", "/v3/scopes"),
        "list": ("GET", "/v3/api_keys"),
        "get": ("GET", f"/v3/api_keys/{key.id}"),
        "create": ("POST", "/v3/api_keys"),
        "revoke": ("DELETE", f"/v3/api_keys/{key.id}"),
    }
    world.faults.inject(f"{operation}-500")
    for name, (method, path) in calls.items():
        assert (ask(method, path, json={"name": "x"}).status_code == 500) is (name == operation)
