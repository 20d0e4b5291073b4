"""Decisions on the obligations: since when people knew, what applies, and what was sent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import assert_never

from bot.incident import bounds
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.commands import Asked, Events, NoticeAnswer, ObligationsCommand
from bot.incident.model import NoticeOutcome, Right
from bot.incident.obligations.rules import NoticeClock, aware_at, facts_of, notice_clocks
from bot.incident.offer import POSSIBLE, RESPONDER, SENSIBLE, Offer
from bot.incident.refusals import Declined, clean, demand, when
from bot.incident.state import Incident

NAME_LIMIT = 200
"""Characters of who has decided."""


def decide(incident: Incident, body: ObligationsCommand | NoticeAnswer, asked: Asked) -> Events:
    """Also after the close: the law's time goes on."""
    demand(asked.actor, Right.RESPOND)
    match body:
        case c.RecordAwareness():
            return _aware(incident, body, asked)
        case c.RecordExposure():
            return _exposed(incident, body, asked)
        case c.DecideNotice():
            return _decided(incident, body, asked)
        case c.RecordNoticeSent():
            return _sent(incident, body, asked)
        case _:
            assert_never(body)


def _aware(incident: Incident, body: c.RecordAwareness, asked: Asked) -> Events:
    if not incident.obligations:
        raise Declined("No obligation was recorded at the declaration, so no deadline depends on it.")
    known = bounds.past(body.aware_at, asked.at, "Known since")
    said = incident.awareness
    if said is not None and said.at == known:
        raise Declined(f"Known since {_time(said.at)} was recorded {when(said.by)}. Nothing changed.")
    return (e.AwarenessRecorded(known, clean(body.reason, "reason")),)


def _exposed(incident: Incident, body: c.RecordExposure, asked: Asked) -> Events:
    since = bounds.exposed(body.exposed_at, incident.detected_at, asked.at)
    if since == incident.exposed_at:
        raise Declined(f"Exposed since {_time(since)} is recorded already. Nothing changed.")
    return (e.ExposureRecorded(since, clean(body.reason, "reason")),)


def _unsent(incident: Incident, obligation: str) -> NoticeClock:
    """Declined after the notice was sent: its result is final."""
    clock = _clock(incident, obligation)
    if (sent := clock.notice.sent) is not None:
        raise Declined(f"“{clock.obligation.title}” was sent at {_time(sent.at)} ({sent.reference}). Nothing changed.")
    return clock


def _decided(incident: Incident, body: c.DecideNotice, asked: Asked) -> Events:
    clock = _unsent(incident, body.obligation)
    decision = clock.notice.decision
    if decision is not None and decision.outcome is body.outcome and not clock.changed and not clock.look:
        raise Declined(f"“{clock.obligation.title}” was decided as {decision.outcome} {when(decision.by)}. "
                       "Nothing changed.")  # fmt: skip
    decider = body.decider.strip()
    if len(decider) > NAME_LIMIT:
        raise Declined(f"Who has decided has {len(decider)} characters; at most {NAME_LIMIT} fit.")
    decider = clean(decider, "decider") if decider else asked.actor.name
    if body.again is not None and body.outcome is NoticeOutcome.NOTIFY:
        raise Declined("A notice to be sent is not decided again. Leave out the date.")
    again = body.again and bounds.due(body.again, asked.at, "Decide again on")
    reason = clean(body.reason, "reason")
    for given in (notice.decision for notice in incident.notices.values() if notice.decision is not None):
        if given.outcome is not body.outcome and given.reason == reason:
            raise Declined(f"This reason was given for {given.outcome}. Give a different one.")
    return (e.NoticeDecided(body.obligation, body.outcome, reason, decider, facts_of(incident), again),)


def _sent(incident: Incident, body: c.RecordNoticeSent, asked: Asked) -> Events:
    clock = _unsent(incident, body.obligation)
    decision = clock.notice.decision
    if decision is None or decision.outcome is not NoticeOutcome.NOTIFY:
        raise Declined(f"“{clock.obligation.title}” has no decision to send it. Record that decision first.")
    sent_at = bounds.past(body.sent_at or asked.at, asked.at, "Sent at")
    if _minute(sent_at) < _minute(known := aware_at(incident)):
        raise Declined(f"{_time(sent_at)} is before it was known ({_time(known)}). Enter when it was sent. If it "
                       "was known earlier, record that first.")  # fmt: skip
    delay = clean(body.delay, "reason for the delay") if body.delay.strip() else ""
    return (e.NoticeSent(body.obligation, clean(body.reference, "reference"), sent_at, delay),)


def _clock(incident: Incident, name: str) -> NoticeClock:
    clocks = {clock.obligation.id: clock for clock in notice_clocks(incident)}
    if name not in clocks:
        known = ", ".join(clocks) or "none"
        raise Declined(f"{incident.id} has no notice {name!r} to decide on. Its notices: {known}.")
    return clocks[name]


def _minute(at: datetime) -> datetime:
    """People give times to the minute."""
    return at.replace(second=0, microsecond=0)


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


# Offers about the obligations.


def obligations(incident: Incident, now: datetime) -> Iterator[Offer]:
    for clock in notice_clocks(incident):
        yield from _decision(clock, now)
        yield from _sending(clock, now)
    since = "unknown since when" if incident.exposed_at is None else f"since {_time(incident.exposed_at)}"
    began = incident.detected_at - timedelta(minutes=1)
    began = began if began != incident.exposed_at else began - timedelta(minutes=1)
    yield Offer(c.RecordExposure, c.RecordExposure(began, ""), "", f"exposed: {since}", RESPONDER)
    known = f"known since {_time(aware_at(incident))}: legal deadlines count from then"
    # Times that could be recorded, for the rehearsal: people give their own.
    said = incident.awareness
    earlier = incident.detected_at if said is None else said.at - timedelta(minutes=1)
    yield Offer(c.RecordAwareness, c.RecordAwareness(earlier, ""), "", known, RESPONDER)


def _decision(clock: NoticeClock, now: datetime) -> Iterator[Offer]:
    for outcome in NoticeOutcome:
        body = c.DecideNotice(clock.obligation.id, outcome, "")
        urgency = SENSIBLE if clock.open and not clock.owed else POSSIBLE
        reason = f"“{clock.obligation.title}”: {clock.obligation.decides} decides{_by(clock.decide_by, now)}"
        yield Offer(c.DecideNotice, body, clock.obligation.id, reason, RESPONDER, urgency)


def _sending(clock: NoticeClock, now: datetime) -> Iterator[Offer]:
    body = c.RecordNoticeSent(clock.obligation.id, "")
    reason = f"“{clock.obligation.title}” is to be sent to {clock.obligation.to}{_by(clock.due, now)}"
    urgency = SENSIBLE if clock.owed else POSSIBLE
    yield Offer(c.RecordNoticeSent, body, clock.obligation.id, reason, RESPONDER, urgency)


def _by(at: datetime | None, now: datetime) -> str:
    if at is None:
        return ", without a fixed hour"
    return f", which WAS due at {_time(at)}" if at <= now else f" by {_time(at)}"
