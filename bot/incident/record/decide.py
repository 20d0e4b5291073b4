"""Decisions on people's words: notes, findings, and taking words out again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from bot.incident import bounds
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.approval.proposals import REDACTION, propose
from bot.incident.asked import Asked, Events
from bot.incident.changes import replace
from bot.incident.commands import RecordCommand
from bot.incident.model import Right, TargetKind
from bot.incident.offer import ANYBODY, HUMAN_RESPONDER, POSSIBLE, RESPONDER, SENSIBLE, Offer
from bot.incident.record.abuse import ABUSE_UNKNOWN, NO_ABUSE, abuse_assessed, abused
from bot.incident.refusals import Declined, clean, demand, demand_open, secret_named
from bot.incident.state import ANOTHER, COMPARISON, Incident, Proposal, SecretState, place_of
from bot.incident.steps.rules import IMPACT, ROOT_CAUSE, impact_known, root_cause_known

FINDINGS = ("finding", IMPACT, ROOT_CAUSE, NO_ABUSE, ABUSE_UNKNOWN)


def decide(incident: Incident, body: RecordCommand, asked: Asked) -> Events:
    match body:
        case c.AddNote():
            demand_open(incident)
            return (e.NoteAdded(clean(body.text, "note"), responder=_responds(asked)),)
        case c.RecordFinding():
            demand_open(incident)
            demand(asked.actor, Right.RESPOND)
            return _finding(incident, body)
        case c.CompareValue():
            demand(asked.actor, Right.RESPOND)
            return _compared(incident, body)
        case c.Redact():
            demand(asked.actor, Right.RESPOND)
            return _redact(incident, body, asked)
        case c.KeepMessage():
            demand_open(incident)
            return _kept(incident, body, asked)
        case c.RecordSighting():
            return _sighted(incident, body, asked)
        case c.RefuseText():
            return (e.CommandRefused(body.command, body.reason),)
        case _:
            assert_never(body)


def _finding(incident: Incident, body: c.RecordFinding) -> Events:
    if body.what not in FINDINGS:
        raise Declined(f"There is no such thing to record; known: {', '.join(FINDINGS)}.")
    if body.what in {NO_ABUSE, ABUSE_UNKNOWN} and (names := abused(incident)):
        raise Declined(f"Abuse of {', '.join(names)} was recorded: that stands. Write what else is known into a note.")
    return (e.FindingRecorded(body.what, clean(body.text, body.what.replace("-", " "))),)


def _responds(asked: Asked) -> bool:
    return asked.actor.may(Right.RESPOND)


def _kept(incident: Incident, body: c.KeepMessage, asked: Asked) -> Events:
    if (number := incident.messages.get(place_of(body.channel, body.ts))) is not None:
        raise Declined(f"This message is in the timeline already: event {number}.")
    text, responder = clean(body.text, "message"), _responds(asked)
    return (
        e.MessageKept(
            text,
            body.author,
            bounds.past(body.sent_at, asked.at, "Message sent at"),
            body.channel,
            body.ts,
            responder=responder,
        ),
    )


def _sighted(incident: Incident, body: c.RecordSighting, asked: Asked) -> Events:
    """Also after the close: that a value stands somewhere must not wait for a reopening. Once for each message, and
    once more where the new value stands there as well.
    """
    if place_of(body.channel, body.ts, body.secret, body.value) in incident.messages:
        return ()
    where = (body.channel, body.ts, body.source, body.place)
    return (e.ValueSighted(body.secret, body.value, *where, responder=_responds(asked)),)


def _compared(incident: Incident, body: c.CompareValue) -> Events:
    """Also after the close: what stays assumed heads the report."""
    secret = secret_named(incident, body.secret)
    if secret.target.kind is not TargetKind.ASSUMED:
        raise Declined(f"{secret.name}: which value leaked is confirmed already.")
    if not secret.old.fingerprint:
        raise Declined(f"{secret.name}: its old value has not been read yet. Compare again once it has.")
    if body.seen != secret.old.fingerprint:
        raise Declined(f"{secret.name}: its old value is another one than was compared. Compare again.")
    return (e.ValueSighted(secret.name, "leaked" if body.same else ANOTHER, "", "", COMPARISON),)


def _redact(incident: Incident, body: c.Redact, asked: Asked) -> Events:
    """Also after the close: what must not stand in the log must not wait for a reopening."""
    numbers = [cut.seq for cut in body.cuts]
    if not numbers or min(numbers) < 1 or max(numbers) > incident.seq:
        raise Declined("Say which events: their numbers, as `bot incident timeline` and the report have them.")
    if done := [number for number in numbers if number in incident.redacted]:
        raise Declined(f"Event {done[0]} is redacted already.")
    subject = ", ".join(map(str, numbers))
    proposed = propose(incident, REDACTION, subject, clean(body.reason, "reason"), asked)
    return (replace(proposed, cuts=body.cuts),)


def redaction_agreed(incident: Incident, proposal: Proposal) -> tuple[e.Redacted, ...]:
    cuts = [cut for cut in proposal.cuts if cut.seq not in incident.redacted]
    return tuple(e.Redacted(cut, proposal.reason, proposal.by) for cut in cuts)


# Offers about people's words: notes, findings, and taking words out again.


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
