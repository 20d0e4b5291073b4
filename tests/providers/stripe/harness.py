"""Stripe's API keys, which only people make and end."""

from collections.abc import Iterator
from contextlib import contextmanager

from bot.drill.fakes.serving import Served
from bot.drill.providers.stripe.fake import FakeStripe
from tests.providers.harness import PROPAGATION, Harness, http_harness, key
from tests.support.clock import Clock
from tests.support.contracts import Exchanges


@contextmanager
def stripe() -> Iterator[Harness]:
    world = FakeStripe(Clock(), PROPAGATION)
    exchanges = Exchanges(world.flask, "stripe")
    old, sibling = world.add_key("app"), world.add_key("worker")
    with Served(world.application) as served:
        yield http_harness(
            "stripe",
            world,
            served,
            admin=sibling.value,
            options={},
            exchanges=exchanges,
            old=key(old.value),
            old_id=f"sk_live_…{old.value[-4:]}",
            sibling=key(sibling.value),
            stray=key("sk_live_" + "9" * 32),
            kill_by_hand=lambda: world.expire(old),
            offline=("identify",),
            make_by_hand=lambda: key(world.add_key("successor").value),
        )


HARNESSES = {"stripe": stripe}
