"""What responders can ask for, from Slack or the terminal alike: who is it, may they, and the command into the log."""

from bot.response.desk import Declaration, Desk, Reply, SecretChoice

__all__ = ["Declaration", "Desk", "Reply", "SecretChoice"]
