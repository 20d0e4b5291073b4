"""What happened with leaked keys before their declaration, as the providers' records tell it."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from bot.drill.fakes.aws_world import ROLE
from bot.drill.personas import ENVIRONMENTS
from bot.drill.providers.aws_iam.fixture import ACCESS_KEY
from bot.drill.providers.openai.fixture import API_KEY as OPENAI_KEY
from bot.drill.providers.openai.fixture import OpenAIFixture
from bot.drill.providers.postgres.fixture import DATABASE_URL, PostgresFixture
from bot.drill.providers.sendgrid.fixture import API_KEY as SENDGRID_KEY
from bot.drill.providers.sendgrid.fixture import SendGridFixture

if TYPE_CHECKING:
    from bot.drill.account import Account
    from bot.drill.practice_world import PracticeWorld

LEAKED = frozenset({ACCESS_KEY, OPENAI_KEY, SENDGRID_KEY, DATABASE_URL})
"""What leaks besides in every story."""
EXPOSED = timedelta(hours=12)
"""For how long the keys are readable before their declaration."""
MADE = "support-readonly"
"""The user that the attacker makes at AWS, and the key at OpenAI."""
LEFT = "worker-production"
"""The function that the attacker opens to another account."""


class Story(StrEnum):
    """ATTACK: someone else used the keys for two minutes, and made what outlives them. QUIET: only the product did."""

    ATTACK = "attack"
    QUIET = "quiet"


@dataclass(frozen=True)
class _Call:
    action: str
    ago: timedelta
    asked: Mapping[str, Any] | None = None
    region: str = "eu-west-1"


_PRODUCT = ("10.0.12.7", "aws-sdk-js/3.990.0")
_OUTSIDE = ("198.51.100.23", "aws-cli/2.31.4 md/Botocore#1.40.61")
_OFTEN = tuple(timedelta(days=days) for days in range(0, 30, 3))
"""How long ago the product used each key."""
_LATELY = tuple(timedelta(seconds=seconds) for seconds in range(120, 240, 10))
"""How long ago the attacker did."""
_USUAL = tuple(_Call("sqs:ListQueues", ago) for ago in _OFTEN)
_ATTACK = (
    _Call("sts:GetCallerIdentity", timedelta(seconds=240)),
    _Call("iam:ListUsers", timedelta(seconds=225), region="us-east-1"),
    _Call("iam:CreateUser", timedelta(seconds=190), {"userName": MADE}, "us-east-1"),
    _Call("iam:CreateAccessKey", timedelta(seconds=170), {"userName": MADE}, "us-east-1"),
    _Call("sts:AssumeRole", timedelta(seconds=150), {"roleArn": f"arn:aws:iam::123456789012:role/{ROLE}"}),
    _Call("lambda:AddPermission20150331v2", timedelta(seconds=120), {"functionName": LEFT}),
)


def play(story: Story, world: PracticeWorld) -> list[tuple[str, str]]:
    """Puts it in the records of each provider. What the attacker made is there: gives the values of it, in words and as
    they are.
    """
    attacked = story is Story.ATTACK
    _at_openai(world.fixture(OpenAIFixture), world.old[OPENAI_KEY]["key"], attacked=attacked)
    _at_sendgrid(world.fixture(SendGridFixture), world.old[SENDGRID_KEY]["key"], attacked=attacked)
    if DATABASE_URL in world.old:
        server = world.fixture(PostgresFixture).server
        for agent in ("api-production", *(["psql"] if attacked else [])):
            server.log_in(world.old[DATABASE_URL]["key"], agent)
    return at_aws(world.account, world.old[ACCESS_KEY]["id"], f"product-{ENVIRONMENTS[0]}", attacked=attacked)


def _at_openai(here: OpenAIFixture, leaked: str, *, attacked: bool) -> None:
    key, now, usage = here.fake.by_value(leaked), time.time(), here.fake.usage
    assert key is not None
    for ago in _OFTEN:
        usage.count(key.id, now - ago.total_seconds(), times=20)
    if attacked:
        made = here.fake.add_key(key.project, MADE)
        for ago in _LATELY:
            usage.count(key.id, now - ago.total_seconds(), model="gpt-5-pro", times=30)
        usage.change(key.id, now - _LATELY[0].total_seconds(), "api_key.created", made.id)


def _at_sendgrid(here: SendGridFixture, leaked: str, *, attacked: bool) -> None:
    key, now, mail = here.fake.by_value(leaked), time.time(), here.fake.mail
    assert key is not None
    for ago in _OFTEN:
        mail.send(key.id, now - ago.total_seconds(), _PRODUCT[0])
    for ago in _LATELY if attacked else ():
        mail.send(key.id, now - ago.total_seconds(), _OUTSIDE[0], sender="billing@example.com", subject="Your invoice")


def at_aws(account: Account, key_id: str, user: str, *, attacked: bool) -> list[tuple[str, str]]:
    """In CloudTrail, for the key of `user`."""
    for call in _USUAL:
        _record(account, key_id, user, call, _PRODUCT)
    if not attacked:
        return []
    iam = account.world.aws.client("iam")
    iam.create_user(UserName=MADE)
    key = iam.create_access_key(UserName=MADE)["AccessKey"]
    role = account.world.function_role()
    session = account.world.aws.client("sts").assume_role(RoleArn=role, RoleSessionName=MADE)["Credentials"]
    answers = {
        "iam:CreateAccessKey": {"accessKey": {"accessKeyId": key["AccessKeyId"], "userName": MADE}},
        "sts:AssumeRole": {"credentials": {"accessKeyId": session["AccessKeyId"]}},
    }
    for call in _ATTACK:
        _record(account, key_id, user, call, _OUTSIDE, answers.get(call.action))
    return [
        ("AWS key of the attacker's user", key["SecretAccessKey"]),
        ("AWS key of the attacker's session", session["SecretAccessKey"]),
        ("token of the attacker's session", session["SessionToken"]),
    ]


def undo(world: PracticeWorld) -> None:
    """Deletes what the attacker made, as a person does in the consoles."""
    undo_at_aws(world.account)
    fake = world.fixture(OpenAIFixture).fake
    for key in fake.all_keys():
        if key.name == MADE:
            fake.revoke(key)


def undo_at_aws(account: Account) -> None:
    iam = account.world.aws.client("iam")
    with suppress(iam.exceptions.NoSuchEntityException):
        for key in iam.list_access_keys(UserName=MADE)["AccessKeyMetadata"]:
            iam.delete_access_key(UserName=MADE, AccessKeyId=key["AccessKeyId"])
        iam.delete_user(UserName=MADE)


def _record(
    account: Account,
    key_id: str,
    user: str,
    call: _Call,
    by: tuple[str, str],
    answer: Mapping[str, Any] | None = None,
) -> None:
    service, _, name = call.action.partition(":")
    arn = f"arn:aws:iam::123456789012:user/{user}"
    account.front.trail.add(
        {
            "userIdentity": {"type": "IAMUser", "arn": arn, "accessKeyId": key_id},
            "eventTime": (datetime.now(UTC) - call.ago).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "eventSource": f"{service}.amazonaws.com",
            "eventName": name,
            "awsRegion": call.region,
            "sourceIPAddress": by[0],
            "userAgent": by[1],
            "requestParameters": call.asked,
            "responseElements": answer,
            "eventID": str(uuid.uuid4()),
            "eventType": "AwsApiCall",
        }
    )
