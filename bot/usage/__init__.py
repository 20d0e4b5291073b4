"""Who used the values. The contract stands in `contract.py`, its implementations beside it."""
