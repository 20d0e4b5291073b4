import pytest
import requests

from bot.drill.fakes.serving import Served
from bot.drill.providers.openai.fake import FakeOpenAI
from bot.providers.openai.usage import KINDS
from tests.support.clock import Clock
from tests.support.contracts import Exchanges, needs_contracts


@pytest.fixture
def world():
    return FakeOpenAI(Clock(), propagation=10.0)


@pytest.fixture
def exchanges(world):
    return Exchanges(world.flask, "openai", "/v1")


@pytest.fixture
def ask(world, exchanges):
    with Served(world.application) as served, requests.Session() as session:

        def ask(method, path, key=None, **more):
            headers = {"Authorization": f"Bearer {key or world.admin_key}"}
            return session.request(method, served.url + path, headers=headers, timeout=5, **more)

        yield ask


KEYS = "/v1/organization/projects/proj_a/api_keys"


@needs_contracts
def test_every_route_keeps_to_the_published_specification(world, exchanges, ask):
    key = world.add_key("proj_a", "app", service_account="svc_a")
    person = world.add_key("proj_a", "laptop", user="Ada")
    ask("GET", "/v1/models", key.value)
    ask("GET", "/v1/models", "wrong")
    ask("GET", "/v1/organization/projects?limit=1")
    ask("GET", KEYS + "?limit=1&owner_project_access=any")
    ask("GET", f"{KEYS}/{key.id}")
    ask("GET", f"{KEYS}/{person.id}")
    ask("POST", "/v1/organization/projects/proj_a/service_accounts/svc_a/api_keys", json={"name": "x"})
    ask("DELETE", f"{KEYS}/{key.id}")
    world.faults.inject("revoke-not-alone", 1)
    account_key = world.add_key("proj_a", "b", service_account="svc_a")
    ask("DELETE", f"{KEYS}/{account_key.id}")
    assert exchanges.breaches == []
    assert {line.rsplit(" ", 1)[1] for line in exchanges.seen} == {"200", "401", "400"}
    assert len(exchanges.seen) == 9


@needs_contracts
def test_usage_and_audit_log_keep_to_the_published_specification(world, exchanges, ask):
    key, now = world.add_key("proj_a"), int(world.clock())
    for kind in KINDS:
        world.usage.count(key.id, now - 90, kind)
        query = (
            f"start_time={now - 180}&end_time={now}&bucket_width=1m&limit=2&api_key_ids={key.id}&group_by=api_key_id"
        )
        first = ask("GET", f"/v1/organization/usage/{kind}?{query}").json()
        rest = ask("GET", f"/v1/organization/usage/{kind}?{query}&page={first['next_page']}").json()
        assert len([result for page in (first, rest) for bucket in page["data"] for result in bucket["results"]]) == 1
    world.usage.change(key.id, now, "api_key.created", "key_new")
    changes = "/v1/organization/audit_logs?limit=1&effective_at[gte]=0&effective_at[lte]=9999999999&actor_ids[]="
    assert len(ask("GET", changes + key.id).json()["data"]) == 1
    world.usage.readable = False
    assert ask("GET", changes + key.id).status_code == 403
    assert exchanges.breaches == []
    assert len(exchanges.seen) == 2 * len(KINDS) + 2


def test_only_the_admin_key_may_administer(world, ask):
    key = world.add_key("proj_a")
    assert ask("GET", KEYS, key.value).status_code == 401
    assert ask("DELETE", f"{KEYS}/{key.id}", key.value).status_code == 401
    assert world.live_keys() == [key]


def test_a_deleted_key_leaves_the_list_at_once_and_the_door_later(world, ask):
    key = world.add_key("proj_a")
    assert ask("DELETE", f"{KEYS}/{key.id}").json()["deleted"] is True
    assert ask("GET", KEYS).json()["data"] == []
    assert ask("DELETE", f"{KEYS}/{key.id}").status_code == 404
    assert ask("GET", "/v1/models", key.value).status_code == 200
    world.clock.advance(10.0)
    assert ask("GET", "/v1/models", key.value).status_code == 401
    assert world.live_keys() == []
    assert world.all_keys() == [key]


def test_unknown_projects_accounts_and_keys_are_not_found(ask):
    assert ask("GET", KEYS).status_code == 404
    assert ask("GET", f"{KEYS}/key_x").status_code == 404
    assert ask("POST", "/v1/organization/projects/p/service_accounts/s/api_keys", json={}).status_code == 404


def test_pages_follow_their_cursor(world, ask):
    ids = [world.add_key("proj_a", str(number)).id for number in range(5)]
    first = ask("GET", KEYS + "?limit=3").json()
    rest = ask("GET", f"{KEYS}?limit=3&after={first['last_id']}").json()
    assert [key["id"] for key in first["data"] + rest["data"]] == ids
    assert (first["has_more"], rest["has_more"]) == (True, False)


def test_a_twin_looks_alike_and_is_another(world, ask):
    key = world.add_key("proj_a")
    twin = world.add_key("proj_a", twin_of=key.value)
    assert twin.value != key.value
    assert len({shown["redacted_value"] for shown in ask("GET", KEYS).json()["data"]}) == 1


def test_a_bystander_can_be_made_to_die_with_the_target(world, ask):
    target, sibling = world.add_key("proj_a"), world.add_key("proj_a")
    world.faults.inject("revoke-bystander", 1)
    ask("DELETE", f"{KEYS}/{target.id}")
    world.clock.advance(10)
    assert ask("GET", "/v1/models", sibling.value).status_code == 401


def test_the_practice_world_injects_faults_and_counts_keys(world, ask):
    key = world.add_key("proj_a", "app")
    assert ask("POST", "/_fake/faults", json={"name": "probe-500", "times": 1}).status_code == 200
    assert [ask("GET", "/v1/models", key.value).status_code for _ in range(2)] == [500, 200]
    assert ask("POST", "/_fake/faults", json={"name": "nonsense"}).status_code == 400
    ask("POST", "/_fake/faults", json={"name": "down"})
    assert ask("DELETE", "/_fake/faults").status_code == 200
    assert ask("GET", "/_fake/keys").json() == {"keys": [{"id": key.id, "name": "app", "alive": True}]}


@pytest.mark.parametrize("operation", ["create", "revoke", "list", "probe", "get"])
def test_each_operation_can_fail_by_itself(world, ask, operation):
    key = world.add_key("proj_a", service_account="svc_a")
    calls = {
        "probe": ("GET", "/v1/models"),
        "list": ("GET", KEYS),
        "get": ("GET", f"{KEYS}/{key.id}"),
        "create": ("POST", "/v1/organization/projects/proj_a/service_accounts/svc_a/api_keys"),
        "revoke": ("DELETE", f"{KEYS}/{key.id}"),
    }
    world.faults.inject(f"{operation}-500")
    for name, (method, path) in calls.items():
        status = ask(method, path, key.value if name == "probe" else None, json={"name": "x"}).status_code
        assert (status == 500) is (name == operation)


def test_no_value_stands_in_a_records_printed_form(world):
    key = world.add_key("proj_a")
    assert key.value not in repr(key)
