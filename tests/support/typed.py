"""What a terminal says that can be typed now, of an incident made by the real rules."""

from __future__ import annotations

from datetime import datetime

from bot.cli.todo_list import typed
from bot.incident.state import Incident
from bot.incident.todos import todos


def typed_now(incident: Incident, now: datetime) -> list[str]:
    """Every line for what waits for people, the most urgent first."""
    return [line for todo in todos(incident, now) if todo.choices for line in typed(incident, todo)]
