"""Slack: listeners turn presses into commands, and the card, messages and forms are drawn from state."""
