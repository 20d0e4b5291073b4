"""Where values live. The contract stands in `contract.py`, its implementations beside it."""
