"""What is derived from an incident's state and kept beside its log: the summary, and the taken secrets."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, delete, text, update

from bot.eventlog import upsert
from bot.eventlog.chain import StoredEvent
from bot.eventlog.contract import RunChanged, SecretTaken
from bot.eventlog.forms import format_time
from bot.eventlog.lists import CLOSED, OPEN, all_taken, holder_of
from bot.eventlog.tables import INCIDENTS, OPEN_SECRETS
from bot.incident.due import outlasting
from bot.incident.state import Incident, SecretState

AT_ONCE = 500
"""Secrets that one statement takes."""


@dataclass(frozen=True)
class Taken:
    """The secrets that an incident holds as long as it is open."""

    environment: str
    secrets: frozenset[str]


def taken(incident: Incident | None) -> Taken:
    """The secrets that the incident has in this state; none once it is closed."""
    if incident is None:
        return Taken("", frozenset())
    return Taken(incident.environment, frozenset(incident.secrets) if incident.open else frozenset())


def summary_values(
    incident: Incident, last: StoredEvent, before: Incident | None = None
) -> dict[str, str | int | None]:
    """The columns of the incident's summary row after its event `last`. With `before`, the state that the row already
    shows, only the columns that may have changed: names of a thousand secrets are not rewritten with each event.
    """
    values: dict[str, str | int | None] = {
        "incident": last.stream,
        "seq": last.seq,
        "state": OPEN if incident.open else CLOSED,
        "title": incident.title,
        "digest": last.digest,
        "updated_at": last.at,
    }
    if before is None:
        values |= {
            "environment": incident.environment,
            "declared_at": format_time(incident.declared.at),
            "declared_by": incident.declared.name,
            "kind": str(incident.kind),
        }
    if before is None or before.secrets.keys() != incident.secrets.keys():
        values["secrets"] = json.dumps(sorted(incident.secrets))
    if before is None or _lives_and_deaths(before.secrets, incident.secrets):
        values["alive"] = sum(not secret.leaked_value_dead for secret in incident.secrets.values())
    if before is None or not (before.open and incident.open):
        values["owed"] = outlasting(incident)
        values["closed_over"] = None if incident.open else len(incident.accepted_items)
    return values


def _lives_and_deaths(before: Mapping[str, SecretState], after: Mapping[str, SecretState]) -> bool:
    """Whether the number of values that are not dead may have changed."""
    if before is after:
        return False
    return before.keys() != after.keys() or any(
        before[name] is not secret and before[name].leaked_value_dead != secret.leaked_value_dead
        for name, secret in after.items()
    )


def move_summary(connection: Connection, values: dict[str, str | int | None], *, expected: int) -> bool:
    """Changes the summary row from event number `expected` (0: no row yet) to `values`; False if it shows another
    event.

    An append does this first: the row is the lock that orders appends to an incident.
    """
    if expected == 0:
        return upsert.put_new(connection, INCIDENTS, values)
    mine = (INCIDENTS.c.incident == values["incident"]) & (INCIDENTS.c.seq == expected)
    return connection.execute(update(INCIDENTS).where(mine).values(values)).rowcount == 1


def move_taken(connection: Connection, incident: str, before: Taken, after: Taken) -> None:
    """Takes and releases secrets. SecretTaken if another open incident has one of them."""
    released = before.secrets - after.secrets
    if released:
        mine = (OPEN_SECRETS.c.incident == incident) & OPEN_SECRETS.c.secret.in_(released)
        connection.execute(delete(OPEN_SECRETS).where(mine))
    wanted = sorted(after.secrets - before.secrets)  # in order: two incidents never wait for each other
    for names in itertools.batched(wanted, AT_ONCE):
        rows = [{"environment": after.environment, "secret": name, "incident": incident} for name in names]
        for name, written in zip(names, upsert.put_all_new(connection, OPEN_SECRETS, rows), strict=True):
            holder = incident if written else holder_of(connection, after.environment, name)
            if holder != incident:
                raise SecretTaken(after.environment, name, holder or "another incident")


def demand_taken(connection: Connection, given: Mapping[tuple[str, str], str]) -> None:
    """RunChanged unless exactly these secrets, by environment and name, are in these open incidents. Until this
    transaction ends, no other one takes or releases a secret: on PostgreSQL by the table's own lock; SQLite has one
    writer anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"LOCK TABLE {OPEN_SECRETS.name} IN SHARE ROW EXCLUSIVE MODE"))
    if all_taken(connection) != given:
        raise RunChanged("what open incidents have is not what it was when this was decided")
