"""What a terminal shows while it waits: a line an event on standard error, nothing for JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from bot.cli.terminal import Terminal
from bot.phrases.events import sentence
from bot.phrases.marks import printable

if TYPE_CHECKING:
    from bot.incident.events import Event
    from bot.incident.state import Incident


type Untold = Callable[[Event], bool]
"""Whether an event is left out, since the command tells it itself at its end."""


def nothing_untold(_event: Event) -> bool:
    return False


class Progress:
    """Called with the incident as it is now, it tells what has happened since the last call, or event `since`."""

    def __init__(self, terminal: Terminal, since: int, untold: Untold = nothing_untold) -> None:
        self._terminal, self._since, self._untold = terminal, since, untold

    def __call__(self, incident: Incident) -> None:
        if self._terminal.json or incident.seq <= self._since:
            return
        for recorded in self._terminal.event_log.events(incident.id, after=self._since):
            self._since = recorded.seq
            text = sentence(recorded, incident)
            if text is not None and not self._untold(recorded.event):
                self._terminal.hint(f"{recorded.at:%H:%M:%S}  {printable(text)}")
