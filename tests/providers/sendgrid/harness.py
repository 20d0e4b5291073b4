"""SendGrid's keys."""

from collections.abc import Iterator
from contextlib import contextmanager

from bot.drill.fakes.serving import Served
from bot.drill.providers.sendgrid.fake import FakeSendGrid
from tests.providers.harness import PROPAGATION, Harness, http_harness, key
from tests.support.clock import Clock
from tests.support.contracts import Exchanges


@contextmanager
def sendgrid() -> Iterator[Harness]:
    world = FakeSendGrid(Clock(), PROPAGATION)
    exchanges = Exchanges(world.flask, "sendgrid")
    old, sibling = world.add_key("app", ("mail.send", "alerts.read")), world.add_key("worker")
    with Served(world.application) as served:
        yield http_harness(
            "sendgrid",
            world,
            served,
            admin=world.admin_key,
            options={},
            exchanges=exchanges,
            old=key(old.value),
            old_id=old.id,
            sibling=key(sibling.value),
            stray=key("SG." + "a" * 22 + "." + "b" * 43),
        )


HARNESSES = {"sendgrid": sendgrid}
