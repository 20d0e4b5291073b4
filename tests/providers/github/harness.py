from collections.abc import Iterator
from contextlib import contextmanager

from bot.drill.fakes.serving import Served
from bot.drill.providers.github.fake import FakeGitHub
from tests.providers.harness import PROPAGATION, Harness, http_harness, key
from tests.support.clock import Clock
from tests.support.contracts import Exchanges


@contextmanager
def github() -> Iterator[Harness]:
    world = FakeGitHub(Clock(), PROPAGATION)
    exchanges = Exchanges(world.flask, "github")
    old, sibling = world.add_token("app"), world.add_token("worker", prefix="github_pat_")
    with Served(world.application) as served:
        yield http_harness(
            "github",
            world,
            served,
            admin=sibling.value,
            options={},
            exchanges=exchanges,
            old=key(old.value),
            old_id=f"ghp_…{old.value[-4:]}",
            sibling=key(sibling.value),
            stray=key("ghp_" + "Zz9" * 12),
            make_by_hand=lambda: key(world.add_token("successor", prefix="github_pat_").value),
            offline=("identify",),
        )


HARNESSES = {"github": github}
