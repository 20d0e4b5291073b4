"""That something arrived from outside: the inbox of news, in which fronts leave no word of what was sent.

A row says from which source a delivery came, of what kind, and by which numbers its source can be asked about it. A
worker asks, and marks the row as done. Rows are remembered for thirty days, so that the same delivery is new once.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, or_, select, update

from bot.eventlog import upsert
from bot.eventlog.database import Database
from bot.eventlog.forms import format_time
from bot.eventlog.tables import ARRIVALS
from bot.eventlog.wakeups import Wakeups

KEPT_FOR = timedelta(days=30)
AT_ONCE = 200
"""Arrivals that a worker takes at a time."""


@dataclass(frozen=True)
class Arrival:
    """`delivery` is the source's own id of it, `digest` a keyed one of what was sent; `subject` and `item` are what the
    source is asked about: ``acme/app`` and an alert's number.
    """

    source: str
    delivery: str
    digest: str
    kind: str
    subject: str
    item: int
    at: str = ""
    number: int = 0


class Arrivals:
    """The table. Every method raises LogUnavailable where the database does."""

    def __init__(self, database: Database, wakeups: Wakeups) -> None:
        self._database = database
        self._wakeups = wakeups

    def put(self, arrival: Arrival, at: datetime) -> bool:
        """Leaves it; False for a delivery that was here before, by its id or by what was sent."""
        values = {name: value for name, value in asdict(arrival).items() if name != "number"}
        values["at"] = format_time(at)
        with self._database.writing() as connection:
            new = upsert.put_new(connection, ARRIVALS, values)
            if new:
                self._wakeups.announce(connection, "")
        self._wakeups.committed()
        return new

    def waiting(self, source: str = "", *, after: int = 0, limit: int = AT_ONCE) -> list[Arrival]:
        """Those of one source, or of all, that no worker has asked about, oldest first; only those that came `after`
        that number.
        """
        columns = [ARRIVALS.c[name] for name in Arrival.__dataclass_fields__]
        query = select(*columns).where((ARRIVALS.c.done_at == "") & (ARRIVALS.c.number > after))
        if source:
            query = query.where(ARRIVALS.c.source == source)
        with self._database.reading() as connection:
            return [Arrival(*row) for row in connection.execute(query.order_by(ARRIVALS.c.number).limit(limit))]

    def by_source(self) -> dict[str, int]:
        """How many wait, of those sources of which any do."""
        query = select(ARRIVALS.c.source, func.count()).where(ARRIVALS.c.done_at == "").group_by(ARRIVALS.c.source)
        with self._database.reading() as connection:
            return {source: int(number) for source, number in connection.execute(query.order_by(ARRIVALS.c.source))}

    def waits(self) -> int:
        with self._database.reading() as connection:
            return int(connection.execute(select(func.count()).where(ARRIVALS.c.done_at == "")).scalar_one())

    def done(self, numbers: Collection[int], at: datetime) -> None:
        """They were asked about, and what came of it stands in the log of alerts."""
        if not numbers:
            return
        with self._database.writing() as connection:
            mine = ARRIVALS.c.number.in_(numbers)
            connection.execute(update(ARRIVALS).where(mine).values(done_at=format_time(at)))

    def tidy(self, now: datetime) -> int:
        """Forgets those that are older than thirty days; gives how many."""
        old = or_(ARRIVALS.c.at < format_time(now - KEPT_FOR), ARRIVALS.c.at > format_time(now + KEPT_FOR))
        with self._database.writing() as connection:
            return connection.execute(delete(ARRIVALS).where(old & (ARRIVALS.c.done_at != ""))).rowcount
