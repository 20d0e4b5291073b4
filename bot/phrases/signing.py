"""Which version of the report a signature is of."""

from __future__ import annotations

from bot.incident.closing.schedule import SLACK
from bot.incident.narrative import signed, two_sign
from bot.incident.state import Incident, ReportState
from bot.incident.steps.rules import being_written
from bot.phrases.marks import code, link, literal
from bot.phrases.times import moment

WRITE, WRITE_ANEW = "Write report", "Write report anew"
"""The button's words: it shows nothing, and writes another version where there is one."""
SHOWN = 16
"""Characters of the SHA-256: as many as the channel shows, where the report is."""


def place_words(report: ReportState) -> str:
    """Where it can be read: its page in the channel as a link, once one is there, else the path on the bot's disk."""
    arrived = report.deliveries.get(SLACK)
    here = arrived is not None and arrived.place.startswith(("https://", "http://"))
    return link(arrived.place) if arrived is not None and here else code(report.path)


def report_line(incident: Incident) -> str:
    """``📄 Report: …`` with who has signed it, or that nobody has: for the card and *More…*, once there is one."""
    report = incident.report
    signed = signature_words(report)
    words = f" · ✍️ {literal(signed)}" if signed else " · not signed" if unsigned(incident) else ""
    return f"📄 Report: {place_words(report)}{words}"


def unsigned(incident: Incident) -> bool:
    """Whether the report of what is over lacks a signature, as it is now. Nobody is asked to sign that of a planned
    rotation, unless its playbook wants it.
    """
    report, asked = incident.report, not incident.routine or two_sign(incident)
    return asked and not incident.open and bool(report.path) and not being_written(incident) and not signed(incident)


def to_read(report: ReportState) -> str:
    """The same of the version that is there now: a page in the channel can be that of the one before."""
    arrived = report.deliveries.get(SLACK)
    if arrived is None or arrived.arrived >= report.covers:
        return place_words(report)
    return f"{code(report.path)}; its page is on its way into the channel"


def version_words(report: ReportState) -> str:
    """``the report written at 2026-11-27 21:52:07 UTC, of events 1 to 71, whose SHA-256 begins ea461b31``, plain: the
    one that is there now.
    """
    at = f"written at {moment(report.written_at)}, " if report.written_at is not None else ""
    return f"the report {at}of events 1 to {report.covers}, whose SHA-256 begins {report.digest[:SHOWN]}"


def unwritten(incident: Incident) -> bool:
    """Whether people have recorded words since that the report, which is there, does not hold."""
    report = incident.report
    return bool(report.path) and any(said.seq > report.covers for said in incident.statements)


def signed_words(report: ReportState) -> str:
    """The same of the one that was signed last, as an answer to whoever has signed; empty where none was."""
    signed = report.signed
    if signed is None:
        return ""
    if signed.digest == report.digest:
        return f"You signed {version_words(report)}."
    return f"You signed the report of events 1 to {signed.covers}, whose SHA-256 begins {signed.digest[:SHOWN]}."


def signature_words(report: ReportState) -> str:
    """``signed by ada``, or of which version it is where another has been written since; empty where nobody has."""
    signed = report.signed
    if signed is None:
        return ""
    earlier = "" if signed.digest == report.digest else f", as of events 1 to {signed.covers}: not this version"
    return f"signed by {' and '.join(signed.names)}{earlier}"
