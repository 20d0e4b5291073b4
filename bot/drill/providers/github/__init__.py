"""GitHub in the practice world."""
