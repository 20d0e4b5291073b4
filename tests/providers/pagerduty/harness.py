from collections.abc import Iterator
from contextlib import contextmanager

from bot.drill.fakes.serving import Served
from bot.drill.providers.pagerduty.fake import FakePagerDuty
from tests.providers.harness import PROPAGATION, Harness, http_harness, key
from tests.support.clock import Clock


@contextmanager
def pagerduty() -> Iterator[Harness]:
    world = FakePagerDuty(Clock(), PROPAGATION)
    service = world.account.add_service("Shop")
    old, sibling = world.add_key("app", service), world.add_key("worker", service)
    with Served(world.application) as served:
        yield http_harness(
            "pagerduty",
            world,
            served,
            admin=world.account.add_rest_key("rotation").value,
            options={"service": service},
            exchanges=None,
            old=key(old.value),
            old_id=f"{service}/{old.id}",
            sibling=key(sibling.value),
            stray=key("e5" * 16),
        )


@contextmanager
def pagerduty_rest_key() -> Iterator[Harness]:
    world = FakePagerDuty(Clock(), PROPAGATION)
    old, sibling = world.account.add_rest_key("app"), world.account.add_rest_key("worker")
    with Served(world.application) as served:
        yield http_harness(
            "pagerduty/rest-key",
            world,
            served,
            admin=sibling.value,
            options={},
            exchanges=None,
            old=key(old.value),
            old_id=f"…{old.value[-4:]}",
            sibling=key(sibling.value),
            stray=key("y_NoSuchKeyAnywhere+"),
            kill_by_hand=lambda: world.revoke(old),
            make_by_hand=lambda: key(world.account.add_rest_key("successor").value),
            offline=("identify",),
        )


HARNESSES = {"pagerduty": pagerduty, "pagerduty/rest-key": pagerduty_rest_key}
