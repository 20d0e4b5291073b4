"""Slack in the practice world."""
