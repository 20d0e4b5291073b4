from collections.abc import Iterator
from contextlib import contextmanager

from bot.drill.standins.serving import Served
from bot.drill.standins.stripe import StripeStandIn
from bot.secret import Credential, Secret
from tests.support.clock import Clock
from tests.support.contracts import Exchanges
from tests.support.rigs.rig import PROPAGATION, Rig, http_rig


@contextmanager
def stripe_webhook() -> Iterator[Rig]:
    world = StripeStandIn(Clock(), PROPAGATION)
    exchanges = Exchanges(world.flask, "stripe")
    old, sibling = world.webhooks.add("app"), world.webhooks.add("ledger", url="https://ledger.example.com/stripe")
    with Served(world.application) as served:
        yield http_rig(
            "stripe/webhook-secret",
            world,
            served,
            admin=world.add_key("rotation").value,
            options={},
            exchanges=exchanges,
            old=pair(old.id, old.value),
            old_id=old.id,
            bystander=pair(sibling.id, sibling.value),
            stray=pair("we_" + "0" * 24, "whsec_" + "5" * 32),
            unprovable=True,
            probed_by_admin=True,
        )


def pair(endpoint: str, secret: str) -> Credential:
    return Credential({"endpoint": Secret(endpoint), "secret": Secret(secret)}, "secret")
