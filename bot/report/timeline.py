"""The events in order, with repeats combined: the capture of fifteen keys is one line.

People's words are separate, except one person's decisions of one kind within a minute. An event with bad news, or a
request to people, is never combined.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.incident import events as e
from bot.incident.old_value.rules import effective
from bot.incident.state import Incident
from bot.phrases.events import sentence
from bot.phrases.machine_events import BOT
from bot.phrases.report import PROBED, TOGETHER
from bot.phrases.times import moment

TOGETHER_FOR = timedelta(minutes=1)
"""Within this time of the first, other events in between do not separate two of a kind."""


@dataclass(frozen=True)
class Moment:
    """A line of the timeline. Where several events came to it, `until` and `times` say so."""

    seqs: tuple[int, ...]
    at: datetime
    text: str
    until: datetime | None = None
    times: int = 1

    names: tuple[str, ...] = ()

    @property
    def repeats(self) -> str:
        """The note after the text: how often, and when last; empty for a single event."""
        if self.until is None or self.until - self.at < timedelta(seconds=1):
            return "" if self.names or self.times == 1 else f" ({self.times} times)"
        return (
            f" (until {moment(self.until)})"
            if self.names
            else f" ({self.times} times, the last at {moment(self.until)})"
        )


@dataclass
class _Line:
    """A line that is still being gathered: of several things (`names`), or of one that was said several times."""

    at: datetime
    text: str
    seqs: list[int] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    until: datetime | None = None
    together: str = ""

    def moment(self) -> Moment:
        times, several = len(self.seqs), len(set(self.names)) > 1
        text = self.text if times == 1 or not self.together else f"{self.together} {_counted(self.names)}"
        names = tuple(dict.fromkeys(self.names)) if several else ()
        return Moment(tuple(self.seqs), self.at, text, self.until if times > 1 else None, times, names)


def _counted(names: Sequence[str]) -> str:
    """Each name once; of several, with how often it came."""
    if len(set(names)) == 1:
        return names[0]
    count = {name: names.count(name) for name in names}
    return ", ".join(name if times == 1 else f"{name} ({times} times)" for name, times in count.items())


def timeline(incident: Incident, events: Sequence[e.Recorded]) -> Iterator[Moment]:
    lines: list[_Line] = []
    latest: dict[object, _Line] = {}
    for recorded in events:
        said = sentence(recorded, incident)
        if said is None:
            continue
        kind, name, words = _together(recorded, incident)
        key: object = (recorded.actor, kind) if kind else said
        line = latest.get(key)
        if line is None or (lines[-1] is not line and not (kind and recorded.at - line.at < TOGETHER_FOR)):
            line = latest[key] = _Line(recorded.at, said, together=words)
            lines.append(line)
        line.seqs.append(recorded.seq)
        line.names.append(name)
        line.until = recorded.at
    yield from (line.moment() for line in lines)


def _together(recorded: e.Recorded, incident: Incident) -> tuple[str, str, str]:
    """The key for combining it, its subject, and the words for all of them; empty: never combined."""
    event = recorded.event
    words = TOGETHER.get(type(event), "")
    if isinstance(event, e.OldProbed):
        words = PROBED[effective(event)] if not event.bystanders else ""
    if not words or _by_itself(event):
        return "", "", ""
    who = BOT if recorded.actor == "bot" else recorded.actor
    return words, _about(event, incident), f"{who} {words}"


def _about(event: e.Event, incident: Incident) -> str:
    match event:
        case e.SecretAdded():
            return event.secret.name
        case e.FunctionRefreshed():
            return event.function
        case e.StepDone():
            step = incident.step(event.step)
            return f"“{step.definition.title}”" if step is not None else event.step
        case _:
            return str(getattr(event, "secret", ""))


def _by_itself(event: e.Event) -> bool:
    """Whether it says what the words for several would not."""
    match event:
        case e.OldCaptured():
            return len(event.candidates) > 1 or bool(event.shared)
        case e.LastUseRead():
            return bool(event.missing)
        case e.ValueStaged():
            return event.source == "person" or bool(event.made_room)
        case e.Swept():
            return bool(event.made_room)
        case e.FunctionRefreshed():
            return not event.complete
        case e.ValueLive() | e.ConsumersAsked():
            return not event.confirmed
        case e.AccessInspected():
            return bool(event.found)
        case e.UseLookedUp():
            return bool(event.found.total)
        case e.SiblingsSeen():
            return any(probe.liveness == "dead" for probe in event.probes)
        case e.UsageRead():
            return event.truncated or any(not read.by_bot for read in event.reads)
        case e.SnapshotTaken():
            return bool(event.missing) or event.probe.liveness != "live"
        case e.CheckEnded():
            return bool(event.note)
        case _:
            return False
