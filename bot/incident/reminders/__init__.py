"""Reminders of steps, tasks and notices whose time is over: by day, each once, and again a day later."""
