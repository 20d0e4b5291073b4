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


def key_pair(key: TwilioKey) -> Credential:
    return pair(key.id, key.value, "secret")


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


@contextmanager
def twilio_api_key() -> Iterator[Harness]:
    with _keys("twilio/api-key", "standard") as harness:
        yield harness


@contextmanager
def twilio_main_key() -> Iterator[Harness]:
    with _keys("twilio/main-key", "main") as harness:
        yield harness


@contextmanager
def _keys(name: str, kind: str) -> Iterator[Harness]:
    world = FakeTwilio(Clock(), PROPAGATION)
    exchanges = Exchanges(world.flask, "twilio")
    account = world.add_account().sid
    admin = world.add_key(account, "bot", "main")
    old, sibling = world.add_key(account, "app", kind), world.add_key(account, "worker", kind)
    with Served(world.application) as served:
        yield http_harness(
            name,
            world,
            served,
            admin=f"{admin.id}:{admin.value}",
            wrong_admin=WRONG_ADMIN,
            options={"account": account},
            exchanges=exchanges,
            old=key_pair(old),
            old_id=old.id,
            sibling=key_pair(sibling),
            stray=pair("SK" + "1" * 32, "d4" * 16, "secret"),
            make_by_hand=lambda: key_pair(world.add_key(account, "successor", kind)),
        )


HARNESSES = {"twilio": twilio, "twilio/api-key": twilio_api_key, "twilio/main-key": twilio_main_key}
