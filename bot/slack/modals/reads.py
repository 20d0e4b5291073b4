"""What each reader of the leaked keys read, as the last look at each secret saw it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from bot.incident import events as e
from bot.incident.access.readers import in_place, saw_new_value
from bot.incident.state import Incident
from bot.model.reads import Read


@dataclass
class Seen:
    """What one principal read: while the leaked key was in its place, and `after`, once the new one was."""

    leaked: list[Read] = field(default_factory=list)
    after: list[Read] = field(default_factory=list)


type Reads = Mapping[str, Seen]
"""By principal."""
NONE: Reads = MappingProxyType({})


def reads_of(incident: Incident, events: Iterable[e.Recorded]) -> Reads:
    """For each principal the reads in the last lookup of each secret that saw it."""
    told = list(events)
    last: dict[tuple[str, str], list[Read]] = {}
    for each in told:
        if isinstance(each.event, e.UsageRead) and each.event.secret in incident.secrets:
            last |= _by_reader(each.event)
    times = {name: in_place(told, name) for name in {name for name, _ in last}}
    found: dict[str, Seen] = {}
    for (name, principal), reads in last.items():
        seen = found.setdefault(principal, Seen())
        for read in reads:
            (seen.after if saw_new_value(read, times[name]) else seen.leaked).append(read)
    return found


def _by_reader(event: e.UsageRead) -> dict[tuple[str, str], list[Read]]:
    """By secret and principal."""
    found: dict[tuple[str, str], list[Read]] = {}
    for read in event.reads:
        found.setdefault((event.secret, read.principal), []).append(read)
    return found
