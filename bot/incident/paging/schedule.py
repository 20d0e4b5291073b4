"""Who is woken, and when: the page, and a second way where the first one fails or is itself what leaked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.incident.approval.state import ApprovalRequest
from bot.incident.clocks import woken_for_decisions
from bot.incident.lanes import CHANNEL_LANE, FALLBACK_LANE, PAGE_LANE, Lane
from bot.incident.obligations.rules import open_notices, reminder_key
from bot.incident.operations import Op, Work
from bot.incident.paging.state import PageState
from bot.incident.state import Incident
from bot.incident.table import Moment, Row, State, Table
from bot.model.built_in import PAGES_WITH

PAGE_WAITS_FOR_CHANNEL = timedelta(seconds=5)
WAKES = frozenset({"trigger", "alert", "ask"})
"""What wakes people: whatever else a pager fails to do, it pages well."""
UNANSWERED = timedelta(minutes=5)
"""A request for approval, or a page, that nobody has answered for so long goes to the fallback too."""
FIRST_LOOK = timedelta(seconds=5)
LOOK_AFTER = timedelta(minutes=1)
LOOKS_APART = timedelta(minutes=15)
"""The pager is asked who is on call and who has acknowledged: at once, after a minute, then less and less often, at
last so far apart.
"""
FALLBACK_AFTER = timedelta(minutes=1)
"""A pager that has failed for so long is not waited for any longer, although it goes on being tried."""


class Reach(StrEnum):
    """How far the page has come: not sent yet; no pager has taken it; a pager has; somebody has answered."""

    WAITING = "waiting"
    NOBODY = "nobody"
    SENT = "sent"
    ANSWERED = "answered"


def reach(incident: Incident) -> Reach:
    """What is known of it. That a pager has taken it does not say that anybody has woken up."""
    if incident.answered_by:
        return Reach.ANSWERED
    if paged_at(incident) is not None:
        return Reach.SENT
    return Reach.WAITING if incident.lane(PAGE_LANE).failure is None else Reach.NOBODY


def paged_at(incident: Incident) -> datetime | None:
    """When the first of the pagers took the page; None while none has."""
    times = (incident.page.triggered_at, incident.fallback.triggered_at)
    return min((at for at in times if at is not None), default=None)


def unanswered_at(incident: Incident) -> datetime | None:
    """When it is told that nobody has answered; None where it was told, somebody has, or nobody has been paged yet."""
    since = paged_at(incident)
    waits = incident.open and incident.stood_down is None and not incident.answered_by
    if since is None or not waits or incident.page.unanswered_at is not None:
        return None
    return since + UNANSWERED


def schedule(incident: Incident, now: datetime) -> Iterator[Work]:
    """What the channel and the page want next, and what the fallback does, once it is wanted and if there is one."""
    yield from CHANNEL.wanted(Moment(incident, now))
    yield from PAGE.wanted(_Pager(incident, now, incident.page, PAGE_LANE, _start(incident)))
    since = fallback_since(incident)
    if since is not None and not incident.fallback.missing:
        yield from PAGE.wanted(_Pager(incident, now, incident.fallback, FALLBACK_LANE, since))


def fallback_since(incident: Incident) -> datetime | None:
    """When the fallback begins to be wanted; None while the first pager does. What it may have opened it ends by
    itself, whatever the first one does meanwhile.
    """
    if incident.fallback.triggered_at is not None:
        return incident.fallback.triggered_at
    if "trigger" in incident.fallback.unsure or (incident.fallback.alerts_open and _ends(incident)):
        return incident.last_at
    if any(PAGES_WITH.intersection(secret.own) for secret in incident.secrets.values()):
        return incident.last_at
    if not incident.answers.pages:
        return _failing_since(incident)
    since = [_failing_since(incident), _unanswered_since(incident), incident.page.unanswered_at, _kept_since(incident)]
    return min(filter(None, since), default=None)


def _failing_since(incident: Incident) -> datetime | None:
    """What the first pager has not done counts for as long as it is wanted."""
    failed = incident.lane(PAGE_LANE).pages
    if not WAKES & failed.keys():
        return None
    patience = min(FALLBACK_AFTER, timedelta(seconds=incident.timings.retry_for / 2))
    pager = _Pager(incident, incident.last_at, incident.page, PAGE_LANE, _start(incident))
    wanted = WAKES.intersection(work.detail for work in PAGE.wanted(pager))
    failures = [failure for what, failure in failed.items() if what in wanted]
    return min((each.at if each.final else each.first_at + patience for each in failures), default=None)


def _unanswered_since(incident: Incident) -> datetime | None:
    asked = [incident.secrets[name].asked_at for name in incident.request.plans] if incident.request else []
    return min((at + UNANSWERED for at in asked if at is not None), default=None)


def _kept_since(incident: Incident) -> datetime | None:
    """When the first call over a leaked value that is kept alive has stayed without a decision."""
    calls = [secret.new.escalated_at for secret in incident.secrets.values()]
    return min((at for at in calls if at is not None), default=None)


def owed_since_close(incident: Incident) -> bool:
    """Whether people were told, after the close, of what nobody has done and what outlasts it: a decision on
    notification, a notice that is owed, the review of broken glass. What they were told before it was closed over.
    """
    closed = incident.closed
    return closed is not None and any(at > closed.at for at in _told_of_what_is_owed(incident))


def _told_of_what_is_owed(incident: Incident) -> Iterator[datetime]:
    for secret in incident.secrets.values():
        if secret.review_reminded is not None and secret.reviewers_missing:
            yield secret.review_reminded
    yield from woken_for_decisions(incident)
    for clock in open_notices(incident):
        last = incident.reminded.get(reminder_key(clock.obligation.id))
        if clock.owed and last is not None:
            yield last.at


def alerts_answered(incident: Incident, page: PageState) -> tuple[int, ...]:
    """The alerts beside the page that wait to be acknowledged, by their numbers: another person than the one by whose
    doing it came up has done something since it was sent.
    """
    waiting = [number for number in sorted(page.alerts_open) if number not in page.alerts_acknowledged]
    return tuple(number for number in waiting if _answered_alert(incident, number, page.alerts_open[number]))


def _answered_alert(incident: Incident, number: int, sent: datetime) -> bool:
    by = incident.alerts_by[number - 1]
    return any(at > sent for name, at in incident.acted.items() if name != by)


def _start(incident: Incident) -> datetime:
    no_use_waiting = incident.channel or incident.slack_untrusted or incident.lane(CHANNEL_LANE).failure is not None
    return incident.declared.at if no_use_waiting else incident.declared.at + PAGE_WAITS_FOR_CHANNEL


@dataclass(frozen=True)
class _Pager(Moment):
    """One of the pagers: it is wanted since `start`."""

    page: PageState
    lane: Lane
    start: datetime


def _ends(incident: Incident) -> bool:
    """Whether pages are ended and none begins."""
    return incident.stood_down is not None or (incident.closed is not None and not owed_since_close(incident))


def _over(at: _Pager) -> bool:
    return at.incident.closed is not None and _ends(at.incident)


def _stood_down(at: _Pager) -> bool:
    return at.incident.stood_down is not None


def _quiet(at: _Pager) -> bool:
    """A planned rotation wakes nobody at its beginning."""
    return not at.incident.answers.pages and at.page.triggered_at is None


def _silent(at: _Pager) -> bool:
    return at.page.triggered_at is None or at.page.resolved_at is not None


def _asked(at: _Pager) -> ApprovalRequest | None:
    return at.incident.request if at.incident.open else None


def _answered(at: _Pager) -> datetime | None:
    asking = at.page.asking or "ask" in at.page.unsure
    return at.incident.last_at if asking and _asked(at) is None else None


def _resolve(at: _Pager) -> datetime | None:
    """Also of what may be open at the pager. What is sent while people sleep stays open until the close."""
    page, closed, stood_down = at.page, at.incident.closed, at.incident.stood_down
    over = closed or (stood_down.by if stood_down is not None else None)
    left = bool(page.alerts_open) or "trigger" in page.unsure
    if page.resolved_at is None:
        left = left or page.triggered_at is not None
    elif closed is None:
        left = False
    return over.at if left and over is not None else None


def _alert(at: _Pager) -> datetime | None:
    return at.incident.last_at if at.incident.open and at.page.alerts_sent < len(at.incident.alerts) else None


def _ask(at: _Pager) -> datetime | None:
    asked = _asked(at)
    return asked.at if asked is not None and not at.page.asking else None


def _acknowledge(at: _Pager) -> datetime | None:
    responded = at.incident.responded
    wanted = at.incident.open and at.page.acknowledged_at is None
    return responded.at if wanted and responded is not None else None


def _acknowledge_alerts(at: _Pager) -> datetime | None:
    return at.incident.last_at if alerts_answered(at.incident, at.page) else None


def _note(at: _Pager) -> datetime | None:
    return at.incident.last_at if at.page.notes_sent < len(at.incident.milestones) else None


def _look(at: _Pager) -> datetime | None:
    """Once in any case: who is on call is worth knowing although somebody is here already."""
    page, known = at.page, bool(at.incident.answered_by) and at.page.looked_at is not None
    if at.lane != PAGE_LANE or not at.incident.open or not page.tells or known or page.triggered_at is None:
        return None
    return _look_at(page.triggered_at, page.looked_at)


def _escalate(at: _Pager) -> datetime | None:
    return escalation_at(at.incident) if at.lane == PAGE_LANE else None


def escalation_at(incident: Incident) -> datetime | None:
    """When the next level of the escalation policy is paged: so long after the fallback, or where there is none at
    once; None where somebody has answered, or there is no way to it.
    """
    page = incident.page
    told = page.unanswered_at
    if told is None or not incident.open or incident.answered_by or not page.tells or page.no_further:
        return None
    if page.escalated_at is not None:
        return page.escalated_at + UNANSWERED
    return told if incident.fallback.missing else told + UNANSWERED


def _action(name: str) -> Callable[[_Pager], str]:
    return lambda _at: name


_ANSWERED = Row(Op.PAGE, "answered: the approval that it asks for has come", _answered, detail=_action("answered"))
_ALERTS_ANSWERED = Row(
    Op.PAGE, "acknowledge-alerts: somebody has done something since those went out", _acknowledge_alerts,
    detail=_action("acknowledge-alerts"),
)  # fmt: skip

PAGE = Table(
    "A pager",
    lane=lambda at: at.lane,
    subject=lambda at: at.incident.id,
    states=(
        State(
            "over", "the incident is closed, and nothing that outlasts it is owed", _over, (
                _ANSWERED,
                Row(Op.PAGE, "resolve: it was paged", _resolve, detail=_action("resolve")),
            ),
        ),
        State(
            "stood down", "people sleep, and the incident stays open", _stood_down, (
                _ANSWERED,
                Row(Op.PAGE, "resolve: it was paged", _resolve, ("stood down",), _action("resolve")),
                Row(Op.PAGE, "alert: something has got worse", _alert, detail=_action("alert")),
                _ALERTS_ANSWERED,
            ),
        ),
        State(
            "quiet", "a planned rotation: nobody is woken for it", _quiet, (
                _ANSWERED,
                Row(Op.PAGE, "alert: something is worse than before", _alert, detail=_action("alert")),
                _ALERTS_ANSWERED,
            ),
        ),
        State(
            "silent", "nobody has been paged", _silent, (
                _ANSWERED,
                Row(Op.PAGE, "trigger: once the channel is there, or soon", lambda at: at.start, ("paged",),
                    _action("trigger")),
            ),
        ),
        State(
            "paged", "on-call is paged", lambda _at: True, (
                _ANSWERED,
                Row(Op.PAGE, "alert: something has got worse", _alert, detail=_action("alert")),
                Row(Op.PAGE, "ask: an approval is waited for", _ask, detail=_action("ask")),
                Row(Op.PAGE, "acknowledge: a person has answered", _acknowledge, detail=_action("acknowledge")),
                _ALERTS_ANSWERED,
                Row(Op.PAGE, "note: a milestone was reached", _note, detail=_action("note")),
                Row(Op.PAGE, "escalate: the fallback has not helped either", _escalate, detail=_action("escalate")),
                Row(Op.PAGE, "look: who is on call, and who has acknowledged", _look, detail=_action("look")),
            ),
        ),
    ),
)  # fmt: skip
"""What a pager may be told now, first things first: what it declines stops nothing of the rest."""

CHANNEL: Table[Moment] = Table(
    "The incident channel",
    lane=lambda _at: CHANNEL_LANE,
    subject=lambda at: at.incident.id,
    states=(
        State("open", "people meet there", lambda at: bool(at.incident.channel)),
        State(
            "missing", "there is none, and Slack may know of the incident",
            lambda at: at.incident.open and not at.incident.slack_untrusted and _has_place(at.incident), (
                Row(Op.OPEN_CHANNEL, "at once", lambda at: at.incident.declared.at, ("open",)),
            ),
        ),
    ),
)  # fmt: skip


def _has_place(incident: Incident) -> bool:
    """A channel of its own can always be opened; one that is shared is there, or it is not."""
    shared = incident.playbook.channel
    return incident.answers.own_channel or (bool(shared) and shared not in incident.lost_channels)


def channel_coming(incident: Incident) -> bool:
    """Whether there is no channel yet, and the machine opens one: nothing has kept it from that so far."""
    wanted = any(CHANNEL.wanted(Moment(incident, incident.last_at)))
    return wanted and incident.lane(CHANNEL_LANE).failure is None


def _look_at(triggered_at: datetime, looked_at: datetime | None) -> datetime:
    if looked_at is None:
        return triggered_at + FIRST_LOOK
    return looked_at + min(max(looked_at - triggered_at, LOOK_AFTER), LOOKS_APART)
