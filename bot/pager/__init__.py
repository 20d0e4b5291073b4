"""Waking people up. The contract stands in `contract.py`, its implementations beside it."""
