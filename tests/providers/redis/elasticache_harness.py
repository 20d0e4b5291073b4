"""ElastiCache: users at the practice account, whose passwords are those of a real Valkey server."""

from collections.abc import Iterator
from contextlib import contextmanager

import redis as redis_client

from bot.aws import Aws
from bot.drill.fakes.aws import REGION
from bot.providers import PROVIDERS
from bot.providers.contract import Setup
from bot.secrets.secret import Credential, Secret
from tests.providers.aws_iam.harness import aws_front
from tests.providers.harness import TIMEOUT, Harness, patience
from tests.support.aws import furnished
from tests.support.scripted import Scripted

OLD, OTHER, ADMIN = "kW3t-Qz81-vN5x-77", "pL6m-Yt42-jR7c-78", "bD9s-Hf63-wG2k-79"


def url(value: str) -> Credential:
    return Credential.single(Secret(value), "url")


@contextmanager
def elasticache() -> Iterator[Harness]:
    """`world` is the front; the users are ``product-app`` (`cacheapp` at the server) and ``product-worker``."""
    from tests.providers.redis.harness import REDIS_EFFECTS, redis_server

    world = furnished(aws_front())
    front, bot = world.front, world.create_person("compromise-bot")
    port = redis_server().port
    place = f"127.0.0.1:{port}"
    root = redis_client.Redis(port=port, decode_responses=True)

    def at_the_server(user):
        def apply(passwords):
            rules = [f">{each}" for each in passwords]
            root.execute_command("ACL", "SETUSER", user, "reset", "on", *rules, "~*", "&*", "+@all")

        return apply

    front.cache_users.add("product-app", "cacheapp", [OLD], at_the_server("cacheapp"))
    front.cache_users.add("product-worker", "cacheworker", [OTHER], at_the_server("cacheworker"))
    at_the_server("cachebot")([ADMIN])

    def configured(timeout=TIMEOUT, *, admin=f"redis://cachebot:{ADMIN}@{place}", options=None, hosts=()):
        own = (bot.key_id, bot.secret)
        aws = Aws(REGION, endpoint_url=front.url, timeout=timeout, loopback_allowed=True, access_key=own)
        options = {"user_id": "product-app"} if options is None else options
        secret = (lambda: Secret(admin)) if admin else None
        made = Setup(
            options,
            http=lambda _role: None,
            admin=secret,
            timeout=timeout,
            aws=lambda: aws,
            hosts=hosts if admin else (place,),
        )
        return PROVIDERS["redis/elasticache"].configured(made)

    @contextmanager
    def fault(effect):
        """The server has this fault, and AWS is down."""
        front.faults.inject("down")
        try:
            with Scripted(REDIS_EFFECTS[effect]) as scripted:
                elsewhere = f"127.0.0.1:{scripted.port}"
                admin = f"redis://cachebot:{ADMIN}@{elsewhere}"
                yield configured(patience(effect), admin=admin), url(f"redis://cacheapp:{OLD}@{elsewhere}/0")
        finally:
            front.faults.clear()

    yield Harness(
        name="redis/elasticache",
        provider=configured(),
        old=url(f"redis://cacheapp:{OLD}@{place}/0"),
        old_id="product-app",
        sibling=url(f"redis://cacheworker:{OTHER}@{place}/0"),
        effects=tuple(REDIS_EFFECTS),
        fault=fault,
        stray=url(f"redis://cacheapp:xC8v-Ek17-nT4q-80@{place}/0"),
        unclear=(url(f"rediss://cacheapp:xC8v-Ek17-nT4q-80@{place}/0"),),
        wrong_admin=f"redis://cachebot:xC8v-Ek17-nT4q-80@{place}/0",
        end_holder=lambda: front.cache_users.delete("product-app"),
        clock=front._clock,
        world=world,
        reconfigured=configured,
    )


HARNESSES = {"redis/elasticache": elasticache}
