"""When a secret's handling was last practised: in a drill on this machine, or in a real incident that was closed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bot.private import make_folder, open_to_append

if TYPE_CHECKING:
    from bot.app import Application
    from bot.drill.client.summary import Summary

DRILLS = "drills.jsonl"
"""In the data folder: one line for each drill that was played to its close."""


@dataclass(frozen=True)
class Practised:
    """`where` says what it was: ``a drill``, or an incident's id and environment."""

    at: datetime
    where: str


def remember_drill(folder: Path, summary: Summary) -> None:
    """Adds a drill to those of the data folder. Only what was brought to its end has been practised."""
    if summary.state != "closed":
        return
    providers = sorted({secret.provider for secret in summary.secrets})
    line = {"at": datetime.now(UTC).isoformat(), "incident": summary.incident, "providers": providers}
    with open_to_append(make_folder(folder) / DRILLS) as log:
        log.write(json.dumps(line).encode() + b"\n")


def last_practised(application: Application, secret: str, provider: str) -> Practised | None:
    """The latest of all drills that had this provider and all closed incidents that had this secret."""
    found = [*_drills(application.settings.data_folder / DRILLS, provider), *_incidents(application, secret)]
    return max(found, key=lambda each: each.at, default=None)


def _drills(path: Path, provider: str) -> Iterator[Practised]:
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            drill = json.loads(line)
            if provider in drill["providers"]:
                yield Practised(datetime.fromisoformat(drill["at"]), "a drill")
        except (ValueError, KeyError, TypeError):
            continue  # a line that was cut off says nothing


def _incidents(application: Application, secret: str) -> Iterator[Practised]:
    for summary in application.incidents.summaries("closed"):
        if secret in summary.secrets:
            yield Practised(summary.updated_at, f"{summary.incident}, {summary.environment}")
