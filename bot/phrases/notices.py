"""What people read of a notice that the law or a contract asks for: whom to tell, who decides, by when, what became."""

from __future__ import annotations

from collections.abc import Iterator

from bot.incident.model import NoticeOutcome
from bot.incident.obligations.rules import NoticeClock
from bot.phrases.times import duration, moment

OUTCOMES = {NoticeOutcome.NOTIFY: "notify", NoticeOutcome.NOT_NOTIFIABLE: "not notifiable"}


def notice_lines(clock: NoticeClock) -> Iterator[str]:
    """The duty, then what became of it, then what is still to be done."""
    duty = clock.obligation
    unsure = "" if duty.confirmed else " (counsel has not confirmed this entry)"
    yield f"To {duty.to}: {duty.basis}{unsure}"
    yield f"{duty.decides} decides{_until(clock)}"
    if duty.guide:
        yield duty.guide
    decision, sent = clock.notice.decision, clock.notice.sent
    if decision is not None:
        outcome, when = OUTCOMES[decision.outcome], f"{moment(decision.by.at)}{_late(clock)}"
        yield f"Decided by {decision.decider} as {outcome}, {when}: {decision.reason}"
        yield f"On these facts: {'; '.join(decision.facts)}"
    if clock.changed:
        yield f"New since then: {'; '.join(clock.changed)}. Confirm or change the decision."
    if clock.owed:
        due = f", due {moment(clock.due)}" if clock.due is not None else ", without undue delay"
        yield f"NOT SENT YET{due}"
    if sent is not None:
        yield f"Sent at {moment(sent.at)}{_sent_late(clock)}: {sent.reference}"
        if sent.delay:
            yield f"Why it took so long: {sent.delay}"


def _until(clock: NoticeClock) -> str:
    if clock.decide_by is None or clock.due is None:
        hours = clock.obligation.hours
        if hours is None:
            return ", without undue delay: no fixed hour"
        return f": {hours:g} hours from {clock.obligation.starts_from}, which has not come yet"
    return f" by {moment(clock.decide_by)}; the notice is due {moment(clock.due)}"


def _late(clock: NoticeClock) -> str:
    decision = clock.notice.decision
    if decision is None or clock.decide_by is None or decision.by.at <= clock.decide_by:
        return ""
    return f", LATE by {duration((decision.by.at - clock.decide_by).total_seconds())}"


def _sent_late(clock: NoticeClock) -> str:
    if not clock.late_by:
        return ""
    reason = "" if clock.notice.sent and clock.notice.sent.delay else ", no reason for the delay recorded"
    return f", LATE by {duration(clock.late_by.total_seconds())}{reason}"
