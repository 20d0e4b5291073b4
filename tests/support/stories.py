"""Logs that earlier releases wrote (tests/eventlog/logs/RELEASE/STORY.jsonl, by `tests.support.recording`), as rows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.eventlog import rows
from bot.eventlog.chain import StoredEvent, digest_of, digest_of_data
from bot.eventlog.forms import ROOT
from bot.eventlog.rebuild import rebuild
from bot.eventlog.sql import EventLog
from tests.support.event_logs import SEAL
from tests.support.oldlogs import LOGS

UNSEALED = frozenset({"a48b750"})
"""Releases whose workers sealed nothing."""
STORIES = tuple(sorted((path.parent.name, path.stem) for path in LOGS.glob("*/*.jsonl")))
RELEASES = tuple(dict.fromkeys(release for release, _ in STORIES))


def story(release: str, name: str) -> list[StoredEvent]:
    """The rows as that release wrote them, the last one sealed by the workers of the tests if it sealed at all."""
    lines = [json.loads(line) for line in (LOGS / release / f"{name}.jsonl").read_text().splitlines()]
    incident = json.loads(lines[0]["data"])["incident"]
    found: list[StoredEvent] = []
    for seq, line in enumerate(lines, start=1):
        fields = {"data_digest": digest_of_data(line["salt"], line["data"]), "command_id": None} | line
        found.append(StoredEvent(incident=incident, seq=seq, previous=found[-1].digest if found else ROOT, **fields))
    return found if release in UNSEALED else sealed(found)


def facts_of(release: str, name: str) -> dict[str, object]:
    """What that release made of it (see `tests.support.facts`)."""
    return json.loads((LOGS / release / f"{name}.facts.json").read_text())


def sealed(stored: Sequence[StoredEvent]) -> list[StoredEvent]:
    return [*stored[:-1], replace(stored[-1], seal=SEAL.make(stored[-1]))]


def told_of(stored: Sequence[StoredEvent], names: Mapping[str, str]) -> list[StoredEvent]:
    """The same log of another world: each name in `names` replaced by the one that it has there."""
    found: list[StoredEvent] = []
    for row in stored:
        data = row.data
        for name, here in names.items():
            data = data.replace(name, here)
        previous = found[-1].digest if found else ROOT
        changed = replace(row, incident=names.get(row.incident, row.incident), data=data, previous=previous)
        changed = replace(changed, data_digest=digest_of_data(row.salt, data))
        found.append(replace(changed, digest=digest_of(changed)))
    return found


def put(event_log: EventLog, stored: Sequence[StoredEvent]) -> str:
    """Puts a log into the database, as if it had always stood there, and gives the incident's id."""
    with event_log.database.writing() as connection:
        rows.add(connection, stored)
    rebuild(event_log)
    return stored[0].incident
