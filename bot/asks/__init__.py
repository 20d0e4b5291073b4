"""One `Ask` for each command: its words, fields and consequences, from which both faces make their forms."""

from __future__ import annotations

from bot.asks.ask import Ask
from bot.asks.incident import INCIDENT_ASKS
from bot.asks.people import PEOPLE_ASKS
from bot.asks.record import RECORD_ASKS
from bot.asks.secrets import SECRET_ASKS

ASKS: tuple[Ask, ...] = (*SECRET_ASKS, *INCIDENT_ASKS, *PEOPLE_ASKS, *RECORD_ASKS)
