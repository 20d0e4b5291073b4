"""Which obligations an incident has, by when each must be decided and met, and on which facts.

A decision is due at two thirds of the time, so that the notice can still be written; a notice that is owed stays open
until it was sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.incident.model import NoticeOutcome
from bot.incident.record.rules import NOBODY_SAID, AbuseSeen, abuse_seen, abuse_words
from bot.incident.state import Incident, Notice, SecretState
from bot.model.obligations import Obligation, StartsFrom
from bot.model.secrets import Data

NOTIFICATION = "notification"
"""The kind of the open items that notices are."""
DECIDED_BY = 2 / 3
"""The share of the time until the notice."""
_ABUSE = "abuse seen: "
_UNKNOWN = frozenset({f"{_ABUSE}{AbuseSeen.UNKNOWN}", f"{_ABUSE}{NOBODY_SAID}"})
"""Unknown is no new fact after no answer."""


@dataclass(frozen=True)
class NoticeClock:
    """One obligation that applies by the incident's facts. Times are UTC; None: no fixed hour, or its time has not
    begun. `changed` are facts that a decision against it did not consider.
    """

    obligation: Obligation
    notice: Notice
    began: datetime | None
    decide_by: datetime | None
    due: datetime | None
    changed: tuple[str, ...] = ()

    @property
    def decided(self) -> bool:
        """Whether someone has decided on the current facts."""
        return self.notice.decision is not None and not self.changed

    @property
    def owed(self) -> bool:
        """Whether it was decided to notify, and nothing was sent yet."""
        decision = self.notice.decision
        return decision is not None and decision.outcome is NoticeOutcome.NOTIFY and self.notice.sent is None

    @property
    def look(self) -> datetime | None:
        """When it is decided again, where it was decided so."""
        return self.notice.decision.again if self.notice.decision is not None and self.decided else None

    @property
    def open(self) -> bool:
        return self.owed or not self.decided or self.look is not None

    @property
    def next_due(self) -> datetime | None:
        """When its open part is due: the decision, or the notice."""
        if not self.open:
            return None
        return self.due if self.owed else self.look or self.decide_by

    @property
    def late_by(self) -> timedelta:
        """How much later than its hour the notice was sent; nothing if it was in time, or has no hour."""
        sent = self.notice.sent
        return max(sent.at - self.due, timedelta()) if sent is not None and self.due is not None else timedelta()


def aware_at(incident: Incident) -> datetime:
    """Since when the organisation has known; by default since the detection, the cautious choice."""
    return incident.awareness.at if incident.awareness is not None else incident.detected_at


def notice_clocks(incident: Incident) -> tuple[NoticeClock, ...]:
    """All obligations that apply by the facts, the most urgent first; ones without an hour last."""
    clocks = [_clock(incident, each) for each in incident.obligations if _concerned(incident, each)]
    return tuple(
        sorted(clocks, key=lambda clock: (not clock.open, clock.next_due is None, clock.next_due or incident.last_at))
    )


def open_notices(incident: Incident) -> tuple[NoticeClock, ...]:
    return tuple(clock for clock in notice_clocks(incident) if clock.open)


def facts_of(incident: Incident) -> tuple[str, ...]:
    """The facts for a decision on notices, as far as the incident knows them, in words."""
    return (*_grave(incident), *_harmless(incident))


def fact_of(incident: Incident, secret: SecretState) -> str:
    """What one secret gives access to."""
    return f"{secret.name} ({incident.environment}) opens {secret.entry.data.words}"


def _grave(incident: Incident) -> Iterator[str]:
    """A fact that supports a notice; a new one reopens a decision against it."""
    for secret in incident.secrets.values():
        if secret.entry.data is not Data.NONE:
            yield fact_of(incident, secret)
    if incident.public:
        yield "exposed in public"
    if abuse_seen(incident) is not AbuseSeen.NO:
        yield f"{_ABUSE}{abuse_words(incident)}"
    for principal, said in incident.readers.items():
        if said.outcome.unexplained:
            yield f"unidentified reader: {principal}"


def _harmless(incident: Incident) -> Iterator[str]:
    for secret in incident.secrets.values():
        if secret.entry.data is Data.NONE:
            yield fact_of(incident, secret)
    if not incident.public:
        yield "not exposed in public"
    if abuse_seen(incident) is AbuseSeen.NO:
        yield f"{_ABUSE}{abuse_words(incident)}"


def _clock(incident: Incident, obligation: Obligation) -> NoticeClock:
    notice = incident.notices.get(obligation.id, Notice())
    began = _began(incident, obligation.starts_from)
    due = decide_by = None
    if began is not None and obligation.hours is not None:
        due = began + timedelta(hours=obligation.hours)
        decide_by = began + timedelta(hours=obligation.hours * DECIDED_BY)
    return NoticeClock(obligation, notice, began, decide_by, due, _changed(incident, notice))


def _changed(incident: Incident, notice: Notice) -> tuple[str, ...]:
    """New facts since the decision not to notify. A decision to notify stays."""
    decision = notice.decision
    if decision is None or decision.outcome is NoticeOutcome.NOTIFY:
        return ()
    known = frozenset(decision.facts)
    known |= _UNKNOWN if known & _UNKNOWN else frozenset()
    return tuple(fact for fact in _grave(incident) if fact not in known)


def _began(incident: Incident, start: StartsFrom) -> datetime | None:
    match start:
        case StartsFrom.AWARENESS:
            return aware_at(incident)
        case StartsFrom.DECLARATION:
            return incident.declared.at
        case StartsFrom.CONTAINMENT:
            dead = [secret.old.gone_at for secret in incident.secrets.values()]
            times = [at for at in dead if at is not None]
            return max(times) if times and len(times) == len(dead) else None


def _concerned(incident: Incident, obligation: Obligation) -> bool:
    facts = obligation.when
    kinds = {secret.entry.data for secret in incident.secrets.values()}
    return (
        (not facts.data or bool(kinds.intersection(facts.data)))
        and (facts.public is None or facts.public is incident.public)
        and (not facts.environments or incident.environment in facts.environments)
    )


def notice_item(obligation: str) -> str:
    """The key of the open item that its notice is."""
    return f"{NOTIFICATION}:{obligation}"


def notice_words(clock: NoticeClock) -> str:
    """Its open part, with its time."""
    if clock.changed:
        return open_words(clock)
    until = "due" if clock.owed else "decide again by" if clock.look is not None else "decide by"
    due = f"{until} {clock.next_due:%Y-%m-%d %H:%M} UTC" if clock.next_due is not None else "without a fixed hour"
    return f"{open_words(clock)}, {due}"


def open_words(clock: NoticeClock) -> str:
    """Its open part: the decision, or the notice itself."""
    title = f"“{clock.obligation.title}”"
    if clock.owed:
        return f"{title} is to be sent"
    if clock.changed:
        return f"{title} was decided as not required, but this is new: {'; '.join(clock.changed)}"
    if clock.look is not None:
        return f"{title} is not required so far"
    return f"no decision on {title}"
