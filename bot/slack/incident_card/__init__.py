"""The live card of an incident: what is true now, and only the buttons that make sense now."""

from bot.slack.incident_card.layout import incident_card, secret_buttons

__all__ = ["incident_card", "secret_buttons"]
