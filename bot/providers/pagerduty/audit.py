"""What a REST key of PagerDuty changed, from the account's audit trail.

Source: PagerDuty's REST API v2, audit records, and its page on audit trail reporting: 12 months, on certain plans, for
admins and account keys only. A record names its key by the last four characters. Reads leave none. Unverified: how late
a record is listed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from bot.model.uses import Concern, Per, Undo, Use, UseReport, ruled
from bot.providers.contract import AnyTime
from bot.providers.looks import Look
from bot.providers.pagerduty.account import Account

LONGEST = timedelta(days=30)
"""Of one query; PagerDuty allows 31 days."""
LISTED = 100
SHOWN = 4
"""Characters of a key that a record shows."""
GAP = "PagerDuty records changes and no reads"
NOT_VISIBLE = (
    "Reads: PagerDuty records none.",
    "Which key it was, if another one of the account ends in the same four characters.",
    "Changes of the last minutes: PagerDuty does not say how late the trail is.",
    "Changes more than 12 months ago.",
)
RULES = {
    "user:create": (Concern.PERSISTENCE, "Adds a person."),
    "user:update": (Concern.PERSISTENCE, "Changes a person, such as role or contact."),
    "ip_allow_list:update": (Concern.PERSISTENCE, "Changes from where the account can be used."),
    "ip_allow_list:delete": (Concern.PERSISTENCE, "Changes from where the account can be used."),
    "service:create": (Concern.PERSISTENCE, "Makes a service, which has keys."),
    "service:update": (Concern.BLINDNESS, "Changes a service, such as who is paged."),
    "service:delete": (Concern.BLINDNESS, "Deletes a service: its alerts page no one."),
    "escalation_policy:update": (Concern.BLINDNESS, "Changes who is paged."),
    "escalation_policy:delete": (Concern.BLINDNESS, "Changes who is paged."),
    "schedule:update": (Concern.BLINDNESS, "Changes who is paged."),
    "schedule:delete": (Concern.BLINDNESS, "Changes who is paged."),
}
"""By what was changed and how."""
LISTED_AT = {"user:create": "users", "service:create": "services"}
"""Where what was made is read, by its id."""
UNDO = Undo("Put it back as it was, or delete it: https://app.pagerduty.com.")


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


def use_of(account: Account, key_id: str, since: datetime, until: datetime, enough: Callable[[], bool]) -> UseReport:
    """The changes by the REST key of this id, which ends as its value does. Errors: the OutsideError family."""
    look = Look(since, until, enough)
    look.read("Audit trail", _changes(account, key_id, since, until))
    return look.report("PagerDuty's audit trail, by the last four characters of the key", Per.KEY, NOT_VISIBLE, GAP)


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
    seen = Use(
        first=at,
        last=at,
        action=action,
        key=key_id,
        principal=record.actors[0].name if record.actors else "",
        address=(context.remote_address if context is not None else None) or "",
        what=tuple(dict.fromkeys((record.root_resource.name, record.root_resource.id))),
        id=record.id,
    )
    return ruled(seen, RULES, UNDO)


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
