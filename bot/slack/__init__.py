"""Slack's side of the bot: what people see and press, and the calls that draw it."""
