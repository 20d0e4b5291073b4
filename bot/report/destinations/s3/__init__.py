"""A bucket that keeps each version of a report."""
