"""How a key of OpenAI was used: its requests by model, and what it changed in the organisation.

Source: the OpenAPI specification of OpenAI's platform (usage, audit logs). Usage is counted by minutes, hours or days,
and has no address; the snapshot of a key has its last use. Unverified: how late usage arrives, how long it is kept,
whether that of a deleted key stays.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from msgspec import Struct

from bot.model.priority import Priority
from bot.model.uses import Use, UseReport
from bot.providers.contract import UnixSeconds, utc
from bot.providers.looks import Look
from bot.providers.openai.api import PAGE, Administration

KINDS = (
    "completions", "embeddings", "images", "audio_speeches", "audio_transcriptions", "moderations",
    "file_search_calls", "web_search_calls",
)  # fmt: skip
"""What OpenAI counts by key: vector stores and code interpreter sessions it counts by project."""
MOST_BUCKETS = {"1m": 1440, "1h": 168, "1d": 31}
"""In one answer."""
KEY_MADE, ACCOUNT_MADE = "api_key.created", "service_account.created"


class _Result(Struct):
    api_key_id: str | None = None
    model: str | None = None
    num_model_requests: int = 0
    num_requests: int = 0


class _Bucket(Struct):
    start_time: UnixSeconds
    end_time: UnixSeconds
    results: list[_Result]


class _Buckets(Struct):
    data: list[_Bucket]
    has_more: bool
    next_page: str | None = None


class _ActingKey(Struct):
    id: str = ""


class _Actor(Struct):
    api_key: _ActingKey | None = None


class _Thing(Struct):
    id: str = ""


class _Change(Struct, rename={"key": "api_key.created", "account": "service_account.created", "user": "user.added"}):
    id: str
    type: str
    effective_at: UnixSeconds
    actor: _Actor | None = None
    key: _Thing | None = None
    account: _Thing | None = None
    user: _Thing | None = None

    @property
    def made(self) -> tuple[str, ...]:
        return tuple(each.id for each in (self.key, self.account, self.user) if each is not None and each.id)


class _Changes(Struct):
    data: list[_Change]
    has_more: bool
    last_id: str | None = None


def use_of(administration: Administration, key_id: str, look: Look) -> UseReport:
    """The use of the key ``project/key``. Errors: the OutsideError family."""
    key = key_id.partition("/")[2]
    look.read("Usage", _usage(administration, key, look.since, look.until))
    look.read("Audit log", _changes(administration, key, look.since, look.until))
    return look.report()


def _usage(administration: Administration, key: str, since: datetime, until: datetime) -> Iterator[list[Use]]:
    """By days; of the last week, where there is any, by hours, and of the last hours by minutes."""
    hours = until.replace(minute=0, second=0, microsecond=0) - timedelta(hours=5)
    week = max(since, hours.replace(hour=0) - timedelta(days=6))
    for kind in KINDS:
        lately = False
        for uses in _buckets(administration, kind, key, (since, until), "1d"):
            lately = lately or any(use.last > week for use in uses)
            yield [use for use in uses if use.last <= week]
        if lately:
            yield from _buckets(administration, kind, key, (max(hours, week), until), "1m")
            yield from _buckets(administration, kind, key, (week, max(hours, week)), "1h")


def _buckets(
    administration: Administration, kind: str, key: str, window: tuple[datetime, datetime], width: str
) -> Iterator[list[Use]]:
    (start, end), more = window, window[0] < window[1]
    path = f"/organization/usage/{kind}?group_by=api_key_id"
    if kind != "file_search_calls":  # it has no models
        path += "&group_by=model"
    query: dict[str, str | int] = {
        "start_time": int(start.timestamp()),
        "end_time": int(end.timestamp()),
        "bucket_width": width,
        "limit": MOST_BUCKETS[width],
        "api_key_ids": key,
    }
    while more:
        reply = administration.ask("GET", path, f"read the usage of {kind}", Priority.READ, query=query)
        page = reply.expect(200).parse(_Buckets)
        yield [use for bucket in page.data for use in _counted(bucket, kind, key, end)]
        more = page.has_more and page.next_page not in {None, query.get("page")}
        query["page"] = page.next_page or ""


def _counted(bucket: _Bucket, kind: str, key: str, until: datetime) -> Iterator[Use]:
    first, last = utc(bucket.start_time), utc(bucket.end_time)
    assert first is not None
    assert last is not None
    for each in bucket.results:
        times = each.num_model_requests or each.num_requests
        if times > 0 and each.api_key_id == key:
            action = f"{kind}:{each.model}" if each.model else kind
            yield Use(first, min(last, until), action, key, times=times)


def _changes(administration: Administration, key: str, since: datetime, until: datetime) -> Iterator[list[Use]]:
    query: dict[str, str | int] = {
        "actor_ids[]": key,
        "effective_at[gte]": int(since.timestamp()),
        "effective_at[lte]": int(until.timestamp()),
        "limit": PAGE,
    }
    more = True
    while more:
        reply = administration.ask("GET", "/organization/audit_logs", "read the audit log", Priority.READ, query=query)
        page = reply.expect(200).parse(_Changes)
        yield [_changed(change, key) for change in page.data if _by(change) == key]
        more = page.has_more and page.last_id not in {None, query.get("after")}
        query["after"] = page.last_id or ""


def _by(change: _Change) -> str:
    acting = change.actor.api_key if change.actor is not None else None
    return acting.id if acting is not None else ""


def _changed(change: _Change, key: str) -> Use:
    at = utc(change.effective_at)
    assert at is not None
    return Use(at, at, change.type, key, what=change.made, id=change.id)
