"""What a terminal shows while it waits: a live picture on a terminal, a line an event elsewhere, nothing for JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from typing import TYPE_CHECKING

from bot.cli import words
from bot.cli.terminal import Terminal
from bot.incident.lanes import new_lane, old_lane
from bot.phrases.events import sentence
from bot.phrases.marks import printable
from bot.phrases.times import duration

if TYPE_CHECKING:
    from rich.console import RenderableType

    from bot.eventlog.sql import EventLog
    from bot.incident.events import Event
    from bot.incident.state import Incident


type Progress = Callable[[Incident], None]
"""Shows the incident as it is now."""
type Untold = Callable[[Event], bool]
"""Whether an event is left out, since the command tells it itself at its end."""


def nothing_untold(_event: Event) -> bool:
    return False


def progress(
    terminal: Terminal, event_log: EventLog, since: int, untold: Untold = nothing_untold
) -> AbstractContextManager[Progress]:
    """Shows what happens after event number `since`, on standard error."""
    if terminal.json:
        return nullcontext(_silent)
    told = _Told(event_log, since, untold)
    if terminal.err.is_terminal:
        return _live(terminal, told)
    return nullcontext(lambda incident: told.tell(incident, terminal.hint))


def _silent(_incident: Incident) -> None:
    pass


class _Told:
    """Which events have been told."""

    def __init__(self, event_log: EventLog, since: int, untold: Untold) -> None:
        self._event_log = event_log
        self._since = since
        self._untold = untold

    def tell(self, incident: Incident, write: Callable[[str], None]) -> None:
        if incident.seq <= self._since:
            return
        for recorded in self._event_log.events(incident.id, after=self._since):
            self._since = recorded.seq
            text = sentence(recorded, incident)
            if text is not None and not self._untold(recorded.event):
                write(f"{recorded.at:%H:%M:%S}  {printable(text)}")


@contextmanager
def _live(terminal: Terminal, told: _Told) -> Iterator[Progress]:
    from rich.live import Live

    with Live(console=terminal.err, refresh_per_second=4, transient=True) as live:

        def show(incident: Incident) -> None:
            told.tell(incident, terminal.hint)
            live.update(picture(incident, terminal.clock()))

        yield show


def picture(incident: Incident, now: datetime) -> RenderableType:
    """Each secret's two values, and what is being done about them."""
    from rich.console import Group
    from rich.text import Text

    lines = [Text(f"{incident.id}, {duration(round(incident.age(now).total_seconds()))} after the declaration", "bold")]
    for secret in incident.secrets.values():
        lines.append(Text(printable(secret.name), "bold"))
        for label, state, style, lane in (
            ("old", words.old_words(secret), words.OLD_STYLES[secret.old_state], old_lane(secret.name)),
            ("new", words.new_words(incident, secret), words.NEW_STYLES[secret.new_state], new_lane(secret.name)),
        ):
            doing = "".join(f" … {line}" for line in words.lane_words(incident, lane))
            lines.append(Text.assemble(f"  {label}  ", (printable(state), style), (printable(doing), "dim")))
        if plan := words.strategy_words(incident, secret, now):
            lines.append(Text(f"  plan {printable(plan)}"))
    return Group(*lines)
