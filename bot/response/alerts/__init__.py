"""News of leaks at the worker: a source is asked, its values are compared in memory, and what follows is begun."""

from bot.response.alerts.decisions import AlertDecisions
from bot.response.alerts.intake import Intake
from bot.response.alerts.judge import Judge
from bot.response.alerts.proposal import declaration_of

__all__ = ["AlertDecisions", "Intake", "Judge", "declaration_of"]
