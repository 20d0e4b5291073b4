"""Logs of earlier releases (tests/eventlog/logs), as databases to be opened."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

LOGS = Path(__file__).parents[1] / "eventlog" / "logs"


def restore(name: str, path: Path) -> Path:
    """Makes the database of `name` at `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((LOGS / f"{name}.sql").read_text())
    return path


def incidents(path: Path) -> dict[str, str]:
    """The ids of the incidents by the first secret of each and its state, such as ``openai-api-key open``."""
    query = "SELECT incident, secrets, state FROM incidents"
    with closing(sqlite3.connect(path)) as connection:
        return {f"{secrets.strip('[]').split(',')[0].strip(chr(34))} {state}": incident
                for incident, secrets, state in connection.execute(query)}  # fmt: skip


def head(path: Path, incident: str) -> str:
    """What the channel and the report have: ``SEQ:DIGEST``."""
    query = "SELECT seq || ':' || digest FROM incident_events WHERE incident = ? ORDER BY seq DESC LIMIT 1"
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query, [incident]).fetchone()[0]
