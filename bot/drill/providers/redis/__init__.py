"""Redis in the practice world."""
