"""What a REST key of PagerDuty changed, from the account's audit trail.

Source: PagerDuty's REST API v2, audit records, and its page on audit trail reporting: 12 months, on certain plans, for
admins and account keys only. A record names its key by the last four characters. Reads leave none. Unverified: how late
a record is listed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from bot.model.uses import Use, UseReport
from bot.providers.contract import AnyTime
from bot.providers.looks import Look
from bot.providers.pagerduty.account import Account

LONGEST = timedelta(days=30)
"""Of one query; PagerDuty allows 31 days."""
LISTED = 100
SHOWN = 4
"""Characters of a key that a record shows."""
LISTED_AT = {"user:create": "users", "service:create": "services"}
"""Where what was made is read, by its id."""


class _Reference(Struct):
    id: str
    type: str
    summary: str | None = None

    @property
    def name(self) -> str:
        return self.summary or self.id


class _Context(Struct):
    remote_address: str | None = None


class _Method(Struct):
    type: str
    truncated_token: str | None = None


class _Record(Struct):
    id: str
    execution_time: AnyTime
    method: _Method
    root_resource: _Reference
    action: str
    execution_context: _Context | None = None
    actors: list[_Reference] | None = None


class _Records(Struct):
    records: list[_Record]
    next_cursor: str | None = None


def use_of(account: Account, key_id: str, look: Look) -> UseReport:
    """The changes by the REST key of this id, which ends as its value does. Errors: the OutsideError family."""
    look.read("Audit trail", _changes(account, key_id, look.since, look.until))
    return look.report()


def _changes(account: Account, key_id: str, since: datetime, until: datetime) -> Iterator[list[Use]]:
    """Window by window, the newest first."""
    shown = key_id[-SHOWN:]
    while since < until:
        start = max(since, until - LONGEST)
        query: dict[str, str | int] = {
            "since": _text(start),
            "until": _text(until),
            "method_type": "api_token",
            "method_truncated_token": shown,
            "limit": LISTED,
        }
        more = True
        while more:
            reply = account.ask("GET", "/audit/records", "read the audit trail", query=query)
            page = reply.expect(200).parse(_Records)
            yield [_use(record, key_id) for record in page.records if record.method.truncated_token == shown]
            more = page.next_cursor not in {None, "", query.get("cursor")}
            query["cursor"] = page.next_cursor or ""
        until = start


def _use(record: _Record, key_id: str) -> Use:
    at, context = record.execution_time.astimezone(UTC), record.execution_context
    action = f"{record.root_resource.type.removesuffix('_reference')}:{record.action}"
    return Use(
        first=at,
        last=at,
        action=action,
        key=key_id,
        principal=record.actors[0].name if record.actors else "",
        address=(context.remote_address if context is not None else None) or "",
        what=tuple(dict.fromkeys((record.root_resource.name, record.root_resource.id))),
        id=record.id,
    )


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
