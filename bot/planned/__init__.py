"""Rotations without a leak: the age of each secret, what is due, and what starts or prevents a rotation."""
