"""Events that time alone causes, and when. They are recorded, so that none happens twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from bot.incident import events as e
from bot.incident import reminders, routine
from bot.incident.approval.asking import glass_to_offer_at, requested, times_asked
from bot.incident.changes import replace
from bot.incident.commands import Events
from bot.incident.old_value.reminders import reminder_due
from bot.incident.old_value.schedule import overdue_at
from bot.incident.overlap.rules import held_by_readers, held_overlap, roll_back_overdue_at
from bot.incident.state import Incident, SecretState
from bot.incident.steps import decide as steps

type When = Callable[[SecretState], datetime | None]


def of_secret(
    incident: Incident, secret: SecretState, now: datetime, others: datetime | None
) -> Iterator[datetime | None]:
    """When something comes for this secret; `others` is when all are known (`others_known_by`)."""
    if incident.open:
        yield from times_asked(incident, secret, now, others)
        yield glass_to_offer_at(incident, secret, now)
        yield roll_back_overdue_at(incident, secret)
        yield held_overlap(incident, secret)
        yield reminder_due(incident, secret, now)
        yield overdue_at(incident, secret)


def of_incident(incident: Incident) -> Iterator[datetime | None]:
    """The same for the incident as a whole."""
    yield from reminders.deadlines(incident)
    if incident.proposal is not None:
        yield incident.proposal.until
    if incident.open:
        if incident.request is not None:
            yield incident.request.until
        if any(True for _ in _by_itself(incident, incident.last_at)):
            yield incident.last_at


def come(incident: Incident, at: datetime) -> Events:
    """The events for everything whose time is over at `at`. Reminders and the ends of proposals continue after the
    close; the rest needs an open incident.
    """
    return (*_always(incident, at), *(_of_open(incident, at) if incident.open else ()))


def _always(incident: Incident, at: datetime) -> Iterator[e.Event]:
    yield from reminders.reminded(incident, at)
    if incident.proposal is not None and incident.proposal.until <= at:
        yield e.ProposalRejected(incident.proposal.number, "not decided in time")


def _of_open(incident: Incident, at: datetime) -> Iterator[e.Event]:
    if incident.request is not None and incident.request.until <= at:
        yield e.ApprovalExpired(incident.request.plans)
        incident = replace(incident, request=None)
    for name in _names(incident, at, lambda secret: overdue_at(incident, secret)):
        yield e.ContainmentOverdue(name)
    if names := _names(incident, at, lambda secret: reminder_due(incident, secret, at)):
        yield e.PersonAwaited(names)
    for name in _names(incident, at, lambda secret: roll_back_overdue_at(incident, secret)):
        yield e.RollBackOverdue(name)
    if names := _names(incident, at, lambda secret: glass_to_offer_at(incident, secret, at)):
        yield e.GlassOffered(names)
    for name in _names(incident, at, lambda secret: held_overlap(incident, secret)):
        secret = incident.secrets[name]
        copies = tuple(state.copy.name for state in secret.open_copies)
        yield e.OverlapHeld(name, copies, held_by_readers(incident, secret))
    yield from requested(incident, at)
    yield from _by_itself(incident, at)


def _by_itself(incident: Incident, at: datetime) -> Iterator[e.Event]:
    """What the machine does with steps and tasks; a planned run is closed when none of that is left."""
    yield from tuple(steps.followed(incident, at)) or routine.followed(incident)


def _names(incident: Incident, at: datetime, when: When) -> tuple[str, ...]:
    """The secrets whose time has come."""
    due = {name: when(secret) for name, secret in incident.secrets.items()}
    return tuple(name for name, time in due.items() if time is not None and time <= at)
