from collections.abc import Iterator
from contextlib import contextmanager

from bot.drill.fakes.serving import Served
from bot.drill.providers.twilio.fake import FakeTwilio, TwilioKey
from bot.secrets.secret import Credential, Secret
from tests.providers.harness import PROPAGATION, Harness, http_harness
from tests.support.clock import Clock
from tests.support.contracts import Exchanges

WRONG_ADMIN = f"SK{'0' * 32}:{'q8' * 16}"


def pair(sid: str, value: str, main: str) -> Credential:
    return Credential({"sid": Secret(sid), main: Secret(value)}, main)


def token_pair(key: TwilioKey) -> Credential:
    return pair(key.id, key.value, "token")


@contextmanager
def twilio() -> Iterator[Harness]:
    world = FakeTwilio(Clock(), PROPAGATION)
    exchanges = Exchanges(world.flask, "twilio")
    account = world.add_account()
    admin = world.add_key(account.sid, "bot", "main")
    with Served(world.application) as served:
        yield http_harness(
            "twilio",
            world,
            served,
            admin=f"{admin.id}:{admin.value}",
            wrong_admin=WRONG_ADMIN,
            options={"account": account.sid},
            exchanges=exchanges,
            old=token_pair(account.primary),
            old_id=account.sid,
            sibling=token_pair(world.add_account().primary),
            stray=pair(account.sid, "d4" * 16, "token"),
            unlisted=True,
            offline=("issued",),
        )


HARNESSES = {"twilio": twilio}
