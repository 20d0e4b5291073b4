"""News of leaks: what was reported from outside, whether it is ours, and what people decided about it.

It holds for the whole installation and belongs to no incident until one is declared. Pure: the event log keeps what
follows as a log of its own, and no value is ever in it: a value is named by secret, environment and fingerprint.
"""

from bot.news.cases.commands import AlertCommand, CallHarmless, EndTriage
from bot.news.cases.decide import ask_again, declare, looked, looked_through, on_command, overdue, written_back
from bot.news.cases.events import AlertEvent
from bot.news.cases.evolve import evolve
from bot.news.cases.state import (
    Alerts,
    ByDesign,
    Case,
    Dead,
    Ended,
    InIncident,
    Ours,
    Outcome,
    Recorded,
    Report,
    Stage,
    Stranger,
    Value,
    Verdict,
)

__all__ = [
    "AlertCommand",
    "AlertEvent",
    "Alerts",
    "ByDesign",
    "CallHarmless",
    "Case",
    "Dead",
    "EndTriage",
    "Ended",
    "InIncident",
    "Ours",
    "Outcome",
    "Recorded",
    "Report",
    "Stage",
    "Stranger",
    "Value",
    "Verdict",
    "ask_again",
    "declare",
    "evolve",
    "looked",
    "looked_through",
    "on_command",
    "overdue",
    "written_back",
]
