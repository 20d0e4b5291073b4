"""The composition root: chooses what differs between production, drill and tests, one file for each part."""

from bot.app.application import Application, utc_now

__all__ = ["Application", "utc_now"]
