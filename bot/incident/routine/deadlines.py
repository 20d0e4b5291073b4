"""What a planned rotation brings about by itself: its steps end, its owners get tasks, and in the end it is closed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.incident import events as e
from bot.incident.hours import working_day_end
from bot.incident.routine.rules import done, over, unverified
from bot.incident.state import Incident, SecretState


def deadlines(incident: Incident) -> Iterator[datetime | None]:
    yield incident.last_at if any(True for _ in followed(incident)) else None


def followed(incident: Incident) -> Iterator[e.StepDone | e.StepSkipped | e.TaskAdded | e.IncidentClosed]:
    """A task for each new value with which consumers fail as before it; the steps that are done by now; with the close
    all that are left, which wait for nothing but the report. One that verifies what no consumer confirms is skipped.
    """
    if not incident.open or not incident.answers.closes_itself:
        return
    yield from _tasks(incident)
    ends = over(incident)
    for step in incident.steps:
        if not step.over and done(incident, step):
            yield e.StepDone(step.definition.id)
        elif not step.over and ends:
            why = unverified(incident, step)
            yield e.StepSkipped(step.definition.id, why) if why else e.StepDone(step.definition.id)
    if ends:
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
    """Empty where no consumer fails as before, or one fails with the new value."""
    names = secret.new.as_before if secret.new.live_at is not None else ()
    fail = "fail" if len(names) > 1 else "fails"
    return (
        f"{' and '.join(names)} {fail} as before the rotation of {secret.name}: mend it, or its health URL"
        if names
        else ""
    )
