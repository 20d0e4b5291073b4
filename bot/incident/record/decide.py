"""Decisions on people's words: notes, findings, and taking words out again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import assert_never

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.approval.proposals import REDACTION, propose
from bot.incident.commands import Asked, Events, RecordCommand
from bot.incident.model import Actor, Right, TargetKind
from bot.incident.offer import ANYBODY, COUNSEL, HUMAN_RESPONDER, POSSIBLE, RESPONDER, SENSIBLE, Offer, Who
from bot.incident.record.rules import ABUSE_UNKNOWN, NO_ABUSE, abuse_assessed, abused
from bot.incident.refusals import Declined, clean, demand, demand_open, secret_named
from bot.incident.state import ANOTHER, COMPARISON, Incident, Proposal, SecretState, place_of
from bot.incident.steps.rules import IMPACT, ROOT_CAUSE, impact_known, root_cause_known
from bot.incident.two_people import listed

FINDINGS = ("finding", IMPACT, ROOT_CAUSE, NO_ABUSE, ABUSE_UNKNOWN)


def decide(incident: Incident, body: RecordCommand, asked: Asked) -> Events:
    match body:
        case c.AddNote():
            demand_open(incident)
            return (e.NoteAdded(clean(body.text, "note"), responder=_responds(asked)),)
        case c.NoteForCounsel():
            if not counsels(incident, asked.actor):
                raise Declined("Only counsel and the commander write and read these notes. Nothing changed.")
            return (e.CounselNoted(clean(body.text, "note")),)
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
        case c.RecordSighting():
            return _sighted(incident, body, asked)
        case c.RefuseText():
            return (e.CommandRefused(body.command, body.reason),)
        case _:
            assert_never(body)


def counsels(incident: Incident, actor: Actor) -> bool:
    """Whether these people may write and read notes for counsel, also after the close."""
    return actor.may(Right.COUNSEL) or (incident.commander == actor.name and listed(actor.name))


def _finding(incident: Incident, body: c.RecordFinding) -> Events:
    if body.what not in FINDINGS:
        raise Declined(f"There is no such finding. Known: {', '.join(FINDINGS)}.")
    if body.what in {NO_ABUSE, ABUSE_UNKNOWN} and (names := abused(incident)):
        raise Declined(f"Abuse of {', '.join(names)} is already recorded. Add anything else as a note.")
    return (e.FindingRecorded(body.what, clean(body.text, body.what.replace("-", " "))),)


def _responds(asked: Asked) -> bool:
    return asked.actor.may(Right.RESPOND)


def _sighted(incident: Incident, body: c.RecordSighting, asked: Asked) -> Events:
    """Also after the close: a place of a value must not wait for a reopening. Once for each message, and again if the
    new key is in it too.
    """
    if place_of(body.channel, body.ts, body.secret, body.value) in incident.messages:
        return ()
    where = (body.channel, body.ts, body.source, body.place)
    return (e.ValueSighted(body.secret, body.value, *where, responder=_responds(asked)),)


def _compared(incident: Incident, body: c.CompareValue) -> Events:
    """Also after the close: what stays assumed heads the report."""
    secret = secret_named(incident, body.secret)
    if secret.target.kind is not TargetKind.ASSUMED:
        raise Declined(f"{secret.name}: the leaked key is already confirmed.")
    if not secret.old.fingerprint:
        raise Declined(f"{secret.name}: its old key was not read yet. Compare again afterwards.")
    if body.seen != secret.old.fingerprint:
        raise Declined(f"{secret.name}: its old key is not the one you compared. Compare again.")
    return (e.ValueSighted(secret.name, "leaked" if body.same else ANOTHER, "", "", COMPARISON),)


def _redact(incident: Incident, body: c.Redact, asked: Asked) -> Events:
    """Also after the close: a text that must not be in the log must not wait for a reopening."""
    numbers = [cut.seq for cut in body.cuts]
    if not numbers or min(numbers) < 1 or max(numbers) > incident.seq:
        raise Declined("Name the events by number, as in `bot incident timeline` and the report.")
    if done := [number for number in numbers if number in incident.redacted]:
        raise Declined(f"Event {done[0]} is already redacted.")
    subject = ", ".join(map(str, numbers))
    proposed = propose(incident, REDACTION, subject, clean(body.reason, "reason"), asked)
    return (replace(proposed, cuts=body.cuts),)


def redaction_agreed(incident: Incident, proposal: Proposal) -> tuple[e.Redacted, ...]:
    cuts = [cut for cut in proposal.cuts if cut.seq not in incident.redacted]
    return tuple(e.Redacted(cut, proposal.reason, proposal.by) for cut in cuts)


# Offers about people's words: notes, findings, and taking words out again.


_HEADS = {
    "finding": "to record what was seen: when, where, by whom",
    "impact": "to record what could be done with it, by whom and since when",
    NO_ABUSE: "to record that no use was seen, and where you looked",
    ABUSE_UNKNOWN: "to record why it is unknown whether it was used",
    "root-cause": "to record what made the leak possible, or “unknown, because …”",
}


def record(incident: Incident) -> Iterator[Offer]:
    """Notes and findings."""
    yield Offer(c.AddNote, c.AddNote(""), "", "to record something", ANYBODY)
    commander = (Who(human=True, only=frozenset({incident.commander})),) if incident.commander else ()
    yield Offer(c.NoteForCounsel, c.NoteForCounsel(""), "", "what counsel alone may know", (*COUNSEL, *commander))
    for what in FINDINGS:
        urgency = POSSIBLE
        if (what == IMPACT and not impact_known(incident)) or (what == ROOT_CAUSE and not root_cause_known(incident)):
            urgency = SENSIBLE
        if what == NO_ABUSE and not abuse_assessed(incident):
            urgency = SENSIBLE
        yield Offer(c.RecordFinding, c.RecordFinding(what, ""), what, _HEADS[what], RESPONDER, urgency)


def comparison(incident: Incident, secret: SecretState) -> Offer:
    """Given by `bot identify`, which alone sees the leaked key."""
    body = c.CompareValue(secret.name, same=True, seen=secret.old.fingerprint)
    reason = "to compare the leaked key with the assumed one"
    found = secret.mistaken
    if found is not None:
        reason = f"{found.name} compared: what leaked is NOT this value of {secret.name}; declare for it"
    assumed = secret.target.kind is TargetKind.ASSUMED and bool(secret.old.fingerprint)
    urgency = SENSIBLE if assumed and incident.open else POSSIBLE
    return Offer(c.CompareValue, body, secret.name, reason, RESPONDER, urgency, secret.name)


def redaction() -> Iterator[Offer]:
    yield Offer(c.Redact, None, "", "if the log holds text that it must not", HUMAN_RESPONDER)
