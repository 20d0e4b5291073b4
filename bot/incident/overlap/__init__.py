"""Strategies, the time in which both values work, and the roll back while the old one still works."""
