"""News of leaks: what was reported from outside, whether it is ours, and what people decided about it.

It holds for the whole installation and belongs to no incident until one is declared. Pure: the event log keeps what
follows as a log of its own, and no value is ever in it: a value is named by secret, environment and fingerprint.
"""

from bot.alerts.commands import AlertCommand, CallHarmless, EndTriage
from bot.alerts.decide import ask_again, declare, looked, looked_through, on_command, overdue, written_back
from bot.alerts.events import AlertEvent
from bot.alerts.evolve import evolve
from bot.alerts.state import Alerts, Case, Outcome, Recorded, Report, Stage, Value
from bot.alerts.verdicts import ByDesign, Dead, Ended, InIncident, Ours, Stranger, Verdict

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
