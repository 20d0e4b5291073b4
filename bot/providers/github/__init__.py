"""GitHub: its classes, its API and its card."""
