"""The words of a hold: who holds all revocations, since when and why, and what had begun before."""

from __future__ import annotations

from bot.incident.hold import under_way
from bot.incident.state import Incident
from bot.phrases.times import few, moment


def legal_hold_words(incident: Incident) -> str:
    """``LEGAL HOLD: evidence is not deleted (lena, 17:20:05 UTC: a claim)``; empty without one."""
    held = incident.legal_hold
    told = f"({held.by.name}, {moment(held.by.at)}: {held.reason})" if held is not None else ""
    return told and f"LEGAL HOLD: evidence is not deleted {told}"


def hold_words(incident: Incident) -> str:
    """``HOLD: no revocations until resumed (mika, 17:20:05 UTC: law enforcement)``; empty without a hold."""
    held = incident.hold
    if held is None:
        return ""
    begun = under_way(incident)
    still = f". Already under way: {few(begun)}" if begun else ""
    return f"HOLD: no revocations until resumed ({held.by.name}, {moment(held.by.at)}: {held.reason}){still}"
