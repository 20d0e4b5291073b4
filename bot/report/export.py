"""The incident as one JSON document for an outside response firm: timeline, indicators and hashes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.incident import events as e
from bot.incident.access.checks import found_by_checks
from bot.incident.model import ReaderOutcome
from bot.incident.record.rules import used
from bot.incident.state import Incident
from bot.report.facts import entries
from bot.report.timeline import timeline

type Document = dict[str, object]


@dataclass(frozen=True)
class Sighting:
    """Something that is not known to be ours: an `address`, `agent`, `principal`, or a thing that was `made`."""

    kind: str
    value: str
    secret: str
    first: datetime | None
    last: datetime | None


def export(incident: Incident, events: Sequence[e.Recorded], head: str, now: datetime) -> Document:
    """`head` is the log's ``SEQ:DIGEST``. Times are UTC, hashes SHA-256 in hex."""
    report = incident.report
    files = [
        (x.event.rows.rpartition("/")[2], x.event.digest) for x in entries(events, e.UseLookedUp) if x.event.digest
    ]
    return {
        "incident": incident.id,
        "title": incident.title,
        "environment": incident.environment,
        "exposed": incident.exposed_at,
        "declared": incident.declared.at,
        "closed": incident.closed.at if incident.closed is not None else None,
        "exported": now,
        "keys": [
            {
                "name": name, "provider": secret.entry.provider, "key_id": secret.old.key_id, "hint": secret.old.hint,
                "dead": secret.old.gone_at, "use": str(used(incident, secret).verdict),
            }
            for name, secret in incident.secrets.items()
        ],
        "timeline": [
            {"events": list(each.seqs), "at": each.at, "until": each.until, "text": each.text}
            for each in timeline(incident, events)
        ],
        "indicators": _indicators([*_sightings(incident, events)]),
        "hashes": {
            "log": head,
            "report": report.digest,
            "report_html": report.html_digest,
            "evidence": dict(files),
        },
    }  # fmt: skip


def as_json(document: Document) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False, default=datetime.isoformat) + "\n"


def _sightings(incident: Incident, events: Sequence[e.Recorded]) -> Iterator[Sighting]:
    """Uses and reads that are not known to be ours, and what checks found."""
    for name, secret in incident.secrets.items():
        for use in used(incident, secret).strange:
            for kind, value in (("address", use.address), ("agent", use.agent), ("principal", use.principal)):
                yield Sighting(kind, value, name, use.first, use.last)
    for look in entries(events, e.UsageRead):
        for read in look.event.reads:
            said = incident.readers.get(read.principal)
            if not read.by_bot and (said is None or said.outcome is not ReaderOutcome.OURS):
                for kind, value in (("address", read.address), ("agent", read.agent), ("principal", read.principal)):
                    yield Sighting(kind, value, look.event.secret, read.at, read.at)
    for name, check in found_by_checks(incident.secrets.values()):
        for left in check.found:
            yield Sighting("made", f"{check.item} {left.id} {left.name}".rstrip(), name, left.created_at, None)


def _indicators(seen: Sequence[Sighting]) -> list[Document]:
    """Each thing once, with the keys it was seen with, and when."""
    alike: dict[tuple[str, str], list[Sighting]] = {}
    for each in seen:
        if each.value:
            alike.setdefault((each.kind, each.value), []).append(each)
    return [
        {
            "kind": kind,
            "value": value,
            "keys": list(dict.fromkeys(each.secret for each in some)),
            "first": min((each.first for each in some if each.first is not None), default=None),
            "last": max((each.last for each in some if each.last is not None), default=None),
        }
        for (kind, value), some in sorted(alike.items())
    ]
