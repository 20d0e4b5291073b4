"""Standing down: what machines can do is done, people sleep, and the rest is for the day."""
