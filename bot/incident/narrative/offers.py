"""Offers of writing the report's words, and of signing it."""

from __future__ import annotations

from collections.abc import Iterator

from bot.incident import commands as c
from bot.incident.model import Right
from bot.incident.narrative.rules import two_sign, writers
from bot.incident.offer import POSSIBLE, RESPONDER, SENSIBLE, Offer, Who
from bot.incident.state import Incident


def narrative(incident: Incident) -> Iterator[Offer]:
    said = "to write the report's summary, impact, cause and lessons in your own words"
    yield Offer(c.WriteNarrative, c.WriteNarrative(), "", said, RESPONDER)
    report = incident.report
    second = two_sign(incident)
    excluded = writers(incident) if second else frozenset[str]()
    who = (Who(frozenset({Right.RESPOND}), excluded=excluded, human=True),)
    owed = second and not incident.open and (report.signed is None or report.signed.digest != report.digest)
    reason = "the playbook asks for a second person's signature" if owed else "to stand for the report as it was read"
    yield Offer(c.SignReport, c.SignReport(report.digest), "", reason, who, SENSIBLE if owed else POSSIBLE)
