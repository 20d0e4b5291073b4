"""The report's own words: the state of each key, the sum of several events of one kind, whether it is over, and which
version is signed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import islice

from bot.incident import events as e
from bot.incident.closing.schedule import SLACK
from bot.incident.model import New, Old
from bot.incident.narrative import lessons_owed, signed, two_sign
from bot.incident.offers import unblocked, urged
from bot.incident.state import Incident, ReportState, SecretState
from bot.incident.steps.rules import being_written
from bot.phrases.marks import code, link, literal
from bot.phrases.readers import lacking_words
from bot.phrases.secrets import OLD_LABELS
from bot.phrases.times import all_of, at_most, counted, first_of, moment, span
from bot.phrases.typed import command_line

SOME = 4
"""The most keys named in the line that says whether it is over."""


def verdict(incident: Incident) -> str:
    """Whether it is over, in two sentences: first the keys, with a key that still works at the head, then access."""
    secrets = list(incident.secrets.values())
    said = "; ".join(_keys_over(secrets))
    alive = any(not secret.gone for secret in secrets)
    return f"{said}." if alive else f"{said}. {_access(incident)}." if said else f"{_access(incident)}."


def _keys_over(secrets: Sequence[SecretState]) -> Iterator[str]:
    alive = [secret.name for secret in secrets if not secret.gone]
    attested = [secret.name for secret in secrets if secret.old_state is Old.ATTESTED]
    unknown = [secret.name for secret in secrets if secret.new_state is New.UNKNOWN]
    lacking = [secret.name for secret in secrets if not secret.in_place and secret.name not in unknown]
    replaced = bool(secrets) and not unknown and not lacking and any(secret.new.wanted for secret in secrets)
    if alive:
        yield f"NOT OVER: {counted(len(alive), 'old key')} not dead ({first_of(alive, SOME)})"
    elif attested:
        yield f"Old keys are dead; {first_of(attested, SOME)} vouched dead by a person, not confirmed"
    elif secrets:
        every = "The key is" if len(secrets) == 1 else f"{all_of(len(secrets), 'key').capitalize()} are"
        yield f"{every} dead{' and replaced' if replaced else ''}"
    if unknown:
        yield f"unknown which key is in use for {first_of(unknown, SOME)}"
    if lacking:
        yield f"no replacement in place for {first_of(lacking, SOME)}"
    elif secrets and not unknown and (alive or attested or not replaced):
        yield "every replacement is in place" if replaced else "no replacement is needed"


def _access(incident: Incident) -> str:
    unchecked = sum(len(secret.open_checks) for secret in incident.secrets.values())
    left = f"{counted(unchecked, 'backdoor check')} open" if unchecked else lacking_words(incident)
    return f"Not contained: {left}" if left else "Access is contained"


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
        return f"in use in {after(secret.new.restored_at - incident.declared.at)}"
    words = {
        New.FAILING: "new one FAILING",
        New.UNCONFIRMED: "new one in place",
        New.UNKNOWN: "unknown which key is in use",
    }
    return words.get(secret.new_state, "no replacement")


TOGETHER: Mapping[type, str] = {
    e.SecretAdded: "added",
    e.KillRequested: "decided to revoke now the old key of",
    e.OldCaptured: "recorded the old key of",
    e.SnapshotTaken: "recorded what the old key could do, of",
    e.ScopesRead: "read the rights of",
    e.LastUseRead: "checked the last use of",
    e.AccessRevoked: "revoked the old key of",
    e.OldProvenDead: "found DEAD: the old key of",
    e.ValueStaged: "made a new key for",
    e.ValueVerified: "verified the new key of",
    e.ValuePromoted: "put in place the new key of",
    e.FunctionRefreshed: "refreshed",
    e.ValueLive: "verified in use the new key of",
    e.ConsumersAsked: "checked consumers again with the new key of",
    e.SiblingsSeen: "checked other secrets of the provider of",
    e.Swept: "looked again for unrecorded keys of",
    e.Unstaged: "deleted the staged key of",
    e.UsageRead: "looked up who read",
    e.UseLookedUp: "looked up the use of",
    e.AccessInspected: "looked for leftovers of",
    e.OldDeleted: "deleted the switched-off key of",
    e.StepDone: "completed",
    e.CheckEnded: "answered the checks of",
}
"""The words for several events of one kind, by one actor within a minute; the names follow."""

PROBED: Mapping[str, str] = {
    "dead": "saw rejected: the old key of",
    "live": "saw ACCEPTED: the old key of",
    "unknown": "got no clear answer about the old key of",
}


# An incident in its plainest form, for where its card or report cannot be drawn: state, what lives, what is next.


NAMED = 20
"""The most secrets named for one state."""
NEXT = 5
"""The most commands that are named."""


def plainest(incident: Incident, what: str, now: datetime) -> list[str]:
    """Phrases, a line each. `what` cannot be drawn: ``card``, ``report``. Leaves out what cannot be shown."""
    state = "open" if incident.open else "closed"
    return [
        f"⚠️ This {what} can't be shown. The incident continues and the log is complete. Known:",
        f"{code(incident.id)} · {literal(incident.environment)} · {state}",
        *_told(lambda: _living(incident)),
        *_told(lambda: _next(incident, now)),
        f"The rest: {code(f'bot show {incident.id}')}. By hand: {code('bot runbook SECRET')}.",
    ]


def _told(lines: Callable[[], Iterator[str]]) -> Iterator[str]:
    """As many of the lines as can be shown."""
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


WRITE, WRITE_ANEW = "Write report", "Write report again"
"""The button's words: it shows nothing, and writes another version where there is one."""
SHOWN = 16
"""Characters of the SHA-256: as many as the channel shows, where the report is."""


