from collections.abc import Iterator
from contextlib import contextmanager

from bot.drill.fakes.serving import Served
from bot.drill.providers.slack.fake import FakeSlackProduct
from tests.providers.harness import PROPAGATION, Harness, http_harness, key
from tests.support.clock import Clock
from tests.support.contracts import Exchanges


@contextmanager
def slack() -> Iterator[Harness]:
    world = FakeSlackProduct(Clock(), PROPAGATION)
    exchanges = Exchanges(world.flask, "slack", "/api")
    old, sibling = world.add_token("notices"), world.add_token("alarms")
    with Served(world.application) as served:
        yield http_harness(
            "slack",
            world,
            served,
            base="/api",
            admin=sibling.value,
            options={},
            exchanges=exchanges,
            old=key(old.value),
            old_id=f"xoxb-…{old.value[-4:]}",
            sibling=key(sibling.value),
            stray=key("xoxb-" + "7" * 13 + "-" + "8" * 13 + "-" + "q" * 24),
            make_by_hand=lambda: key(world.add_token("successor").value),
        )


@contextmanager
def slack_webhook() -> Iterator[Harness]:
    """No `Exchanges`: what the probe sends breaks the specification on purpose."""
    world = FakeSlackProduct(Clock(), PROPAGATION)
    old, sibling = world.add_webhook("notices"), world.add_webhook("alarms")
    with Served(world.application) as served:
        yield http_harness(
            "slack/webhook",
            world,
            served,
            admin=None,
            options={},
            exchanges=None,
            old=key(old.value),
            old_id=old.id,
            sibling=key(sibling.value),
            stray=key("https://hooks.slack.com/services/T0STRAY000/B0STRAY000/" + "w" * 24),
            kill_by_hand=lambda: world.revoke(old),
            make_by_hand=lambda: key(world.add_webhook("successor").value),
            offline=("identify",),
        )


HARNESSES = {"slack": slack, "slack/webhook": slack_webhook}
