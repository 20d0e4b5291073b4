"""News of leaks at the worker: a source is asked, its values are compared in memory, and what follows is begun."""

from bot.news.handling.decisions import AlertDecisions, declaration_of
from bot.news.handling.intake import Intake
from bot.news.handling.judge import Judge

__all__ = ["AlertDecisions", "Intake", "Judge", "declaration_of"]
