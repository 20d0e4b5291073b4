"""Access keys at the practice account: IAM users' and the root user's."""

import functools
from collections.abc import Iterator
from contextlib import contextmanager

from bot.aws import Aws
from bot.drill.fakes.aws import REGION, AwsFront
from bot.drill.fakes.aws_world import AwsWorld
from bot.providers import PROVIDERS
from bot.providers.aws_iam.access_keys import ID, SECRET
from bot.providers.contract import Setup
from bot.secrets.secret import Credential, Secret
from tests.providers.harness import HTTP_EFFECTS, PROPAGATION, TIMEOUT, Harness, patience
from tests.support.aws import furnished
from tests.support.clock import Clock

SEVENTEEN = (
    "eu-west-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "sa-east-1", "eu-central-1",
    "eu-west-2", "eu-west-3", "eu-north-1", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ap-northeast-1",
    "ap-northeast-2", "ap-northeast-3",
)  # fmt: skip
"""The regions that are enabled in every account by default."""


@functools.cache
def aws_front() -> AwsFront:
    """One for the process; each harness empties it."""
    return AwsFront(update_seconds=0.0, key_spread=PROPAGATION, clock=Clock())


def pair(key_id: str, secret: str) -> Credential:
    return Credential({ID: Secret(key_id), SECRET: Secret(secret)}, SECRET)


def aws_harness(name: str, world: AwsWorld, options: dict[str, str], **more) -> Harness:
    """`wrong_admin` and the `admin` of `reconfigured` are secrets for the access key id of the bot's own identity."""
    front = world.front
    bot = world.create_person("compromise-bot")

    def configured(timeout=TIMEOUT, *, admin=None, options=options):
        own = (bot.key_id, Secret(admin) if admin else bot.secret)
        aws = Aws(REGION, endpoint_url=front.url, timeout=timeout, loopback_allowed=True, access_key=own)
        return PROVIDERS[name].configured(Setup(options, http=lambda _role: None, timeout=timeout, aws=lambda: aws))

    @contextmanager
    def fault(effect):
        front.key_faults.inject(effect)
        try:
            yield configured(patience(effect)), more["old"]
        finally:
            front.key_faults.clear()

    return Harness(
        name=name,
        provider=configured(),
        effects=HTTP_EFFECTS,
        fault=fault,
        clock=front._clock,
        world=world,
        reconfigured=configured,
        wrong_admin="f0" * 20,
        stray=pair("AKIA" + "Z3" * 8, "a9" * 20),
        **more,
    )


@contextmanager
def aws_iam() -> Iterator[Harness]:
    world = furnished(aws_front())
    old, other = world.create_person("product-a"), world.create_person("product-b")

    def end_user():
        iam = world.aws.client("iam")
        for key in iam.list_access_keys(UserName="product-a")["AccessKeyMetadata"]:
            iam.delete_access_key(UserName="product-a", AccessKeyId=key["AccessKeyId"])
        iam.delete_user(UserName="product-a")

    yield aws_harness(
        "aws-iam",
        world,
        {"user": "product-a"},
        old=pair(old.key_id, old.secret.reveal()),
        old_id=old.key_id,
        sibling=pair(other.key_id, other.secret.reveal()),
        propagation=PROPAGATION,
        end_holder=end_user,
    )


HARNESSES = {"aws-iam": aws_iam}
