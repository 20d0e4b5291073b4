"""The way from exposure to containment: when each point was reached, or that it was not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from operator import itemgetter

from bot.incident import events as e
from bot.incident.access.readers import contained_since
from bot.incident.state import Incident
from bot.phrases.closing import closed_by
from bot.phrases.report import after
from bot.report.facts import entries, seqs

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Milestone:
    """A point on the way from exposure to containment; `at` is empty where it has not come."""

    name: str
    at: str
    after: str
    seqs: tuple[int, ...]


def path_of(incident: Incident, events: Sequence[e.Recorded]) -> Iterator[Milestone]:
    return _dated(_in_order(list(_way(incident, events))))


def _way(incident: Incident, events: Sequence[e.Recorded]) -> Iterator[tuple[Milestone, datetime | None]]:
    secrets, exposed = list(incident.secrets.values()), incident.exposed_at
    yield Milestone("exposed", "nobody said since when", "", (1,)), exposed
    yield from sorted(_known(incident), key=lambda each: each[1])
    dead = [secret.old.contained_at for secret in secrets]
    restored = [secret.new.restored_at if secret.restored else None for secret in secrets if secret.new.wanted]
    yield _reached("all dead", dead, incident, seqs(entries(events, e.OldProvenDead)))
    yield _reached("all restored", restored, incident, seqs(entries(events, e.ValueLive)))
    since = contained_since(incident)
    yield _reached("access contained", [since], incident, _brought(events, since))
    if incident.closed is not None:
        closed = seqs(entries(events, e.IncidentClosed))
        yield Milestone("closed", "", f"by {closed_by(incident)}", closed[-1:]), incident.closed.at


def _brought(events: Sequence[e.Recorded], at: datetime | None) -> tuple[int, ...]:
    """The events of that time that can have contained access; where it was the end of a key, its last proof."""
    kinds = (e.CheckEnded, e.AccessInspected, e.ReaderAccounted, e.UsageRead, e.DeathAttested)
    found = tuple(recorded.seq for recorded in events if recorded.at == at and isinstance(recorded.event, kinds))
    return found or (seqs(entries(events, e.OldProvenDead)) if at is not None else ())


def _in_order(path: Sequence[tuple[Milestone, datetime | None]]) -> Iterator[tuple[Milestone, datetime | None]]:
    """What was reached by its time; what was not stays where it would have come."""
    reached = iter(sorted((each for each in path if each[1] is not None), key=itemgetter(1)))
    return (each if each[1] is None else next(reached) for each in path)


def _known(incident: Incident) -> Iterator[tuple[Milestone, datetime]]:
    said = incident.awareness
    if said is not None and said.at != incident.detected_at:
        yield Milestone("known", "", f"as {said.by.name} recorded", (said.seq,)), said.at
    earlier = said is not None and said.at < incident.detected_at
    yield Milestone("noticed", "", "as declared" if earlier else "", (1,)), incident.detected_at
    yield Milestone("declared", "", "", (1,)), incident.declared.at


def _reached(
    name: str, times: Sequence[datetime | None], incident: Incident, refs: tuple[int, ...]
) -> tuple[Milestone, datetime | None]:
    """When the last of them was; NOT YET while one is missing."""
    known = [at for at in times if at is not None]
    if not times:
        return Milestone(name, "none needed", "", ()), None
    if len(known) < len(times):
        count = f"{len(known)} of {len(times)}" if len(times) > 1 else ""
        return Milestone(name, "NOT YET", count, refs[-1:]), None
    last = max(known)
    length = last - incident.declared.at
    return Milestone(name, "", "within 1 s" if abs(length) < _SECOND else f"+{after(length)}", refs[-1:]), last


def _dated(path: Iterable[tuple[Milestone, datetime | None]]) -> Iterator[Milestone]:
    """Each with its time, and its day where that is not the day of the one before."""
    day = None
    for step, at in path:
        if at is None:
            yield step
            continue
        yield replace(step, at=f"{at:%H:%M:%S}" if at.date() == day else f"{at:%Y-%m-%d %H:%M:%S}")
        day = at.date()
