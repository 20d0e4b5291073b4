"""Who is woken, and when: the page, and a second way where the first one fails or is itself what leaked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.incident.lanes import CHANNEL_LANE, FALLBACK_LANE, PAGE_LANE, Lane
from bot.incident.model import PageAction
from bot.incident.old_value.rules import PAGES_WITH
from bot.incident.operations import Op, Work
from bot.incident.paging.rules import WAKES, paged_at, settled, told_of_what_is_owed, trouble
from bot.incident.state import ApprovalRequest, Incident, PageState
from bot.incident.table import Moment, Row, State, Table

PAGE_WAITS_FOR_CHANNEL = timedelta(seconds=5)
WORSE_FOR = timedelta(minutes=15)
"""The least time that an alert about something worse stays open, so that a flapping state does not wake people each
time.
"""
FALLBACK_AFTER = timedelta(minutes=1)
"""A pager that has failed for so long is not waited for any longer, although it goes on being tried."""


class Reach(StrEnum):
    """How far the page has come: not sent yet; no pager has taken it; a pager has; someone has answered."""

    WAITING = "waiting"
    NOBODY = "nobody"
    SENT = "sent"
    ANSWERED = "answered"


def reach(incident: Incident) -> Reach:
    """The known state of the page. A pager's acceptance does not show that anyone woke up."""
    if incident.answered_by:
        return Reach.ANSWERED
    if paged_at(incident) is not None:
        return Reach.SENT
    return Reach.WAITING if incident.lane(PAGE_LANE).failure is None else Reach.NOBODY


def schedule(incident: Incident, now: datetime) -> Iterator[Work]:
    """What the channel and the page want next, and the fallback's work, once it is wanted and if there is one."""
    yield from CHANNEL.wanted(Moment(incident, now))
    yield from PAGE.wanted(_Pager(incident, now, incident.page, PAGE_LANE, _start(incident)))
    since = fallback_since(incident)
    if since is not None and not incident.fallback.missing:
        yield from PAGE.wanted(_Pager(incident, now, incident.fallback, FALLBACK_LANE, since))


def fallback_since(incident: Incident) -> datetime | None:
    """Since when the fallback is wanted; None while the first pager works. The fallback resolves its own alerts,
    regardless of the first pager.
    """
    fallback = incident.fallback
    if fallback.triggered_at is not None:
        return fallback.triggered_at
    if fallback.worse_at is not None or fallback.unsure:
        return incident.last_at
    if any(PAGES_WITH.intersection(secret.own) for secret in incident.secrets.values()):
        return incident.last_at
    return _failing_since(incident)


def _failing_since(incident: Incident) -> datetime | None:
    """A failed call of the first pager counts while it is wanted."""
    failed = incident.lane(PAGE_LANE).pages
    if not WAKES & failed.keys():
        return None
    patience = min(FALLBACK_AFTER, timedelta(seconds=incident.timings.retry_for / 2))
    pager = _Pager(incident, incident.last_at, incident.page, PAGE_LANE, _start(incident))
    wanted = WAKES.intersection(work.detail for work in PAGE.wanted(pager))
    failures = [failure for what, failure in failed.items() if what in wanted]
    return min((each.at if each.final else each.first_at + patience for each in failures), default=None)


def owed_since_close(incident: Incident) -> bool:
    """Whether people were informed, after the close, of open duties that outlast it: a decision on notification, an
    owed notice, the review of broken glass. Earlier information was part of the close.
    """
    closed = incident.closed
    return closed is not None and any(at > closed.at for at in told_of_what_is_owed(incident))


def _start(incident: Incident) -> datetime:
    no_use_waiting = incident.channel or incident.slack_untrusted or incident.lane(CHANNEL_LANE).failure is not None
    return incident.declared.at if no_use_waiting else incident.declared.at + PAGE_WAITS_FOR_CHANNEL


@dataclass(frozen=True)
class _Pager(Moment):
    """One of the pagers: it is wanted since `start`."""

    page: PageState
    lane: Lane
    start: datetime


def _over(at: _Pager) -> bool:
    return at.incident.closed is not None and not owed_since_close(at.incident)


def _settled(at: _Pager) -> bool:
    """On-call was paged once, by any pager, and is no longer needed."""
    return at.incident.open and paged_at(at.incident) is not None and settled(at.incident)


