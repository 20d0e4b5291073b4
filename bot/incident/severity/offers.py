"""Offers about the severity."""

from __future__ import annotations

from collections.abc import Iterator

from bot.incident import commands as c
from bot.incident.model import Severity
from bot.incident.offer import RESPONDER, Offer
from bot.incident.severity.rules import by_facts, severity
from bot.incident.state import Incident


def severities(incident: Incident) -> Iterator[Offer]:
    now, (_, fact) = severity(incident), by_facts(incident)
    since = f"set by {incident.severity.by.name}" if incident.severity is not None else f"because {fact}"
    for each in Severity:
        reason = f"the incident is {now.words}, {since}"
        yield Offer(c.SetSeverity, c.SetSeverity(each, ""), each, reason, RESPONDER)
