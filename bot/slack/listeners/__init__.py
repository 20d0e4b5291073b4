"""What the bot does when Slack says that someone typed, pressed, or opened something."""

from slack_bolt import App

from bot.slack.listeners import (
    alerts,
    buttons,
    commands,
    declare,
    forms,
    home,
    looks,
    messages,
    paged,
)
from bot.slack.listeners.app_context import AppContext


def register_all(app: App, ctx: AppContext) -> None:
    """Attaches every listener."""
    for module in (alerts, buttons, commands, declare, forms, home, looks, messages, paged):
        module.register(app, ctx)


__all__ = ["AppContext", "register_all"]
