"""The report in its plainest form, as Markdown, for where it cannot be drawn: no template, and nothing worked out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.incident.events import Recorded, kind_of
from bot.incident.state import Incident
from bot.phrases.events import sentence
from bot.phrases.marks import plain
from bot.phrases.plainest import plainest
from bot.phrases.times import moment
from bot.report.markdown import md


def plain_report(incident: Incident, events: Sequence[Recorded], now: datetime) -> str:
    """What is known of the incident, and its timeline."""
    known = [f"- {md(plain(line))}" for line in plainest(incident, "report", now)]
    told = [f"- {each.seq}, {moment(each.at)}, {md(each.actor)}: {md(_words(each, incident))}" for each in events]
    return "\n".join([f"# Report of {md(incident.id)}", "", *known, "", "## Timeline", "", *told, ""])


def _words(recorded: Recorded, incident: Incident) -> str:
    try:
        words = sentence(recorded, incident)
    except Exception:  # noqa: BLE001 - the other events are told all the same
        words = None
    return plain(words) if words else kind_of(recorded.event)
