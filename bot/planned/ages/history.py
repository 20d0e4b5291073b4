"""The history of each secret's rotations in the log: the last proven one, and the result of the last try."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from bot.errors import LogUnavailable
from bot.eventlog import Summary
from bot.eventlog.sql import EventLog
from bot.incident.model import New, Old
from bot.incident.state import Incident, SecretState
from bot.logs import Logger
from bot.phrases.marks import plain
from bot.phrases.states import new_words, old_words
from bot.planned.ages.age import History, LastResult, Proven

type Named = tuple[str, str]
"""A secret: its environment and its name."""

_log = Logger(__name__)


@dataclass
class Histories:
    """Reads incidents and runs, newest first, and only as many as needed; caches each until it changes. Thread-safe."""

    event_log: EventLog
    _read: dict[str, tuple[str, Mapping[str, History]]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, wanted: Collection[Named]) -> dict[Named, History]:
        """For each secret what the log says; an empty history where it says nothing. LogUnavailable."""
        with self._lock:
            found = dict.fromkeys(wanted, History())
            open_ones = set(found)
            for summary in self.event_log.incidents():
                if not open_ones:
                    break
                here = [name for name in summary.secrets if (summary.environment, name) in open_ones]
                if not here:
                    continue
                told = self._of_incident(summary)
                for name in here:
                    key = (summary.environment, name)
                    found[key] = _joined(found[key], told.get(name, History()))
                    if found[key].proven is not None:
                        open_ones.discard(key)
            return found

    def _of_incident(self, summary: Summary) -> Mapping[str, History]:
        head, told = self._read.get(summary.incident, ("", {}))
        if head != summary.head:
            try:
                told = dict(_histories(self.event_log.load(summary.incident)))
            except LogUnavailable:
                raise
            except Exception as error:  # noqa: BLE001 - nothing is proven by what cannot be believed, nor by its failing
                _log.warning(
                    "so it does not count as a rotation", incident=summary.incident, error=type(error).__name__
                )
                told = {}
            self._read[summary.incident] = (summary.head, told)
        return told


def _joined(newer: History, older: History) -> History:
    """The older history counts only for what no newer run proved. Of several replaced values the oldest counts."""
    return History(
        newer.proven or older.proven,
        newer.last or older.last,
        newer.in_place_at or older.in_place_at,
        newer.version if older.version is None else older.version,
        newer.left or older.left,
    )


def _histories(incident: Incident) -> Iterator[tuple[str, History]]:
    for name, secret in incident.secrets.items():
        dead, live = secret.old_state is Old.DEAD, secret.new.live_at
        unconfirmed = dead and secret.new_state is New.UNCONFIRMED
        proven = Proven(live, incident.id) if live is not None and dead and secret.new_state is New.LIVE else None
        last = LastResult(
            incident.id, incident.last_at, _words(incident, secret, proven), unconfirmed and not incident.open
        )
        in_place_at = live if unconfirmed or proven is not None else None
        if proven is not None:
            yield name, History(proven, last, in_place_at)
            continue
        version = secret.old.versions.get(secret.entry.main.parameter) if secret.new.began else None
        left = ""
        if incident.departure is not None and not dead:
            left = f"{incident.departure.leaver.name} has left, and {incident.id} has not rotated it"
        yield name, History(None, last, in_place_at, version, left)


def _words(incident: Incident, secret: SecretState, proven: Proven | None) -> str:
    if proven is not None:
        return "rotated, proven"
    state = plain(f"old key {old_words(secret)}; new key {new_words(incident, secret)}")
    return f"running: {state}" if incident.open else f"ended unconfirmed: {state}"
