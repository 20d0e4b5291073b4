"""What is open before the close, in a few words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.incident import commands as c
from bot.incident.closing.open_items import OpenItem
from bot.phrases.marks import day_and_time, literal
from bot.phrases.times import counted

_COUNTED = frozenset({"reader", "task"})
"""Of which there can be any number, so that one is said to be one."""


def open_words(items: Sequence[OpenItem]) -> list[str]:
    """By their short names, several of a kind as a number, the steps last; nothing where only steps are left."""
    labelled = list(_labelled(items))
    steps = sum(item.settled_by is c.CompleteStep for item in items)
    return [*labelled, counted(steps, "step")] if labelled and steps else labelled


def _labelled(items: Sequence[OpenItem]) -> Iterator[str]:
    labelled = [item for item in items if item.label]
    for label in dict.fromkeys(item.label for item in labelled):
        alike = [item for item in labelled if item.label == label]
        due = min((item.due for item in alike if item.due is not None), default=None)
        said = counted(len(alike), label) if len(alike) > 1 or label in _COUNTED else label
        yield literal(said) + (f" (due {day_and_time(due)})" if due is not None else "")
