"""Reads of parameters as CloudTrail's event history shows them.

Facts: the history holds 90 days of management events of one account and region; a lookup takes one attribute, gives 50
events a page, and may be asked twice a second; events arrive within about 15 minutes (CloudTrail API reference,
LookupEvents, and user guide, event history). Whether the history lists parameters by name beside their ARNs is not
documented, so both are looked up. No resource leads to what IAM refused, nor to reads of a whole path: these are found
among all reads of the account.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import KW_ONLY, dataclass, field
from datetime import datetime
from typing import Any

from bot.aws import Aws, call
from bot.aws.calls import patiently
from bot.errors import Throttled, Unexpected, Unreachable
from bot.net.limits import Bucket
from bot.phrases.times import moment
from bot.usage.contract import Usage
from bot.usage.policies import parameter_arn
from bot.usage.trail_records import BY_NAME, BY_PATH, Search, without_session

SYSTEM = "cloudtrail"
LOOKUPS_A_SECOND = 2.0
PAGE = 50
REFUSED_PAGES = 10
"""Of each action: the latest 500 of the account, whoever made them."""
SOURCE = "CloudTrail event history (LookupEvents)"
NOT_VISIBLE = (
    "Reads of the last 15 minutes: events can arrive that late.",
    "Reads more than 90 days ago: the event history ends there.",
    "Reads from another AWS account or region: each has an event history of its own.",
    "Refused reads of several parameters: CloudTrail names one of them.",
    "What warm containers did with a value after reading it, and use of the key at its provider.",
)
NO_ACCOUNT = "Which reads are the bot's own, and reads listed by ARN alone: AWS did not say who the bot is."


@dataclass
class _Lookup:
    """What may still be spent; `reached` is how far back it went where that was not far enough."""

    pages_left: int
    reached: datetime | None = None


@dataclass(frozen=True)
class CloudTrailUsage:
    """The event history of one AWS account and region.

    `caller` gives the ARN under which the bot itself reads; a session of an assumed role counts as that role. Each call
    of `reads` asks it again. A call reads at most `pages` pages of 50 events beyond the first of each parameter, and of
    each action ten for reads that were refused; two pages a second.
    """

    aws: Aws
    caller: Callable[[], str]
    _: KW_ONLY
    bucket: Bucket = field(default_factory=lambda: Bucket(LOOKUPS_A_SECOND, int(LOOKUPS_A_SECOND)))
    pages: int = 60

    def reads(self, parameters: Collection[str], since: datetime, until: datetime) -> Usage:
        """See `UsageSource.reads`. `since` and `until` are UTC; reads come newest first."""
        window = (since, until)
        search = Search(tuple(dict.fromkeys(parameters)), window, self._own())
        resources = [resource for name in search.parameters for resource in self._resources(name, search.own)]
        named = _Lookup(self.pages + len(resources))
        for resource in resources:
            self._look("ResourceName", resource, window, named, search)
        self._look("EventName", BY_PATH, window, named, search)
        back = [reached for action in BY_NAME if (reached := self._look_for_refused(action, window, search))]
        gaps = [] if search.own else [NO_ACCOUNT]
        if back:
            gaps.append(
                f"Refused reads before {moment(max(back))}: the account has more reads than were looked through."
            )
        return Usage(
            source=SOURCE,
            since=since,
            until=until,
            reads=tuple(sorted(search.reads.values(), key=lambda read: read.at, reverse=True)),
            not_visible=(*NOT_VISIBLE, *gaps, *search.gaps()),
            truncated=named.reached is not None or not search.own,
        )

    def _own(self) -> str:
        """Empty where AWS does not say: a look then finds what it can."""
        try:
            return without_session(self.caller())
        except (Unreachable, Unexpected, Throttled):
            return ""

    def _resources(self, parameter: str, own: str) -> tuple[str, ...]:
        if not own:
            return (parameter,)
        _, partition, _, _, account, *_ = own.split(":")
        return parameter, parameter_arn(partition, self.aws.region, account, parameter)

    def _look_for_refused(self, action: str, window: tuple[datetime, datetime], search: Search) -> datetime | None:
        lookup = _Lookup(min(REFUSED_PAGES, self.pages))
        self._look("EventName", action, window, lookup, search)
        return lookup.reached

    def _look(self, key: str, value: str, window: tuple[datetime, datetime], lookup: _Lookup, search: Search) -> None:
        asked: dict[str, Any] = {
            "LookupAttributes": [{"AttributeKey": key, "AttributeValue": value}],
            "StartTime": window[0],
            "EndTime": window[1],
            "MaxResults": PAGE,
        }
        oldest = window[1]
        while lookup.pages_left > 0:
            lookup.pages_left -= 1
            page = self._ask(asked)
            for entry in page.get("Events", ()):
                oldest = search.take(entry.get("EventId", ""), entry.get("CloudTrailEvent", "")) or oldest
            if not page.get("NextToken"):
                return
            asked["NextToken"] = page["NextToken"]
        lookup.reached = oldest

    def _ask(self, asked: dict[str, Any]) -> Any:
        """One page."""
        cloudtrail = self.aws.client("cloudtrail")
        return patiently(
            lambda: call(SYSTEM, "look up reads", lambda: cloudtrail.lookup_events(**asked), bucket=self.bucket)
        )
