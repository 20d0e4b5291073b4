import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from flask import Flask, request

from bot.drill.fakes.faults import Faults, FaultyApplication
from bot.drill.fakes.serving import Served
from bot.drill.providers.stripe.fake import FakeStripe
from bot.drill.providers.stripe.webhooks import ADDRESS, believes
from bot.secrets.secret import Credential, Secret
from tests.providers.harness import PROPAGATION, Harness, http_harness
from tests.support.clock import Clock
from tests.support.contracts import Exchanges


@dataclass
class Product:
    """The receiving function. It holds the secret of the newest endpoint at its address, unless `holds` says else.

    `answer` is the status to whatever arrives, whoever signed it; `seen` are the (signature, body) that arrived.
    """

    world: FakeStripe
    holds: set[str] | None = None
    answer: int | None = None
    refused: int = 400
    seen: list[tuple[str, bytes]] = field(default_factory=list)
    faults: Faults = field(default_factory=lambda: Faults(["webhook"]))

    def application(self):
        app = Flask(__name__)

        @app.post("/stripe")
        def receive():
            signature, body = request.headers.get("Stripe-Signature", ""), request.get_data()
            self.seen.append((signature, body))
            if self.answer is not None:
                headers = {"Location": "/elsewhere"} if 300 <= self.answer < 400 else {}
                return "", self.answer, headers
            believed = any(believes(secret, signature, body, time.time()) for secret in self._held())
            return "", 200 if believed else self.refused

        return FaultyApplication(app, self.faults, lambda _environ: "webhook")

    def _held(self):
        if self.holds is not None:
            return self.holds
        return {next(each.value for each in self.world.webhooks.listed() if each.url == ADDRESS)}


@contextmanager
def stripe_webhook() -> Iterator[Harness]:
    world = FakeStripe(Clock(), PROPAGATION)
    exchanges = Exchanges(world.flask, "stripe")
    product = Product(world)
    old, sibling = world.webhooks.add("app"), world.webhooks.add("ledger", url="https://ledger.example.com/stripe")
    with Served(world.application) as served, Served(product.application()) as functions:
        yield http_harness(
            "stripe/webhook-secret",
            world,
            served,
            admin=world.add_key("rotation").value,
            options={"url": f"{functions.url}/stripe"},
            exchanges=exchanges,
            old=pair(old.id, old.value),
            old_id=old.id,
            sibling=pair(sibling.id, sibling.value),
            stray=pair("we_" + "0" * 24, "whsec_" + "5" * 32),
            consumer=product,
            probed_by_admin=True,
        )


def pair(endpoint: str, secret: str) -> Credential:
    return Credential({"endpoint": Secret(endpoint), "secret": Secret(secret)}, "secret")


HARNESSES = {"stripe/webhook-secret": stripe_webhook}
