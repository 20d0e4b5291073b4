"""bot log evidence: what the log holds for an auditor."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from bot.cli import status
from bot.cli.arguments import option, parse_end, parse_time
from bot.cli.terminal import Terminal
from bot.errors import Misuse


def evidence(
    terminal: Terminal,
    *,
    since: Annotated[str, option("--from", "TIME", "From when on; UTC unless said.")] = "",
    until: Annotated[str, option("--to", "TIME", "Up to when, a date with its whole day; now unless said.")] = "",
) -> int:
    """Print what the log holds for an auditor, as CSV; --json adds clocks, drills, controls, and what is not held.

    Exit status: 0 all of it, 1 without the incidents that it names as unread, 2 misuse.

    For example:
      bot log evidence --from 2026-01-01 --to 2026-12-31 > evidence.csv
      bot log evidence --from 2026-01-01 --json
    """
    from bot.eventlog import Damaged
    from bot.report.audit import (
        Clock,
        Evidence,
        clocks_of,
        document,
        evidence_of,
        rights_evidence,
        stop_evidence,
        table,
    )

    start = parse_time(since) or datetime(1970, 1, 1, tzinfo=UTC)
    end = parse_end(until) or terminal.application.clock()
    if end <= start:
        raise Misuse("The time ends before it begins: --from is earlier than --to.")
    found, clocks, heads, unread = list[Evidence](), list[Clock](), dict[str, str](), list[str]()
    for summary in sorted(terminal.event_log.incidents(), key=lambda each: each.incident):
        try:
            incident = terminal.incidents.load(summary.incident)
        except Damaged as damaged:
            unread.append(summary.incident)
            terminal.hint(f"Not in it: {damaged}", style="yellow")
            continue
        told = list(evidence_of(incident, terminal.event_log.events(incident.id), start, end))
        if told:
            found += told
            clocks += clocks_of(incident)
            heads[incident.id] = terminal.event_log.head(incident.id)
    found += rights_evidence(terminal.event_log.rights.events(), start, end)
    found += stop_evidence(terminal.event_log.stops.events(), start, end)
    found.sort(key=lambda each: (each.at, each.incident, each.seq))
    drills = list(_drills(terminal.application.settings.data_folder, start, end))
    terminal.document({**document(start, end, found, clocks, drills, heads), "unread": unread})
    terminal.text(table(found))
    return status.FAILED if unread else status.DONE


def _drills(folder: Path, start: datetime, end: datetime) -> Iterator[Mapping[str, object]]:
    """Drills that were played to their close with this data folder: the log does not hold them, this file does."""
    from bot.cli.diagnostics.practised import DRILLS

    path = folder / DRILLS
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        try:
            drill = json.loads(line)
            if start <= datetime.fromisoformat(drill["at"]) < end:
                yield {"at": drill["at"], "incident": drill["incident"], "providers": drill["providers"]}
        except (ValueError, KeyError, TypeError):
            continue  # a line that was cut off says nothing
