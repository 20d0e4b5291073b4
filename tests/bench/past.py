"""A log with a past: the incidents of one database, copied into a new one of either kind."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import create_engine, insert, select

from bot.eventlog import open_event_log
from bot.eventlog.forms import format_time
from bot.eventlog.tables import CURSORS, EVENTS, INCIDENTS
from bot.worker.card_publisher import KEY, SURFACE

AT_ONCE = 5_000
PAST_KEY = "5e" * 32
"""By which the log of the past is sealed, and so that of every installation that is to have one."""


def copy_past(log: Path, url: str) -> int:
    """Puts the closed incidents of the SQLite file `log` into the empty database at `url`; gives their number.

    Each counts as shown in Slack: this workspace does not have their channels, and nobody draws what is up to date.
    """
    event_log, source = open_event_log(url), create_engine(f"sqlite:///{log}")
    now = format_time(datetime.now(UTC))
    try:
        with source.connect() as old, event_log.database.writing() as new:
            for table in (INCIDENTS, EVENTS):
                for rows in old.execute(select(table)).mappings().partitions(AT_ONCE):
                    new.execute(insert(table), [dict(row) for row in rows])
            heads = old.execute(select(INCIDENTS.c.incident, INCIDENTS.c.seq)).all()
            shown = {"surface": SURFACE, "key": KEY, "data": "{}", "updated_at": now}
            new.execute(insert(CURSORS), [{"incident": name, "seq": seq, **shown} for name, seq in heads])
    finally:
        source.dispose()
        event_log.close()
    return len(heads)
