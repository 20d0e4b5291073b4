"""CloudTrail's event history, page by page.

Facts: the history holds 90 days of management events of one account and region. A lookup has one attribute, gives 50
events a page, the newest first, and is limited to two a second for an account and region (CloudTrail API reference,
LookupEvents; botocore's model cloudtrail 2013-11-01).

An attacker influences much of a record, so one that cannot be read is no error.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from bot.aws.calls import call, patiently
from bot.aws.clients import Aws
from bot.decoding import decode

SYSTEM = "cloudtrail"
A_SECOND, IN_A_DRILL = 2.0, 50.0
"""Calls a second for one account and region."""
PAGE = 50
LARGEST = 1024 * 1024
"""Characters. CloudTrail's largest record has 256 KB (CloudTrail user guide, quotas)."""

type Window = tuple[datetime, datetime]
"""The searched time (UTC)."""


@dataclass(frozen=True)
class Page:
    """Each event's id with its record as JSON. `last`: the search has no more."""

    events: tuple[tuple[str, str], ...]
    last: bool


class Identity(msgspec.Struct, frozen=True):
    """Who acted."""

    type: str = ""
    arn: str | None = None
    invoked_by: str | None = msgspec.field(name="invokedBy", default=None)

    @property
    def who(self) -> str:
        return self.arn or self.invoked_by or self.type


class Record(msgspec.Struct, frozen=True):
    """The fields of every record that we keep. `name` is that of the action, as ``GetParameter``."""

    id: str = msgspec.field(name="eventID")
    at: datetime = msgspec.field(name="eventTime")
    source: str = msgspec.field(name="eventSource")
    name: str = msgspec.field(name="eventName")
    identity: Identity = msgspec.field(name="userIdentity")
    address: str | None = msgspec.field(name="sourceIPAddress", default=None)
    agent: str | None = msgspec.field(name="userAgent", default=None)
    error: str | None = msgspec.field(name="errorCode", default=None)


def event_pages(aws: Aws, verb: str, attribute: str, value: str, window: Window, region: str = "") -> Iterator[Page]:
    """The events with this attribute, in `region` or the own one. Each page takes a call, at the pace of its region.
    Errors as `bot.aws.call`.
    """
    cloudtrail, bucket = aws.client("cloudtrail", region), aws.lookups(region)
    asked: dict[str, Any] = {
        "LookupAttributes": [{"AttributeKey": attribute, "AttributeValue": value}],
        "StartTime": window[0],
        "EndTime": window[1],
        "MaxResults": PAGE,
    }
    while True:
        answer = patiently(lambda: call(SYSTEM, verb, lambda: cloudtrail.lookup_events(**asked), bucket=bucket))
        events = tuple((each.get("EventId", ""), each.get("CloudTrailEvent", "")) for each in answer.get("Events", ()))
        more = answer.get("NextToken")
        yield Page(events, last=not more)
        if not more:
            return
        asked["NextToken"] = more


def record_of[T](document: str, shape: type[T]) -> T | None:
    """A record as `shape`; None if it is larger than CloudTrail's, or cannot be read."""
    try:
        return decode(document, shape) if len(document) <= LARGEST else None
    except (msgspec.DecodeError, UnicodeError):
        return None
