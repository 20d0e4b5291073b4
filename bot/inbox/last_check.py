"""What `bot readiness` said last, for those who look at App Home: in the data folder of the installation that asked."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from bot.private import make_folder, write_file

LAST_CHECK = "readiness.json"
CHECK_EVERY = timedelta(days=30)
"""How old it may become before somebody is reminded of it."""


@dataclass(frozen=True)
class LastCheck:
    """`score` is of 100."""

    at: datetime
    score: int
    secrets: int
    ready: int


def keep_check(folder: Path, check: LastCheck) -> None:
    """OSError where it cannot be written."""
    write_file(make_folder(folder) / LAST_CHECK, json.dumps(asdict(check) | {"at": check.at.isoformat()}) + "\n")


def last_check(folder: Path) -> LastCheck | None:
    """None where nobody has asked on this installation, or the file says nothing."""
    try:
        found = json.loads((folder / LAST_CHECK).read_text(encoding="utf-8"))
        at = datetime.fromisoformat(found["at"])
        return LastCheck(at, int(found["score"]), int(found["secrets"]), int(found["ready"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
