"""Decisions on the obligations: since when people knew, what is owed, and what was sent."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from bot.incident import bounds
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.asked import Asked, Events
from bot.incident.model import NoticeOutcome, Right
from bot.incident.obligations.commands import ObligationsCommand
from bot.incident.obligations.rules import NoticeClock, aware_at, facts_of, notice_clocks
from bot.incident.refusals import Declined, clean, demand, when
from bot.incident.state import Incident

NAME_LIMIT = 200
"""Characters of who has decided."""


def decide(incident: Incident, body: ObligationsCommand, asked: Asked) -> Events:
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
        raise Declined("No obligation was written down when this was declared: no clock runs from it.")
    known = bounds.past(body.aware_at, asked.at, "Known since")
    said = incident.awareness
    if said is not None and said.at == known:
        raise Declined(f"Known since {_time(said.at)} was recorded {when(said.by)}. Nothing was changed.")
    return (e.AwarenessRecorded(known, clean(body.reason, "reason")),)


def _exposed(incident: Incident, body: c.RecordExposure, asked: Asked) -> Events:
    since = bounds.exposed(body.exposed_at, incident.detected_at, asked.at)
    if since == incident.exposed_at:
        raise Declined(f"Exposed since {_time(since)} is recorded already. Nothing was changed.")
    return (e.ExposureRecorded(since, clean(body.reason, "reason")),)


def _unsent(incident: Incident, obligation: str) -> NoticeClock:
    """Declined once the notice was sent: what came of it does not change any more."""
    clock = _clock(incident, obligation)
    if (sent := clock.notice.sent) is not None:
        raise Declined(
            f"“{clock.obligation.title}” was sent at {_time(sent.at)} ({sent.reference}). Nothing was changed."
        )
    return clock


def _decided(incident: Incident, body: c.DecideNotice, asked: Asked) -> Events:
    clock = _unsent(incident, body.obligation)
    decision = clock.notice.decision
    if decision is not None and decision.outcome is body.outcome and not clock.changed:
        raise Declined(f"“{clock.obligation.title}” was decided as {decision.outcome} {when(decision.by)}. "
                       "Nothing was changed.")  # fmt: skip
    decider = body.decider.strip()
    if len(decider) > NAME_LIMIT:
        raise Declined(f"Who has decided has {len(decider)} characters; at most {NAME_LIMIT} fit.")
    decider = clean(decider, "decider") if decider else asked.actor.name
    reason = clean(body.reason, "reason")
    for given in (notice.decision for notice in incident.notices.values() if notice.decision is not None):
        if given.outcome is not body.outcome and given.reason == reason:
            raise Declined(f"This reason was given for {given.outcome}. Give a different one.")
    return (e.NoticeDecided(body.obligation, body.outcome, reason, decider, facts_of(incident)),)


def _sent(incident: Incident, body: c.RecordNoticeSent, asked: Asked) -> Events:
    clock = _unsent(incident, body.obligation)
    decision = clock.notice.decision
    if decision is None or decision.outcome is not NoticeOutcome.NOTIFY:
        raise Declined(f"Nobody has decided to send “{clock.obligation.title}”: record that decision first.")
    sent_at = bounds.past(body.sent_at or asked.at, asked.at, "Sent at")
    if _minute(sent_at) < _minute(known := aware_at(incident)):
        raise Declined(f"{_time(sent_at)} is before it was known ({_time(known)}): say when it was sent. "
                       "If it was known earlier, record that first.")  # fmt: skip
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
