"""Reminders of what is overdue: first whoever owes it, then everybody in the channel; by day, and again a day later."""
