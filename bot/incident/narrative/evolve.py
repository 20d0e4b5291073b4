"""How the report's words change."""

from __future__ import annotations

from typing import assert_never

from bot.incident import events as e
from bot.incident.changes import replace, responded
from bot.incident.closing.state import Signature, Version, keeping
from bot.incident.model import By
from bot.incident.narrative.events import NarrativeEvent
from bot.incident.record.state import Statement
from bot.incident.state import Incident


def evolve(incident: Incident, event: NarrativeEvent, by: By, seq: int) -> Incident:
    match event:
        case e.NarrativeWritten():
            said = Statement(event.part, event.text, by, seq)
            return responded(replace(incident, statements=(*incident.statements, said)), by)
        case e.ReportSigned():
            before = incident.report.signed
            also = (*before.also, before.by.name) if before is not None and before.digest == event.digest else ()
            signed = Signature(by, event.digest, event.html_digest, event.covers, seq, also)
            version = Version(event.digest, event.html_digest)
            kept = keeping(incident.report, version, event.covers, incident.redacted_seq)
            return replace(incident, report=replace(kept, signed=signed, unshown_at=by.at))
        case _:
            assert_never(event)
