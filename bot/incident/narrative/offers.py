"""Offers of writing the report's words, and of signing it."""

from __future__ import annotations

from collections.abc import Iterator

from bot.incident import commands as c
from bot.incident.model import Right
from bot.incident.narrative.rules import barred_from_signing, signed, two_sign
from bot.incident.offer import POSSIBLE, RESPONDER, SENSIBLE, Offer, Who
from bot.incident.state import Incident


def narrative(incident: Incident) -> Iterator[Offer]:
    said = "to write the report's summary, impact, cause and lessons in your own words"
    yield Offer(c.WriteNarrative, c.WriteNarrative(), "", said, RESPONDER)
    who = (Who(frozenset({Right.RESPOND}), excluded=barred_from_signing(incident), human=True),)
    owed = two_sign(incident) and not incident.open and not signed(incident)
    reason = "the playbook asks for a second person's signature" if owed else "to stand for the report as it was read"
    yield Offer(c.SignReport, c.SignReport(incident.report.digest), "", reason, who, SENSIBLE if owed else POSSIBLE)