def place_words(report: ReportState) -> str:
    """Where it can be read: its page in the channel as a link, once one is there, else the path on the bot's disk."""
    arrived = report.deliveries.get(SLACK)
    here = arrived is not None and arrived.place.startswith(("https://", "http://"))
    return link(arrived.place) if arrived is not None and here else code(report.path)


def report_line(incident: Incident) -> str:
    """``📄 Report: …`` with the signer, or that it is not signed: for the card and *More…*, once there is one."""
    report = incident.report
    signed = signature_words(report)
    words = f" · ✍️ {literal(signed)}" if signed else f" · {_unsigned_words(incident)}" if unsigned(incident) else ""
    return f"📄 Report: {place_words(report)}{words}"


def _unsigned_words(incident: Incident) -> str:
    owed = ": first write the lessons (More…, Report text…)" if lessons_owed(incident) else ""
    return f"not signed{owed}"


def unsigned(incident: Incident) -> bool:
    """Whether the finished incident's current report is not signed. A planned rotation needs no signature unless its
    playbook asks for one.
    """
    report, asked = incident.report, not incident.routine or two_sign(incident)
    return asked and not incident.open and bool(report.path) and not being_written(incident) and not signed(incident)


def to_read(report: ReportState) -> str:
    """The same for the current version: the page in the channel may be an earlier one."""
    arrived = report.deliveries.get(SLACK)
    if arrived is None or arrived.arrived >= report.covers:
        return place_words(report)
    return f"{code(report.path)}; its page will be posted in the channel"


def version_words(report: ReportState) -> str:
    """``the report written at 2026-11-27 21:52:07 UTC, of events 1 to 71, SHA-256 begins ea461b31``, plain: the current
    one.
    """
    at = f"written at {moment(report.written_at)}, " if report.written_at is not None else ""
    return f"the report {at}of events 1 to {report.covers}, SHA-256 begins {report.digest[:SHOWN]}"


def unwritten(incident: Incident) -> bool:
    """Whether people have recorded words since that the report, which is there, does not hold."""
    report = incident.report
    return bool(report.path) and any(said.seq > report.covers for said in incident.statements)


def signed_words(report: ReportState) -> str:
    """The same for the last signed version, as an answer to the signer; empty without a signature."""
    signed = report.signed
    if signed is None:
        return ""
    if signed.digest == report.digest:
        return f"You signed {version_words(report)}."
    return f"You signed the report of events 1 to {signed.covers}, SHA-256 begins {signed.digest[:SHOWN]}."


def signature_words(report: ReportState) -> str:
    """``signed by ada``, or which version is signed if there is a newer one; empty without a signature."""
    signed = report.signed
    if signed is None:
        return ""
    earlier = "" if signed.digest == report.digest else f", as of events 1 to {signed.covers}: not this version"
    return f"signed by {' and '.join(signed.names)}{earlier}"
