"""The live card of an incident: what is true now, and only the buttons that make sense now."""

from bot.slack.card.layout import card
from bot.slack.card.secrets import secret_buttons

__all__ = ["card", "secret_buttons"]
