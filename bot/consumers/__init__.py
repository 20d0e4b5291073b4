"""Who reads the values. The contract stands in `contract.py`; each kind of them is a folder, see README.md."""
