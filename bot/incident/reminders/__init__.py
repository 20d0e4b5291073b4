"""Reminders of what is overdue, to whoever owes it and to the channel: by day, and again a day later."""
