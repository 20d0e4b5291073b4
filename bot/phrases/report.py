"""What the report says in its own words: how each key stands, what several events of one kind come to, whether it is
over, and which version of it is signed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import islice

from bot.incident import events as e
from bot.incident.closing.schedule import SLACK
from bot.incident.model import New, Old
from bot.incident.narrative import signed, two_sign
from bot.incident.offers import unblocked, urged
from bot.incident.state import Incident, ReportState, SecretState
from bot.incident.steps.rules import being_written
from bot.phrases.marks import code, link, literal
from bot.phrases.readers import left_words
from bot.phrases.states import OLD_LABELS
from bot.phrases.times import at_most, counted, first_of, moment, span
from bot.phrases.typed import command_line

SOME = 4
"""So many keys are named in the line that says whether it is over."""
ALL_DEAD = "Every old value is proven dead"


def verdict(incident: Incident) -> str:
    """Whether it is over, in one line: what still lives comes first."""
    secrets = list(incident.secrets.values())
    alive = [secret.name for secret in secrets if not secret.gone]
    unknown = [secret.name for secret in secrets if secret.new_state is New.UNKNOWN]
    lacking = [secret.name for secret in secrets if not secret.in_place and secret.name not in unknown]
    attested = [secret.name for secret in secrets if secret.old_state is Old.ATTESTED]
    said = []
    if alive:
        said.append(f"NOT OVER: {counted(len(alive), 'old value')} not proven dead ({first_of(alive, SOME)})")
    elif attested:
        said.append(f"Old values are dead; of {first_of(attested, SOME)} on somebody's word, not proven")
    elif secrets:
        said.append(ALL_DEAD)
    if unknown:
        said.append(f"not known which value serves for {first_of(unknown, SOME)}")
    if lacking:
        said.append(f"no replacement in place for {first_of(lacking, SOME)}")
    elif secrets and not unknown:
        said.append("every replacement is in place" if any(s.new.wanted for s in secrets) else "none is needed")
    unchecked = sum(len(secret.open_checks) for secret in secrets)
    if not alive:
        said.append(
            f"access is not contained: {counted(unchecked, 'persistence check')} open"
            if unchecked
            else left_words(incident) or "access is contained"
        )
    return "; ".join(said) + "."


def after(length: timedelta) -> str:
    """``4 min 12 s``, ``<1 s``."""
    return span(length) if abs(length) >= timedelta(seconds=1) else "<1 s"


def dead_label(incident: Incident, secret: SecretState) -> str:
    """``dead in 4 min``, ``ALIVE``: counted from the declaration."""
    old = secret.old
    if old.contained_at is not None:
        return f"dead in {after(old.contained_at - incident.declared.at)}"
    return OLD_LABELS[secret.old_state]


def live_label(incident: Incident, secret: SecretState) -> str:
    """``live in 5 min``, ``no replacement``."""
    if not secret.new.wanted:
        return "none needed"
    if secret.restored and secret.new.restored_at is not None:
        return f"live in {after(secret.new.restored_at - incident.declared.at)}"
    words = {
        New.FAILING: "new one FAILING",
        New.UNCONFIRMED: "new one in place",
        New.UNKNOWN: "not known which value serves",
    }
    return words.get(secret.new_state, "no replacement")


TOGETHER: Mapping[type, str] = {
    e.SecretAdded: "added",
    e.KillRequested: "decided to revoke, without waiting, the old value of",
    e.OldCaptured: "pinned the old value of",
    e.SnapshotTaken: "recorded what the old value could do, of",
    e.ScopesRead: "read the rights of",
    e.LastUseRead: "asked when it was last used, of",
    e.AccessRevoked: "revoked the old value of",
    e.OldProvenDead: "proved DEAD the old value of",
    e.ValueStaged: "made a new value for",
    e.ValueVerified: "verified the new value of",
    e.ValuePromoted: "put in place the new value of",
    e.FunctionRefreshed: "refreshed",
    e.ValueLive: "verified live the new value of",
    e.ConsumersAsked: "asked consumers again about the new value of",
    e.SiblingsSeen: "looked at other secrets of the provider of",
    e.Swept: "looked again for unrecorded keys of",
    e.Unstaged: "deleted the staged value of",
    e.UsageRead: "looked up who read",
    e.AccessInspected: "looked for leftovers of",
    e.OldDeleted: "deleted the switched-off key of",
    e.StepDone: "completed",
    e.CheckEnded: "ended the persistence checks of",
}
"""What events of one kind, by one actor within a minute, come to: the names follow."""

PROBED: Mapping[str, str] = {
    "dead": "saw refused the old value of",
    "live": "saw ACCEPTED the old value of",
    "unknown": "got no clear answer about the old value of",
}


# An incident in its plainest form, for where its card or report cannot be drawn: state, what lives, what is next.


NAMED = 20
"""So many secrets of one state are named."""
NEXT = 5
"""So many commands are named."""


def plainest(incident: Incident, what: str, now: datetime) -> list[str]:
    """Phrases, a line each. `what` cannot be drawn: ``card``, ``report``. What cannot be told is left out."""
    state = "open" if incident.open else "closed"
    return [
        f"⚠️ This {what} can't be drawn. The incident goes on, and the log is whole. What is known:",
        f"{code(incident.id)} · {literal(incident.environment)} · {state}",
        *_told(lambda: _living(incident)),
        *_told(lambda: _next(incident, now)),
        f"The rest: {code(f'bot show {incident.id}')}. By hand: {code('bot runbook SECRET')}.",
    ]


def _told(lines: Callable[[], Iterator[str]]) -> Iterator[str]:
    """As many of the lines as can be told."""
    with suppress(Exception):
        yield from lines()


def _living(incident: Incident) -> Iterator[str]:
    for state in Old:
        if names := [code(secret.name) for secret in incident.secrets.values() if secret.old_state is state]:
            yield f"{OLD_LABELS[state]}: {at_most(names, NAMED)}"


def _next(incident: Incident, now: datetime) -> Iterator[str]:
    for offer in islice(unblocked(urged(incident, now)), NEXT):
        yield f"Next: {code(command_line(incident, offer))}"


# Which version of the report a signature is of.


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
