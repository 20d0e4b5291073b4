"""How well a process is: what `/readyz` says and what `/metrics` measures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from bot.errors import BotError, LogUnavailable
from bot.eventlog.sql import EventLog
from bot.metrics import Gauge
from bot.worker.worker import Worker

BEAT_SECONDS = 10.0
"""A worker that was not seen for so long is not working."""


@dataclass(frozen=True)
class ProcessHealth:
    """Looks at the log and at this process's worker, None where another process works. `front` gives sentences on what
    keeps Slack from reaching this process, none where it does or does not have to.
    """

    event_log: EventLog
    worker: Worker | None
    clock: Callable[[], datetime]
    front: Callable[[], Sequence[str]] = tuple

    def missing(self) -> list[str]:
        """A sentence for each thing that keeps this process from working; empty if it can work."""
        missing = []
        try:
            self.event_log.open_incidents()
        except BotError as error:
            missing.append(str(error))
        if self.event_log.database.cramped:
            missing.append("event log (SQLite): its disk is full or nearly so: make room")
        if (worker := self.worker) is not None:
            commands = worker.commands.trouble if worker.commands is not None else ""
            works = worker.trouble or self._works(worker)
            late = "" if works else "the worker has not come round lately"
            found = (commands, worker.behind_the_log, worker.untrusting, worker.trouble, late)
            missing += [each for each in found if each]
        return [*missing, *self.front()]

    def waiting(self) -> list[str]:
        """The parts of this process that wait while the rest works: planned rotations, or news of leaks."""
        return [each.waits for each in (self.worker.beside if self.worker is not None else ()) if each.waits]

    def facts(self) -> Iterator[Gauge]:
        """Gauges at the moment of a scrape; without the database only what this process knows itself."""
        if self.worker is not None:
            words = "Whether this process's worker comes round and can work"
            yield Gauge("bot_worker_alive", words, {(): float(self._works(self.worker))})
            for each in self.worker.beside:
                words = f"1 where the worker's look at {each.THREAD} found something that keeps it from its work"
                yield Gauge(f"bot_{each.THREAD}_waits", words, {(): float(bool(each.waits))})
        with suppress(BotError):
            for name, (words, value) in self._of_the_log().items():
                yield Gauge(name, words, {(): value})

    def _of_the_log(self) -> dict[str, tuple[str, float]]:
        summaries = self.event_log.incidents("open")
        revoked = [count for summary in summaries if (count := self._revoked(summary.incident)) is not None]
        alive = sum(summary.alive for summary in summaries)
        return {
            "bot_open_incidents": ("Open incidents", len(summaries)),
            "bot_damaged_incidents": ("Open incidents whose log cannot be trusted", len(summaries) - len(revoked)),
            "bot_waiting_commands": ("Commands that no worker has answered yet", self.event_log.inbox.waits()),
            "bot_old_values_not_dead": ("Old keys of open incidents that are not dead", alive),
            "bot_revoked_values_not_dead": ("Old keys that are revoked and not dead", sum(revoked)),
        }

    def _revoked(self, incident: str) -> int | None:
        """The number of revoked old keys that are not dead yet; None if its log cannot be read."""
        try:
            return sum(
                s.old.ended_at is not None and not s.gone for s in self.event_log.load(incident).secrets.values()
            )
        except LogUnavailable:
            raise
        except Exception:  # noqa: BLE001 - nothing about one incident hides the others
            return None

    def _works(self, worker: Worker) -> bool:
        if worker.beat_at is None or worker.trouble:
            return False
        return (self.clock() - worker.beat_at).total_seconds() <= BEAT_SECONDS
