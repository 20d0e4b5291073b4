"""Planned rotations: what one goes without, when it is over, and when the machine closes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.approval.basis import kill_basis, rests_on
from bot.incident.clocks import working_day_end
from bot.incident.closing.open_items import TASK, open_items
from bot.incident.lanes import LaneKind
from bot.incident.model import BOT
from bot.incident.new_value.still_used import unused
from bot.incident.overlap.rules import look_after_at
from bot.incident.state import Basis, Incident, SecretState, Step
from bot.model.capabilities import RevokedBy
from bot.model.playbooks import Action
from bot.model.secrets import Outage

# What a planned rotation is without, and when it is over.


OF_LEAKS = frozenset[type](
    {
        c.AcceptRole,
        c.AccountReader,
        c.AddSecret,
        c.BreakGlass,
        c.CompareValue,
        c.DecideNotice,
        c.DeclineRole,
        c.EndCheck,
        c.EndSessions,
        c.HandOver,
        c.LiftDeny,
        c.PageAgain,
        c.RecordAbuse,
        c.RecordAwareness,
        c.RecordExposure,
        c.RecordFinding,
        c.RecordNoticeSent,
        c.ReleaseUpdate,
        c.ReviewGlass,
        c.SkipUpdate,
        c.TakeRole,
    }
)
"""Acts that only a leak needs: neither offered nor accepted in a planned rotation."""
_IN_A_DEPARTURE = OF_LEAKS - {c.AddSecret}
"""A departure allows adding what else the leaver read or can read."""
_WORK = frozenset({LaneKind.OLD, LaneKind.NEW, LaneKind.FUNCTION})


def refused_in(incident: Incident) -> frozenset[type]:
    """Acts that this run does not allow."""
    if not incident.routine:
        return frozenset()
    return OF_LEAKS if incident.departure is None else _IN_A_DEPARTURE


def declined(incident: Incident) -> str:
    """Why, and what to do after a leak."""
    names = " ".join(incident.secrets)
    return (
        f"{incident.id} is a planned rotation. If someone else may have a key, declare that: `bot declare {names}` "
        "or `/compromise`. That takes over this rotation with all that was made, and can break glass."
    )


def unverified(incident: Incident, step: Step) -> str:
    """Why a step that verifies cannot be done, although nothing is left to do: no consumer confirms a new key."""
    names = [secret.name for secret in incident.secrets.values() if not secret.restored]
    verifies = Action.VERIFY in step.definition.actions and names
    return f"no consumer confirms the new key of {' and '.join(names)}" if verifies else ""


def over(incident: Incident) -> bool:
    """Whether every value is replaced and its predecessor dead, consumers were checked since, and people have nothing
    left to do except tasks that outlast it. A person closes a run that was reopened; also a departure without rotations
    whose leaver's access is unknown.
    """
    departure = incident.departure
    if (
        not (incident.secrets or (departure is not None and departure.grants_known))
        or incident.reopened
        or incident.halted
    ):
        return False
    tasks = incident.tasks.values()
    own = {f"{TASK}:{task.id}" for task in tasks if task.added.name == BOT.name and not task.step}
    if any(not item.must and item.key not in own for item in open_items(incident)):
        return False
    if not all(secret.settled for secret in incident.secrets.values()):
        return False
    if any(look_after_at(incident, secret) is not None for secret in incident.secrets.values()):
        return False
    unended = any(unused(incident, secret) for secret in incident.secrets.values())
    busy = any(
        state.claim is not None or state.failure is not None
        for lane, state in incident.lanes.items()
        if lane.kind in _WORK
    )
    return not unended and not busy


# What a planned rotation brings about by itself: its owners get tasks, and in the end it is closed.


def followed(incident: Incident) -> Iterator[e.StepDone | e.StepSkipped | e.TaskAdded | e.IncidentClosed]:
    """A task for each new key with which consumers fail as before it; in the end the close, with the steps that are
    left, which wait for nothing but the report. One that verifies what no consumer confirms is skipped.
    """
    if not incident.open or not incident.traits.closes_itself:
        return
    yield from _tasks(incident)
    if not over(incident):
        return
    for step in incident.steps:
        if not step.over:
            why = unverified(incident, step)
            yield e.StepSkipped(step.definition.id, why) if why else e.StepDone(step.definition.id)
    yield e.IncidentClosed()


def _tasks(incident: Incident) -> Iterator[e.TaskAdded]:
    given = {task.title for task in incident.tasks.values()}
    wanted = [
        (secret, title) for secret in incident.secrets.values() if (title := _title(secret)) and title not in given
    ]
    for number, (secret, title) in enumerate(wanted, start=len(incident.tasks) + 1):
        due = working_day_end(incident.timings, incident.last_at)
        yield e.TaskAdded(f"t{number}", title, secret.entry.owner, due)


def _title(secret: SecretState) -> str:
    """Empty where no consumer fails as before, or one fails with the new key."""
    names = secret.new.as_before if secret.new.live_at is not None else ()
    fail = "fail" if len(names) > 1 else "fails"
    return (
        f"{' and '.join(names)} {fail} as before the rotation of {secret.name}: fix it, or its health URL"
        if names
        else ""
    )


# What a planned rotation will do, shown first: who makes the value, when the old one is revoked, and who agrees.


@dataclass(frozen=True)
class Rotating:
    """One secret. `joined` is the incident or run that has it already: then nothing new happens to it, and the rest is
    empty. `overlap` is in seconds; None if its provider holds one value at a time.

    `waits` says why it cannot begin now, and when it can; empty if it can.

    `consent` says who allows the revocation, or who must still agree; `agreed` whether no one needs to be asked.
    """

    name: str
    joined: str = ""
    owner: str = ""
    made_by_person: bool = False
    revoked_by_person: bool = False
    overlap: float | None = None
    consent: str = ""
    agreed: bool = False
    outage: Outage = Outage.NONE
    if_killed: str = ""
    waits: str = ""

    @property
    def begins(self) -> bool:
        """Whether something new happens to it now."""
        return not (self.joined or self.waits)


def foreseen(incident: Incident, now: datetime, joined: Mapping[str, str], waits: str = "") -> tuple[Rotating, ...]:
    """The effects of a run declared in a rehearsal; `waits` says why it could not begin."""
    mine = tuple(replace(_rotating(incident, secret, now), waits=waits) for secret in incident.secrets.values())
    return (*mine, *(Rotating(name, holder) for name, holder in joined.items()))


def _rotating(incident: Incident, secret: SecretState, now: datetime) -> Rotating:
    entry, basis = secret.entry, kill_basis(incident, secret, now)
    by_person = entry.capabilities.revokes is RevokedBy.PERSON
    swaps = entry.capabilities.swaps
    return Rotating(
        name=entry.name,
        owner=entry.owner,
        made_by_person=secret.made_by_person,
        revoked_by_person=by_person,
        overlap=None if swaps else incident.timings.overlap,
        consent=_consent(basis, entry.owner) if not by_person else f"{entry.owner or 'a responder'} revokes it by hand",
        agreed=isinstance(basis, Basis) or by_person,
        outage=entry.outage if swaps else Outage.NONE,
        if_killed=entry.if_killed if swaps else "",
    )


def _consent(basis: object, owner: str) -> str:
    if isinstance(basis, Basis):
        return rests_on(basis)
    why = getattr(basis, "why", "")
    return f"{getattr(basis, 'whom', owner)}: {why}"
