"""Offers about people's words: notes, findings, and taking words out again."""

from __future__ import annotations

from collections.abc import Iterator

from bot.incident import commands as c
from bot.incident.offer import ANYBODY, HUMAN_RESPONDER, POSSIBLE, RESPONDER, SENSIBLE, Offer
from bot.incident.record.abuse import ABUSE_UNKNOWN, NO_ABUSE, abuse_assessed
from bot.incident.record.decide import FINDINGS
from bot.incident.state import Incident, SecretState
from bot.incident.steps.rules import IMPACT, ROOT_CAUSE, impact_known, root_cause_known

_HEADS = {
    "finding": "to write down what was seen: when, where, by whom",
    "impact": "to write down what could be done with it, by whom and since when",
    NO_ABUSE: "to write down that nobody was seen to use it, and where that was looked for",
    ABUSE_UNKNOWN: "to write down why nobody can tell whether it was used",
    "root-cause": "to write down what made the leak possible, or “unknown, because …”",
}


def record(incident: Incident) -> Iterator[Offer]:
    """Notes and findings."""
    yield Offer(c.AddNote, c.AddNote(""), "", "to write something down", ANYBODY)
    for what in FINDINGS:
        urgency = POSSIBLE
        if (what == IMPACT and not impact_known(incident)) or (what == ROOT_CAUSE and not root_cause_known(incident)):
            urgency = SENSIBLE
        if what == NO_ABUSE and not abuse_assessed(incident):
            urgency = SENSIBLE
        yield Offer(c.RecordFinding, c.RecordFinding(what, ""), what, _HEADS[what], RESPONDER, urgency)


def comparison(secret: SecretState) -> Offer:
    """Given by `bot identify`, which alone sees the leaked value."""
    body = c.CompareValue(secret.name, same=True, seen=secret.old.fingerprint)
    reason = "to compare the leaked value with the one that is assumed"
    return Offer(c.CompareValue, body, secret.name, reason, RESPONDER, POSSIBLE, secret.name)


def redaction() -> Iterator[Offer]:
    yield Offer(c.Redact, None, "", "if something stands in the log that must not", HUMAN_RESPONDER)
