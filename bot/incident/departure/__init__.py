"""Somebody leaves: who agrees to what is rotated for that, and what they can still read."""
