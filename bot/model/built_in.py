"""What parts say of themselves to those who may not know them. Written by `python -m bot.generate`."""

from __future__ import annotations

PAGES_WITH: frozenset[str] = frozenset(
    {
        "BOT_PAGERDUTY_API_KEY",
        "BOT_PAGERDUTY_ROUTING_KEY",
    }
)
"""The variables of the keys with which people are paged: whoever has one can silence the page."""
