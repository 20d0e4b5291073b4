"""What a key of Supabase was used for, from the log of the project's gateway.

Sources: Supabase's changelog 48235 and guide "Supabase for Platforms" (the endpoint, the one table `logs`, 24 hours a
query), supabase/supabase `packages/shared-data/pricing.ts` (how long it is kept), public code for the attributes'
names. Unverified: the form of times and numbers, which are read in each, and how late a request is logged.

The log itself has the beginning of a key of the new kind. A query has as much of it as any list of keys shows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated

from msgspec import Meta, Struct

from bot.errors import Refused, Unexpected
from bot.model.uses import Concern, Use, UseReport
from bot.net.http import USER_AGENT
from bot.providers.looks import Look, any_time
from bot.providers.supabase.api import NAME, Management, legacy_role
from bot.providers.supabase.gateway import ROOT, SETTINGS
from bot.secrets.secret import Secret

VERB = "look up how the key was used"
WINDOW = timedelta(hours=24)
MOST_ROWS = 1000
PREFIX, ROLE = "request.sb.apikey.apikey.prefix", "request.sb.jwt.apikey.payload.role"
ATTRIBUTES = {
    "address": "request.headers.cf_connecting_ip",
    "agent": "request.headers.user_agent",
    "method": "request.method",
    "path": "request.path",
    "status": "response.status_code",
    "prefix": PREFIX,
}
ACCOUNTS = "/auth/v1/admin/"
_BEGINNING = re.compile(r"sb_(?:secret|publishable)_[A-Za-z0-9_-]{4}")

type _Number = Annotated[int, Meta(ge=0, le=10**18)] | str


class _Row(Struct):
    first_at: _Number
    last_at: _Number
    times: _Number
    address: str | None = None
    agent: str | None = None
    method: str | None = None
    path: str | None = None
    status: str | None = None
    prefix: str | None = None

    def use(self) -> Use:
        concern, why = _rule(self.method or "", self.path or "")
        return Use(
            first=any_time(self.first_at, NAME, VERB),
            last=any_time(self.last_at, NAME, VERB),
            action=f"{self.method or ''} {self.path or ''}".strip(),
            address=self.address or "",
            agent=self.agent or "",
            refused=(self.status or "")[:1] in {"4", "5"},
            times=_count(self.times),
            concern=concern,
            why=why,
            by_bot=self.agent == USER_AGENT and self.path in {SETTINGS, ROOT},
        )


class _Answer(Struct):
    result: list[_Row] | None = None
    error: object = None


def use_of(management: Management, key: Secret, look: Look) -> UseReport:
    """The requests with the key, day by day, the newest first. Errors: the OutsideError family."""
    beginning, role = _BEGINNING.match(key.reveal()), legacy_role(key, management.project)
    if beginning is None and not role:
        raise Refused(NAME, VERB, "the value is not a key of this project")
    shown = f"startsWith(log_attributes['{PREFIX}'], '{beginning[0]}')" if beginning else ""
    which = shown or f"log_attributes['{ROLE}'] = '{role}'"
    look.read("Gateway log", _days(management, which, key if beginning else None, look.since, look.until))
    return look.report()


def _days(
    management: Management, which: str, key: Secret | None, since: datetime, until: datetime
) -> Iterator[list[Use]]:
    end = until
    while end > since:
        start = max(since, end - WINDOW)
        query = {"sql": _query(which), "iso_timestamp_start": _iso(start), "iso_timestamp_end": _iso(end)}
        answer = management.ask("GET", "/analytics/endpoints/logs", VERB, query=query).expect(200).parse(_Answer)
        if answer.error or answer.result is None:
            raise Unexpected(NAME, VERB, "the log endpoint answers with an error")
        yield [row.use() for row in answer.result if key is None or _begins(key, row.prefix)]
        if len(answer.result) >= MOST_ROWS:
            raise Refused(NAME, VERB, f"more than {MOST_ROWS} kinds of requests within a day")
        end = start


def _begins(key: Secret, prefix: str | None) -> bool:
    return prefix is not None and prefix != "" and key.reveal().startswith(prefix)


def _query(which: str) -> str:
    columns = [f"log_attributes['{attribute}'] as {name}" for name, attribute in ATTRIBUTES.items()]
    columns += ["min(timestamp) as first_at", "max(timestamp) as last_at", "count() as times"]
    where = f"{which} group by {', '.join(ATTRIBUTES)}"
    return f"select {', '.join(columns)} from logs where {where} order by last_at desc limit {MOST_ROWS}"  # noqa: S608 - of a key only letters, digits and _-


def _rule(method: str, path: str) -> tuple[Concern, str]:
    if path.startswith(ACCOUNTS):
        return Concern.PERSISTENCE, "Reads or changes people's accounts."
    return (Concern.ABUSE, "Deletes data.") if method == "DELETE" else (Concern.NONE, "")


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _count(number: _Number) -> int:
    try:
        return int(number)
    except ValueError:
        raise Unexpected(NAME, VERB, "a number of requests that is none") from None
