"""The worker's look at the schedule of planned rotations: it begins the due ones.

It keeps nothing that the logs do not hold. Each look reads due rotations, open runs and decisions, and the rest is pure
(`bot.planned.rules.schedule`). A command's id is derived from its facts, so a killed worker and its successor begin a
rotation once.

Only secrets with windows begin on schedule: without windows in the catalog, people begin rotations with `bot rotate`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from bot.catalog.catalog import Catalog
from bot.errors import BotError
from bot.eventlog.sql import EventLog
from bot.inbox.incidents import Incidents
from bot.inbox.resolve import longest_overlap
from bot.inbox.rotating import NotNow
from bot.incident.model import BOT
from bot.logs import Logger
from bot.planned.ages.due import DueRotation
from bot.planned.ages.looks import Looked
from bot.planned.rules.rotatable import Rotatable
from bot.planned.rules.schedule import Look, command_id, look
from bot.worker.background import Background

EVERY = timedelta(minutes=1)
"""Between two looks."""
NEVER_ROTATED = datetime(1970, 1, 1, tzinfo=UTC)
"""The due date of a secret of unknown age, before all known ones."""
UNASKED = "The rotation of {of.secret} in {of.environment} waits: its age could not be asked ({why})."
UNCONFIRMED = "{incident} replaced it, and its consumers have not confirmed the new key: rotate it by hand"
BECAUSE = "Its policy says every {days} days. The schedule started it."

_log = Logger(__name__)


@dataclass(frozen=True)
class Schedule:
    """Reads the facts for a look. `due` gives due rotations; an overlap is `overlap` seconds by default."""

    event_log: EventLog
    catalog: Catalog
    due: Callable[[], Looked]
    overlap: float
    clock: Callable[[], datetime]

    def look(self) -> Look:
        """The consequences now. BotError if a needed fact cannot be read: then no rotation begins. A rotation whose age
        could not be asked does not begin either.
        """
        looked = self.due()
        rotatables, trouble = self._rotatables(looked)
        stopped = self.event_log.stops.current().words
        names = dict.fromkeys([*self.event_log.open_incidents(), *(each.last_run for each in rotatables)])
        # Of a damaged log the last readable state: its secrets are occupied anyway.
        runs = [self.event_log.look(name).incident for name in names if name]
        found = look(rotatables, runs, stopped, self.catalog.environments, self.clock())
        return replace(found, trouble=trouble)

    def _rotatables(self, looked: Looked) -> tuple[list[Rotatable], str]:
        """The rotatable secrets, with the reason for the first one that is left out: one secret does
        not stop another.
        """
        found, trouble = list[Rotatable](), ""
        for each in looked.rotations:
            why = ""
            try:
                if self._scheduled(each):
                    why = each.age.unasked
                    found.append(self._rotatable(each))
            except Exception as error:  # noqa: BLE001 - after any error the others are rotated
                why = type(error).__name__
            trouble = trouble or (UNASKED.format(of=each, why=why) if why else "")
        return found, trouble

    def _scheduled(self, due: DueRotation) -> bool:
        dated = due.rotate_after_days is not None
        return dated and bool(self.catalog.entry(due.secret, due.environment).window.text)

    def _rotatable(self, due: DueRotation) -> Rotatable:
        entry = self.catalog.entry(due.secret, due.environment)
        tied = [each for each in self.catalog.tied(entry) if each.name != entry.name]
        together = [entry, *tied]
        held = f"its age could not be asked: {due.age.unasked}" if due.age.unasked else ""
        if due.last is not None and due.last.unconfirmed:
            held = held or UNCONFIRMED.format(incident=due.last.incident)
        put_off = max((each.policy for each in together), key=lambda policy: policy.not_before or NEVER_ROTATED)
        return Rotatable(
            secret=due.secret,
            environment=due.environment,
            provider=due.provider,
            due_at=due.due_at or NEVER_ROTATED,
            counted_at=due.age.since,
            proven_at=due.in_place_at,
            not_before=put_off.not_before,
            because=put_off.because,
            window=entry.window,
            overlap=timedelta(seconds=longest_overlap(together, self.overlap)),
            consumers=frozenset(consumer.function for each in together for consumer in each.consumers),
            tied=frozenset(each.name for each in tied),
            tied_providers=frozenset(each.provider for each in tied),
            owner=due.owner,
            last_run=due.last.incident if due.last is not None else "",
            held=held,
        )


@dataclass
class Scheduler(Background):
    """Runs in a thread of its own between `start` and `stop`; of several workers, in the first."""

    THREAD = "schedule"
    WHAT = "planned rotations"
    WAITS = "planned rotations wait"
    EVERY = EVERY.total_seconds()
    schedule: Schedule
    incidents: Incidents

    def round(self) -> None:
        """Begins the due rotations."""
        found = self.schedule.look()
        self.trouble = found.trouble
        for each in found.beginnings:
            if self._stopping.is_set():
                return
            self._begin(each)

    def _begin(self, one: Rotatable) -> None:
        """Unless a person has stopped a provider of it since the look, which asks others for minutes. A second time the
        command of this id begins nothing.
        """
        if one.providers & self.event_log.stops.current().stopped.keys():
            return
        policy = self.schedule.catalog.entry(one.secret, one.environment).policy
        because = BECAUSE.format(days=policy.rotate_after_days)
        try:
            reply = self.incidents.rotate(one.secret, one.environment, BOT, command_id(one), because=because)
        except NotNow:
            return  # something has come there since the look: the next one sees it
        except BotError as error:
            # The others are not held up by it: their turn is now.
            self.trouble = str(error)
            _log.error("a planned rotation was not begun", secret=one.secret, error=str(error))
        else:
            _log.info("a planned rotation was begun", secret=one.secret, incident=reply.incident.id)
