"""Planned rotations: what cannot be asked of one, how its steps end, and when the machine closes it."""
