"""OpenAI's keys of a person: the next one comes from that person."""

from collections.abc import Iterator
from contextlib import contextmanager

from bot.drill.fakes.serving import Served
from bot.drill.providers.openai.fake import FakeOpenAI
from tests.providers.harness import PROPAGATION, Harness, http_harness, key
from tests.support.clock import Clock
from tests.support.contracts import Exchanges


@contextmanager
def openai() -> Iterator[Harness]:
    world = FakeOpenAI(Clock(), PROPAGATION)
    exchanges = Exchanges(world.flask, "openai", "/v1")
    old = world.add_key("proj_a", "app", service_account="svc_a")
    sibling = world.add_key("proj_a", "worker", service_account="svc_a")
    with Served(world.application) as served:
        yield http_harness(
            "openai",
            world,
            served,
            base="/v1",
            admin=world.admin_key,
            options={"project": "proj_a", "service_account": "svc_a"},
            exchanges=exchanges,
            old=key(old.value),
            old_id=f"proj_a/{old.id}",
            sibling=key(sibling.value),
            stray=key("sk-svcacct-" + "f0" * 24),
            end_holder=lambda: world.delete_project("proj_a"),
        )


@contextmanager
def openai_user_key() -> Iterator[Harness]:
    world = FakeOpenAI(Clock(), PROPAGATION)
    exchanges = Exchanges(world.flask, "openai", "/v1")
    old = world.add_key("proj_a", "laptop", user="Ada Lovelace")
    sibling = world.add_key("proj_a", "worker", service_account="svc_a")
    with Served(world.application) as served:
        yield http_harness(
            "openai/user-key",
            world,
            served,
            base="/v1",
            admin=world.admin_key,
            options={"project": "proj_a"},
            exchanges=exchanges,
            old=key(old.value),
            old_id=f"proj_a/{old.id}",
            sibling=key(sibling.value),
            stray=key("sk-proj-" + "f0" * 24),
            end_holder=lambda: world.delete_project("proj_a"),
            make_by_hand=lambda: key(world.add_key("proj_a", "laptop 2").value),
        )


HARNESSES = {"openai": openai, "openai/user-key": openai_user_key}
