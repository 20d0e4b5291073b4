"""Reads of parameters as CloudTrail's event history shows them.

Facts: the history holds 90 days of management events of one account and region; a lookup takes one attribute, gives 50
events a page, and may be asked twice a second; events arrive within about 15 minutes (CloudTrail API reference,
LookupEvents, and user guide, event history). Which of name and ARN an event lists as its resource is not documented for
Parameter Store, so both are looked up.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from bot.aws import Aws, call
from bot.decoding import decode
from bot.errors import Throttled
from bot.limits import Bucket
from bot.model.reads import Read
from bot.priority import Priority
from bot.usage.contract import Usage

SYSTEM = "cloudtrail"
SSM = "ssm.amazonaws.com"
LOOKUPS_A_SECOND = 2.0
PAGE = 50
PATIENCE = 4
"""Times that a throttled page is asked for again: the many others that were read would be lost with it."""
BY_PATH = "GetParametersByPath"
READS = frozenset({"GetParameter", "GetParameters", BY_PATH, "GetParameterHistory"})
SOURCE = "CloudTrail event history (LookupEvents)"
PATHS_NOT_VISIBLE = (
    "Reads of a whole path above the parameter (GetParametersByPath): they are not found by the parameter's name."
)
ELSEWHERE_NOT_VISIBLE = (
    "Reads of the last 15 minutes: events can arrive that late.",
    "Reads more than 90 days ago: the event history ends there.",
    "Reads from another AWS account or region: each has an event history of its own.",
    "What warm containers did with a value after reading it, and use of the key at its provider.",
)
NOT_VISIBLE = (PATHS_NOT_VISIBLE, *ELSEWHERE_NOT_VISIBLE)


class _Identity(msgspec.Struct, frozen=True):
    arn: str | None = None
    type: str = ""
    invoked_by: str | None = msgspec.field(default=None, name="invokedBy")


class _Asked(msgspec.Struct, frozen=True):
    name: str | None = None
    names: list[str] | None = None
    path: str | None = None
    recursive: bool = False


class _Event(msgspec.Struct, frozen=True):
    """The fields of a CloudTrail record that we keep."""

    event_id: str = msgspec.field(name="eventID")
    at: datetime = msgspec.field(name="eventTime")
    source: str = msgspec.field(name="eventSource")
    action: str = msgspec.field(name="eventName")
    identity: _Identity = msgspec.field(name="userIdentity")
    address: str | None = msgspec.field(name="sourceIPAddress", default=None)
    agent: str | None = msgspec.field(name="userAgent", default=None)
    error: str | None = msgspec.field(name="errorCode", default=None)
    asked: _Asked | None = msgspec.field(name="requestParameters", default=None)


@dataclass
class _Lookup:
    """What one call of `reads` has spent and found."""

    pages_left: int
    truncated: bool = False
    unreadable: int = 0


class CloudTrailUsage:
    """The event history of one AWS account and region.

    `own_principals` are ARNs under which the bot itself reads; a session of an assumed role counts as that role. A call
    reads at most `pages` pages of 50 events, two a second.
    """

    def __init__(
        self,
        aws: Aws,
        *,
        own_principals: Collection[str] = (),
        bucket: Bucket | None = None,
        pages: int = 60,
    ) -> None:
        self._aws = aws
        self._own = frozenset(_without_session(arn) for arn in own_principals)
        self._bucket = bucket or Bucket(LOOKUPS_A_SECOND, int(LOOKUPS_A_SECOND))
        self._pages = pages

    def reads(self, parameters: Collection[str], since: datetime, until: datetime) -> Usage:
        """See `UsageSource.reads`. `since` and `until` are UTC; reads come newest first."""
        lookup = _Lookup(self._pages)
        found: dict[tuple[str, str], Read] = {}
        for parameter in dict.fromkeys(parameters):
            for resource in self._resources(parameter):
                for event in self._events("ResourceName", resource, since, until, lookup):
                    if event.action in READS and event.source == SSM and _names(event, parameter):
                        found[event.event_id, parameter] = self._read(event, parameter)
        return _usage(found.values(), since, until, lookup, NOT_VISIBLE)

    def reads_by_path(self, parameters: Collection[str], since: datetime, until: datetime) -> Usage:
        """See `PathUsage.reads_by_path`. All such reads of the account are looked up, each once."""
        lookup, found = _Lookup(self._pages), list[Read]()
        for event in self._events("EventName", BY_PATH, since, until, lookup):
            if event.source == SSM and event.asked is not None and event.asked.path:
                below = [name for name in dict.fromkeys(parameters) if _is_below(name, event.asked)]
                found += [self._read(event, name) for name in below]
        return _usage(found, since, until, lookup, ELSEWHERE_NOT_VISIBLE)

    def _events(self, key: str, value: str, since: datetime, until: datetime, lookup: _Lookup) -> Iterator[_Event]:
        asked: dict[str, Any] = {
            "LookupAttributes": [{"AttributeKey": key, "AttributeValue": value}],
            "StartTime": since,
            "EndTime": until,
            "MaxResults": PAGE,
        }
        while True:
            if lookup.pages_left <= 0:
                lookup.truncated = True
                return
            lookup.pages_left -= 1
            page = self._ask(asked)
            for entry in page.get("Events", ()):
                try:
                    yield decode(entry.get("CloudTrailEvent", ""), _Event)
                except (msgspec.DecodeError, UnicodeError):
                    lookup.unreadable += 1
            if not page.get("NextToken"):
                return
            asked["NextToken"] = page["NextToken"]

    def _ask(self, asked: dict[str, Any]) -> Any:
        """One page. Others of the account look things up too, at the same quota."""
        for _ in range(PATIENCE):
            with suppress(Throttled):
                return self._lookup(asked)
        return self._lookup(asked)

    def _lookup(self, asked: dict[str, Any]) -> Any:
        return call(
            SYSTEM,
            "look up reads",
            lambda: self._aws.client("cloudtrail").lookup_events(**asked),
            bucket=self._bucket,
            priority=Priority.READ,
        )

    def _resources(self, parameter: str) -> tuple[str, ...]:
        for arn in sorted(self._own):
            parts = arn.split(":")
            if len(parts) > 5 and parts[4]:
                region = self._aws.client("cloudtrail").meta.region_name
                return parameter, f"arn:{parts[1]}:ssm:{region}:{parts[4]}:parameter/{parameter.lstrip('/')}"
        return (parameter,)

    def _read(self, event: _Event, parameter: str) -> Read:
        principal = event.identity.arn or event.identity.invoked_by or event.identity.type or "unknown"
        return Read(
            at=event.at.astimezone(UTC),
            principal=principal,
            address=event.address or "",
            agent=event.agent or "",
            action=f"{event.action} (refused: {event.error})" if event.error else event.action,
            parameter=parameter,
            by_bot=_without_session(principal) in self._own,
            by_version=_by_version(event, parameter),
        )


def _usage(reads: Iterable[Read], since: datetime, until: datetime, lookup: _Lookup, gaps: tuple[str, ...]) -> Usage:
    unread = (f"{lookup.unreadable} events that could not be read.",) if lookup.unreadable else ()
    return Usage(
        source=SOURCE,
        since=since,
        until=until,
        reads=tuple(sorted(reads, key=lambda read: read.at, reverse=True)),
        not_visible=gaps + unread,
        truncated=lookup.truncated,
    )


def _is_below(parameter: str, asked: _Asked) -> bool:
    path = f"{(asked.path or '').rstrip('/')}/"
    return parameter.startswith(path) and (asked.recursive or "/" not in parameter.removeprefix(path))


def _names(event: _Event, parameter: str) -> bool:
    """Whether the request asked for `parameter`; it may have said so by ARN, or with a version or label."""
    if event.asked is None:
        return True  # CloudTrail listed the parameter among the resources: that is all it says
    return any(_plain(name) == parameter for name in _asked_for(event))


def _by_version(event: _Event, parameter: str) -> bool:
    named = [_without_region(name) for name in _asked_for(event) if _plain(name) == parameter]
    return event.asked is None or any(name != parameter for name in named)


def _asked_for(event: _Event) -> list[str]:
    """What the request named."""
    asked = event.asked
    return [name for name in (asked.name, asked.path, *(asked.names or ())) if name] if asked is not None else []


def _plain(name: str) -> str:
    return _without_region(name).partition(":")[0]


def _without_region(name: str) -> str:
    """The name in an ARN, with the version or label that may follow it."""
    return name.partition(":parameter")[2] if name.startswith("arn:") else name


def _without_session(arn: str) -> str:
    """The ARN of an assumed role without its session's name, which differs by process."""
    head, kind, rest = arn.partition(":assumed-role/")
    return f"{head}{kind}{rest.partition('/')[0]}" if kind else arn
