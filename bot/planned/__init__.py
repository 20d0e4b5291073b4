"""Rotations without a leak: how old secrets are, what is due, and what begins it."""
