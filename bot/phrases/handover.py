"""The summary for a person who takes over a role."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.incident.closing.open_items import open_items
from bot.incident.state import Incident
from bot.incident.todos import todos
from bot.phrases.closing import open_words
from bot.phrases.marks import code, day_and_time, literal
from bot.phrases.states import headline, not_dead, old_words
from bot.phrases.todos import row_words, rows_of

MOST = 5
"""The most items named of each kind; the rest is counted."""


def handover_summary(incident: Incident, now: datetime) -> list[str]:
    """What is true, what still works, what waits for a person (by `offers`), and what is due. Phrases, one a line."""
    lines = [headline(incident)]
    if alive := not_dead(incident):
        shown = [f"{code(secret.name)}: {old_words(secret)}" for secret in alive[:MOST]]
        lines.append(f"*Not dead*: {'; '.join(shown)}{_more(len(alive))}")
    if waits := list(dict.fromkeys(_waits(incident, now))):
        lines.append(f"*Needs a person*: {'; '.join(waits[:MOST])}{_more(len(waits))}")
    if due := sorted(_due(incident)):
        shown = [f"{literal(words)}, {day_and_time(at)}" for at, words in due[:MOST]]
        lines.append(f"*Due*: {'; '.join(shown)}{_more(len(due))}")
    if left := open_items(incident):
        lines.append(f"*Blocks the close*: {' · '.join(open_words(left))}")
    return lines


def _more(number: int) -> str:
    return f"; and {number - MOST} more" if number > MOST else ""


def _waits(incident: Incident, now: datetime) -> Iterator[str]:
    """What waits for a person. Leaves out the role that is being handed over, which the reader knows."""
    for row in rows_of(one for one in todos(incident, now) if one.choices and one.kind.name not in {"role", "close"}):
        taken = f" ({literal(row.first.taken.name)} does it)" if row.first.taken is not None else ""
        until = f", until {day_and_time(row.first.due)}" if row.first.due is not None else ""
        yield f"{literal(row_words(incident, row))}{taken}{until}"


def _due(incident: Incident) -> Iterator[tuple[datetime, str]]:
    for item in open_items(incident):
        if item.due is not None:
            yield item.due, item.untimed or item.label or item.words
    for task in incident.tasks.values():
        if task.open and task.due is not None:
            yield task.due, f"{task.title} ({task.owner or 'no one yet'})"