def _quiet(at: _Pager) -> bool:
    """A planned rotation does not page at its beginning."""
    return not at.incident.traits.pages and at.page.triggered_at is None


def _asked(at: _Pager) -> ApprovalRequest | None:
    return at.incident.request if at.incident.open else None


def _answered(at: _Pager) -> datetime | None:
    asking = at.page.asking or PageAction.ASK in at.page.unsure
    return at.incident.last_at if asking and _asked(at) is None else None


def _resolve(at: _Pager) -> datetime | None:
    """Also of what may be open at the pager."""
    return at.incident.last_at if at.page.up or PageAction.TRIGGER in at.page.unsure else None


def _again(at: _Pager) -> datetime | None:
    return at.incident.last_at if at.page.again else None


def _alert(at: _Pager) -> datetime | None:
    return at.incident.last_at if at.incident.open and at.page.alerts_sent < len(at.incident.alerts) else None


def _alert_over(at: _Pager) -> datetime | None:
    page, incident = at.page, at.incident
    if _alert(at) is not None:
        return None
    if page.worse_at is None:
        return incident.last_at if PageAction.ALERT in page.unsure else None
    if not incident.open:
        return incident.last_at
    return None if trouble(incident) else page.worse_at + WORSE_FOR


def _ask(at: _Pager) -> datetime | None:
    asked = _asked(at)
    return asked.at if asked is not None and not at.page.asking else None


def _acknowledge(at: _Pager) -> datetime | None:
    responded = at.incident.responded
    wanted = at.incident.open and at.page.acknowledged_at is None
    return responded.at if wanted and responded is not None else None


def _note(at: _Pager) -> datetime | None:
    return at.incident.last_at if at.page.notes_sent < len(at.incident.milestones) else None


def _call(
    action: PageAction, condition: str, when: Callable[[_Pager], datetime | None], to: tuple[str, ...] = ()
) -> Row[_Pager]:
    return Row(Op.PAGE, f"{action}: {condition}", when, to, lambda _at: action)


_ANSWERED = _call(PageAction.ANSWERED, "the approval has come", _answered)
_ALERT = _call(PageAction.ALERT, "something got worse", _alert)
_ALERT_OVER = _call(PageAction.ALERT_OVER, "none of that holds any longer", _alert_over)

PAGE = Table(
    "A pager",
    lane=lambda at: at.lane,
    states=(
        State(
            "over", "the incident is closed and nothing else is owed", _over, (
                _ANSWERED,
                _ALERT_OVER,
                _call(PageAction.RESOLVE, "it was paged", _resolve),
            ),
        ),
        State(
            "settled", "nothing left must be done at night", _settled, (
                _ANSWERED,
                _call(PageAction.RESOLVE, "it was paged", _resolve, ("settled",)),
                _ALERT,
                _ALERT_OVER,
            ),
        ),
        State("quiet", "a planned rotation: no page", _quiet, (_ANSWERED, _ALERT, _ALERT_OVER)),
        State(
            "silent", "not paged yet, or not since it was resolved", lambda at: not at.page.up, (
                _ANSWERED,
                _call(PageAction.TRIGGER, "once the channel is there, or soon", lambda at: at.start, ("paged",)),
            ),
        ),
        State(
            "paged", "on-call is paged", lambda _at: True, (
                _ANSWERED,
                _call(PageAction.RESOLVE, "a person pages again", _again, ("silent",)),
                _ALERT,
                _call(PageAction.ASK, "an approval is needed", _ask),
                _call(PageAction.ACKNOWLEDGE, "a person has answered", _acknowledge),
                _call(PageAction.NOTE, "a milestone was reached", _note),
                _ALERT_OVER,
            ),
        ),
    ),
)  # fmt: skip
"""The possible calls to a pager now, the most important first: a refused one does not stop the others."""

CHANNEL: Table[Moment] = Table(
    "The incident channel",
    lane=lambda _at: CHANNEL_LANE,
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
    return incident.traits.own_channel or (bool(shared) and shared not in incident.lost_channels)


def channel_coming(incident: Incident) -> bool:
    """Whether there is no channel yet, and the machine opens one: nothing has kept it from that so far."""
    wanted = any(CHANNEL.wanted(Moment(incident, incident.last_at)))
    return wanted and incident.lane(CHANNEL_LANE).failure is None
