"""News of leaks: the sources, what the worker does with an alert, and what people decide about it."""
