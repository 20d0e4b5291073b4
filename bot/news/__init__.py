"""News of leaks: the sources that are asked, what the worker makes of it, and what people decided."""
