"""The composition root, split by what it composes."""

from bot.app.application import Application, utc_now

__all__ = ["Application", "utc_now"]
