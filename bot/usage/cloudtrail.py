"""Reads of parameters in CloudTrail's event history.

Facts: events arrive within about 15 minutes (CloudTrail user guide, event history). It is not documented whether the
history lists parameters by name besides their ARNs, so both are searched. Refused reads, and reads of a whole path,
have no resource: they are found among all reads of the account.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import KW_ONLY, dataclass
from datetime import datetime

from bot.aws import Aws
from bot.aws.lookups import Window, event_pages
from bot.errors import Throttled, Unexpected, Unreachable
from bot.phrases.times import moment
from bot.proofs.principals import without_session
from bot.usage.contract import Usage
from bot.usage.policies import parameter_arn
from bot.usage.trail_records import BY_NAME, BY_PATH, Search

REFUSED_PAGES = 10
"""Pages for each action: the latest 500 of the account, by any principal."""
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
    """The remaining budget; `reached` is how far back the search went if that was not far enough."""

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
        """The bot's ARN; empty if AWS does not say: the search then finds what it can."""
        try:
            return without_session(self.caller())
        except (Unreachable, Unexpected, Throttled):
            return ""

    def _resources(self, parameter: str, own: str) -> tuple[str, ...]:
        if not own:
            return (parameter,)
        _, partition, _, _, account, *_ = own.split(":")
        return parameter, parameter_arn(partition, self.aws.region, account, parameter)

    def _look_for_refused(self, action: str, window: Window, search: Search) -> datetime | None:
        lookup = _Lookup(min(REFUSED_PAGES, self.pages))
        self._look("EventName", action, window, lookup, search)
        return lookup.reached

    def _look(self, key: str, value: str, window: Window, lookup: _Lookup, search: Search) -> None:
        oldest = window[1]
        pages = event_pages(self.aws, "look up reads", key, value, window)
        while lookup.pages_left > 0:
            lookup.pages_left -= 1
            page = next(pages)
            for event_id, document in page.events:
                oldest = search.take(event_id, document) or oldest
            if page.last:
                return
        lookup.reached = oldest
