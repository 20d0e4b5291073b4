"""What the bot does when Slack says that somebody typed, pressed, or opened something."""

from slack_bolt import App

from bot.slack.listeners import checks, commands, copies, declare, forms, home, presses, readers
from bot.slack.listeners.front import Front


def register_all(app: App, front: Front) -> None:
    """Attaches every listener."""
    for module in (checks, commands, copies, declare, forms, home, presses, readers):
        module.register(app, front)


__all__ = ["Front", "register_all"]
