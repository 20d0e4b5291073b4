"""What happened in an account of Twilio: its events, and how many messages and calls it made a day.

Sources: Twilio's OpenAPI files (monitor v1, api v2010) and its page on monitor events, which keeps 30 days where none
are paid for. An event names a person or the account, and no key or token; counts name no one. Unverified: how late both
are, and how the actor of a call with an auth token is named.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import parse_qsl, urlsplit

from msgspec import Struct

from bot.model.priority import Priority
from bot.model.uses import Use, UseReport
from bot.providers.contract import AnyTime
from bot.providers.looks import Look
from bot.providers.twilio.api import PAGE_SIZE, Meta, TwilioApi

CATEGORIES = ("sms-outbound", "mms-outbound", "calls-outbound")
ACCOUNT_MADE = "account.created"


class _Event(Struct):
    sid: str | None = None
    event_type: str | None = None
    event_date: AnyTime | None = None
    actor_sid: str | None = None
    resource_sid: str | None = None
    source: str | None = None
    source_ip_address: str | None = None


class _Events(Struct):
    events: list[_Event]
    meta: Meta


class _Count(Struct):
    start_date: date
    category: str = ""
    count: str | None = None


class _Counts(Struct):
    usage_records: list[_Count]


def use_of(api: TwilioApi, look: Look) -> UseReport:
    """The use of the account by anyone. Errors: the OutsideError family."""
    look.read("Events", _events(api, look.since, look.until))
    look.read("Daily counts", _counts(api, look.since, look.until))
    return look.report()


def _events(api: TwilioApi, since: datetime, until: datetime) -> Iterator[list[Use]]:
    query: dict[str, str | int] = {"StartDate": _text(since), "EndDate": _text(until), "PageSize": PAGE_SIZE}
    while query:
        reply = api.ask(api.monitor, "GET", "/v1/Events", "read events", Priority.READ, query=query)
        page = reply.expect(200).parse(_Events)
        yield [use for event in page.events for use in _as_use(event)]
        query = dict(parse_qsl(urlsplit(page.meta.next_page_url or "").query))


def _as_use(event: _Event) -> Iterator[Use]:
    if event.event_date is None:
        return
    at = event.event_date.astimezone(UTC)
    yield Use(
        first=at,
        last=at,
        action=event.event_type or "event",
        principal=event.actor_sid or "",
        address=event.source_ip_address or "",
        agent=event.source or "",
        what=(event.resource_sid,) if event.resource_sid else (),
        id=event.sid or "",
    )


def _counts(api: TwilioApi, since: datetime, until: datetime) -> Iterator[list[Use]]:
    path = f"/2010-04-01/Accounts/{api.account}/Usage/Records/Daily.json"
    for category in CATEGORIES:
        query: dict[str, str | int] = {
            "Category": category,
            "StartDate": since.date().isoformat(),
            "EndDate": until.date().isoformat(),
            "PageSize": PAGE_SIZE,
        }
        reply = api.ask(api.api, "GET", path, f"read the count of {category}", Priority.READ, query=query)
        found = reply.expect(200).parse(_Counts).usage_records
        yield [use for count in found for use in _counted(count, category, until)]


def _counted(count: _Count, category: str, until: datetime) -> Iterator[Use]:
    times = int(count.count) if count.count and count.count.isdecimal() and len(count.count) < 10 else 0
    first = datetime.combine(count.start_date, time(), UTC)
    if times and count.category == category:
        yield Use(first, min(first + timedelta(days=1), until), category, times=times)


def _text(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
