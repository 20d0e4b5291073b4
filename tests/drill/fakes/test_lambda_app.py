"""The practice product: warm containers, cold starts, health."""

from __future__ import annotations

import pytest
import requests

from bot.consumers.aws_lambda.functions import LambdaConsumers
from bot.drill.fakes.aws import AwsFront
from bot.drill.fakes.lambda_app import LambdaApps, Reader
from bot.drill.fakes.serving import Served
from tests.support.aws import furnished, running_front

KEY = "/production/openai-api-key"


@pytest.fixture(scope="module")
def front():
    with running_front() as front:
        yield front


@pytest.fixture
def world(front: AwsFront):
    world = furnished(front)
    world.store(KEY, "sk-one")
    world.create_function("api")
    world.create_function("worker", alias="live")
    return world


@pytest.fixture
def accepted():
    return {"sk-one"}


@pytest.fixture
def apps(world, accepted):
    readers = (Reader("api", (KEY,)), Reader("worker", (KEY,), "live"))
    return LambdaApps(world, readers, lambda _function, values: values[KEY].reveal() in accepted)


@pytest.fixture
def url(apps):
    with Served(apps.application) as served:
        yield served.url


@pytest.mark.parametrize(("function", "alias"), [("api", None), ("worker", "live")])
def test_a_warm_container_keeps_what_it_read_until_it_is_refreshed(world, url, accepted, function, alias):
    ask = lambda: requests.get(f"{url}/health/{function}", timeout=5)  # noqa: E731
    assert (ask().status_code, ask().json()["versions"]) == (200, {KEY: 1})
    world.store(KEY, "sk-two")
    accepted.symmetric_difference_update({"sk-one", "sk-two"})
    assert (ask().status_code, ask().json()["versions"]) == (503, {KEY: 1})
    LambdaConsumers(world.aws).refresh(function, alias, {KEY: 2})
    assert (ask().status_code, ask().json()["versions"]) == (200, {KEY: 2})


def test_containers_can_be_stuck(world, url, apps):
    requests.get(f"{url}/health/api", timeout=5)
    apps.faults.inject("health-stuck")
    LambdaConsumers(world.aws).refresh("api", None, {KEY: 1})
    world.store(KEY, "sk-two")
    LambdaConsumers(world.aws).refresh("api", None, {KEY: 2})
    assert requests.get(f"{url}/health/api", timeout=5).json()["versions"] == {KEY: 1}


def test_cold_starts_stand_in_the_trail(world, url, front):
    for _ in range(3):
        requests.get(f"{url}/health/api", timeout=5)
    (event,) = front.trail._events
    assert ":assumed-role/product-functions/api" in event.document


def test_an_unknown_function(url):
    assert requests.get(f"{url}/health/none", timeout=5).status_code == 404


def test_a_function_reads_on_after_its_role_s_session_has_ended(front, world, apps, url):
    assert requests.get(f"{url}/health/api", timeout=5).status_code == 200
    front.identities.expire(apps._sessions["api"].access_key_id())
    world.store(KEY, "sk-one-again")
    LambdaConsumers(world.aws).refresh("api", None, {KEY: 2})
    answer = requests.get(f"{url}/health/api", timeout=5)
    assert answer.json()["versions"][KEY] > 1
