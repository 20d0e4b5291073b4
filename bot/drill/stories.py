"""What happened with the leaked AWS key before its declaration, as the practice account's event history tells it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bot.drill.account import Account

MADE = "support-readonly"
"""The user that the attacker makes."""
LEFT = "worker-production"
"""The function that the attacker opens to another account."""


class Story(StrEnum):
    """ATTACK: someone else used the key for two minutes, and made what outlives it. QUIET: only the product used it."""

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
_USUAL = tuple(_Call("sqs:ListQueues", timedelta(days=days)) for days in range(0, 30, 3))
_ATTACK = (
    _Call("sts:GetCallerIdentity", timedelta(seconds=240)),
    _Call("iam:ListUsers", timedelta(seconds=225), region="us-east-1"),
    _Call("iam:CreateUser", timedelta(seconds=190), {"userName": MADE}, "us-east-1"),
    _Call("iam:CreateAccessKey", timedelta(seconds=170), {"userName": MADE}, "us-east-1"),
    _Call("lambda:AddPermission20150331v2", timedelta(seconds=120), {"functionName": LEFT}),
)


def play(story: Story, account: Account, key_id: str, user: str) -> list[tuple[str, str]]:
    """Tells CloudTrail of it, for the key of `user`. What the attacker made is there: gives the values of it, in words
    and as they are.
    """
    for call in _USUAL:
        _record(account, key_id, user, call, _PRODUCT)
    if story is not Story.ATTACK:
        return []
    iam = account.world.aws.client("iam")
    iam.create_user(UserName=MADE)
    key = iam.create_access_key(UserName=MADE)["AccessKey"]
    answers = {"iam:CreateAccessKey": {"accessKey": {"accessKeyId": key["AccessKeyId"], "userName": MADE}}}
    for call in _ATTACK:
        _record(account, key_id, user, call, _OUTSIDE, answers.get(call.action))
    return [("AWS key of the attacker's user", key["SecretAccessKey"])]


def undo(account: Account) -> None:
    """Deletes what the attacker made, as a person does in the console."""
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
