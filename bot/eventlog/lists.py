"""The list of incidents, as it is read: who only lists them needs none of their rules."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select

from bot.decoding import decoder
from bot.eventlog.contract import Summary
from bot.eventlog.forms import parse_time
from bot.eventlog.tables import OPEN_SECRETS

_NAMES = decoder(tuple[str, ...])

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
"""The time in the list for an incident without one."""

OPEN = "open"
CLOSED = "closed"


def holder_of(connection: Connection, environment: str, secret: str) -> str | None:
    """The open incident that this secret is in."""
    mine = (OPEN_SECRETS.c.environment == environment) & (OPEN_SECRETS.c.secret == secret)
    return connection.execute(select(OPEN_SECRETS.c.incident).where(mine)).scalar_one_or_none()


def all_taken(connection: Connection, environment: str | None = None) -> dict[tuple[str, str], str]:
    """All secrets in open incidents, of one environment or of all: (environment, secret) → incident."""
    query = select(OPEN_SECRETS.c.environment, OPEN_SECRETS.c.secret, OPEN_SECRETS.c.incident)
    if environment is not None:
        query = query.where(OPEN_SECRETS.c.environment == environment)
    return {(row.environment, row.secret): row.incident for row in connection.execute(query)}


def read_summary(row: Sequence[Any]) -> Summary:
    """A row of `incidents`, its columns in the order of the table: unpacked, since a list has thousands of them.

    One that holds what no worker wrote keeps none of the others from being listed.
    """
    incident, seq, state, environment, title, declared_at, declared_by, digest, updated_at, secrets, alive = row[:11]
    kind, _owed, over = row[11:]
    try:
        declared, updated, names = parse_time(declared_at), parse_time(updated_at), _NAMES.decode(secrets)
        seq, alive, over = int(seq), int(alive), None if over is None else int(over)
    except (ValueError, TypeError):
        declared, updated, names, seq, alive, over = LONG_AGO, LONG_AGO, (), 0, 0, None
    return Summary(
        incident=incident,
        seq=seq,
        state=state,
        environment=environment,
        title=title,
        declared_at=declared,
        declared_by=declared_by,
        head=f"{seq}:{digest}",
        updated_at=updated,
        secrets=names,
        alive=alive,
        kind=kind,
        closed_over=over,
    )
