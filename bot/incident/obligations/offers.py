"""Offers about the obligations."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from bot.incident import commands as c
from bot.incident.model import NoticeOutcome
from bot.incident.obligations.rules import NoticeClock, aware_at, notice_clocks
from bot.incident.offer import POSSIBLE, RESPONDER, SENSIBLE, Offer
from bot.incident.state import Incident


def obligations(incident: Incident, now: datetime) -> Iterator[Offer]:
    for clock in notice_clocks(incident):
        yield from _decision(clock, now)
        yield from _sending(clock, now)
    since = "nobody has said since when" if incident.exposed_at is None else f"since {_time(incident.exposed_at)}"
    began = incident.detected_at - timedelta(minutes=1)
    began = began if began != incident.exposed_at else began - timedelta(minutes=1)
    yield Offer(c.RecordExposure, c.RecordExposure(began, ""), "", f"exposed: {since}", RESPONDER)
    known = f"known since {_time(aware_at(incident))}: from there the law's clocks run"
    earlier = c.RecordAwareness(_to_correct(incident), "")
    yield Offer(c.RecordAwareness, earlier, "", known, RESPONDER)


def _decision(clock: NoticeClock, now: datetime) -> Iterator[Offer]:
    for outcome in NoticeOutcome:
        body = c.DecideNotice(clock.obligation.id, outcome, "")
        urgency = POSSIBLE if clock.decided else SENSIBLE
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


def _to_correct(incident: Incident) -> datetime:
    """A time that could be recorded, for the rehearsal: people give their own."""
    return incident.detected_at if incident.awareness is None else incident.awareness.at - timedelta(minutes=1)


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
