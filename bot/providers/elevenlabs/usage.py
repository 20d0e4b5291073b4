"""What a service account's key was used for: credits by hour and product.

Source: elevenlabs-python 2.78, workspace/usage: a table whose columns are the named groups, a time and amounts.
Unverified: the form of times, which are read as text or number, how late usage is recorded and how long it is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from msgspec import Struct

from bot.errors import Missing, Unexpected
from bot.model.priority import Priority
from bot.model.uses import Use, UseReport
from bot.providers.elevenlabs.api import NAME, ElevenLabsApi
from bot.providers.looks import Look, any_time

VERB = "look up how the key was used"
PATH = "/v1/workspace/analytics/query/usage-by-product-over-time"
HOUR = timedelta(hours=1)
HASH, PRODUCT, ORIGIN, REGION = "hashed_xi_api_key", "product_type", "request_source", "region"


class _Table(Struct):
    columns: list[str]
    column_types: list[str]
    rows: list[list[object]]


def use_of(api: ElevenLabsApi, key_id: str, look: Look) -> UseReport:
    """The usage of the key ``service account/key``, as long as it is listed. Errors: the OutsideError family."""
    look.read("Usage", _read(api, key_id, look.since, look.until))
    return look.report()


def _read(api: ElevenLabsApi, key_id: str, since: datetime, until: datetime) -> Iterator[list[Use]]:
    account, _, name = key_id.partition("/")
    hashed = next((key.hashed_xi_api_key for key in api.keys(account) if key.key_id == name), None)
    if not hashed:
        raise Missing(NAME, VERB, "the key is no longer listed, and neither is its hash")
    body = {
        "start_time": int(since.timestamp() * 1000),
        "end_time": int(until.timestamp() * 1000),
        "interval_seconds": int(HOUR.total_seconds()),
        "group_by": [HASH, PRODUCT, ORIGIN, REGION],
        "filters": [{"column": HASH, "operation": "eq", "values": [hashed]}],
        "time_zone": "UTC",
    }
    table = api.ask("POST", PATH, VERB, Priority.READ, body=body).expect(200).parse(_Table)
    times = [name for name, kind in zip(table.columns, table.column_types, strict=False) if kind == "DateTime"]
    if HASH not in table.columns or not times:
        raise Unexpected(NAME, VERB, "a table without the time or the key of its rows")
    amounts = [name for name, kind in zip(table.columns, table.column_types, strict=False) if kind in {"Int", "Float"}]
    rows = (dict(zip(table.columns, row, strict=False)) for row in table.rows)
    yield [_use(row, times[0], amounts, key_id, until) for row in rows if row.get(HASH) == hashed]


def _use(row: Mapping[str, object], time: str, amounts: list[str], key_id: str, until: datetime) -> Use:
    first = any_time(row.get(time), NAME, VERB)
    return Use(
        first=first,
        last=min(first + HOUR, until),
        action=str(row.get(PRODUCT) or "usage"),
        key=key_id,
        agent=str(row.get(ORIGIN) or ""),
        region=str(row.get(REGION) or ""),
        what=tuple(f"{row[name]} {name}" for name in amounts if row.get(name)),
    )
