"""Exit statuses, the same for every command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.errors import BotError, ConfigurationError, Misuse

if TYPE_CHECKING:
    from bot.incident.state import Incident

DONE = 0
FAILED = 1
MISUSE = 2
AT_RISK = 3
"""An old key still works or is unproven, or a new one is neither live, unconfirmed nor not needed."""
INTERRUPTED = 130


def of_error(error: BotError) -> int:
    """MISUSE for what the caller can mend in the request or the configuration, else FAILED."""
    return MISUSE if isinstance(error, Misuse | ConfigurationError) else FAILED


def of_keys(incident: Incident) -> int:
    """AT_RISK as long as any of the incident's keys is, or another value leaked than the one that it ends."""
    return AT_RISK if incident.at_risk else DONE
