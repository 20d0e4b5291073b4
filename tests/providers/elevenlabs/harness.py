from collections.abc import Iterator
from contextlib import contextmanager

from bot.drill.fakes.serving import Served
from bot.drill.providers.elevenlabs.fake import FakeElevenLabs
from tests.providers.harness import PROPAGATION, Harness, http_harness, key
from tests.support.clock import Clock

STRAY = "sk_" + "e7" * 24


@contextmanager
def elevenlabs() -> Iterator[Harness]:
    world = FakeElevenLabs(Clock(), PROPAGATION)
    old, sibling = world.add_key("app", "svc_a"), world.add_key("worker", "svc_a")
    with Served(world.application) as served:
        yield http_harness(
            "elevenlabs",
            world,
            served,
            admin=world.admin_key,
            options={"service_account": "svc_a"},
            exchanges=None,
            old=key(old.value),
            old_id=f"svc_a/{old.id}",
            sibling=key(sibling.value),
            stray=key(STRAY),
        )


@contextmanager
def elevenlabs_user_key() -> Iterator[Harness]:
    world = FakeElevenLabs(Clock(), PROPAGATION)
    old, sibling = world.add_key("laptop"), world.add_key("other laptop")
    with Served(world.application) as served:
        yield http_harness(
            "elevenlabs/user-key",
            world,
            served,
            admin=sibling.value,
            options={},
            exchanges=None,
            old=key(old.value),
            old_id=f"…{old.value[-4:]}",
            sibling=key(sibling.value),
            stray=key(STRAY),
            make_by_hand=lambda: key(world.add_key("successor").value),
            offline=("identify",),
        )


HARNESSES = {"elevenlabs": elevenlabs, "elevenlabs/user-key": elevenlabs_user_key}
